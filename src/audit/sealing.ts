// Owns: putting events into blocks, and persons out of events. Does not: decide when (sealer.ts).
import type { Clock } from '../lib/clock.js';
import { BadRequestError } from '../lib/errors.js';
import type { AuditBlock, AuditChainStore, StoredAuditEvent } from '../store/ports/index.js';
import { blockHash, eventDigest, redactionOf } from './digests.js';
import type { AuditKey, AuditKeys } from './keys.js';

/** Some milliseconds of computing, and of the lock. */
const EVENTS_A_BLOCK = 1_000;

/**
 * How long after an id was skipped its event may still be committed. Transactions end within a minute, and clocks of
 * instances may be a minute apart.
 */
export const LATE_MS = 3 * 60_000;

/** `~` and seven of a-z and 0-9: as long as a user's id, and never one. */
const PSEUDONYM = /^~[a-z0-9]{7}$/;

export interface AuditHead {
  seq: number;
  hash: string;
}

export interface SealReport {
  /** Events that were put into blocks. */
  events: number;
  /** The newest block; undefined: none yet, or somebody else is sealing. */
  head?: AuditHead | undefined;
}

export interface Sealing {
  seal(options?: { wait?: boolean; atMost?: number; signal?: AbortSignal }): Promise<SealReport>;
  pseudonymise(userId: string, pseudonym: string): Promise<number>;
}

/** The ids between `from` and the last of `ids` that are not in `ids` (ascending), as from, to, from, to, … */
function skippedBetween(from: number, ids: readonly number[]): number[] {
  const skipped: number[] = [];
  let next = from + 1;
  for (const id of ids) {
    if (id < next) continue;
    if (id > next) skipped.push(next, id - 1);
    next = id + 1;
  }
  return skipped;
}

function blockOf(
  events: StoredAuditEvent[],
  last: AuditBlock | undefined,
  { kid, key }: AuditKey,
  dates: { now: Date; retainedSince: Date },
): AuditBlock {
  const eventIds = events.map(({ id }) => id);
  const lastId = last?.lastId ?? 0;
  const block = {
    seq: (last?.seq ?? 0) + 1,
    // Never before the last one, whatever this instance's clock says.
    at: last && last.at > dates.now ? last.at : dates.now,
    kid,
    retainedSince: dates.retainedSince,
    lastId: Math.max(lastId, ...eventIds),
    skipped: skippedBetween(lastId, eventIds),
    eventIds,
    eventTimes: events.map(({ at }) => at),
    eventDigests: events.map((event) => eventDigest(key, event)),
    prevHash: last?.hash ?? '',
  };
  return { ...block, hash: blockHash(key, block) };
}

function withPseudonym(event: StoredAuditEvent, userId: string, pseudonym: string, key: Buffer) {
  const isActor = event.actor === `user:${userId}`;
  const after = {
    ...event,
    userId: event.userId === userId ? pseudonym : event.userId,
    actor: isActor ? `user:${pseudonym}` : event.actor,
  };
  return { id: event.id, userId: after.userId, actor: after.actor, redacted: redactionOf(key, event, after) };
}

export function createSealing({
  chain,
  keys,
  clock,
  retentionMs,
}: {
  chain: Pick<AuditChainStore, 'seal' | 'redact' | 'lastBlock'>;
  keys: AuditKeys;
  clock: Clock;
  /** How long events are kept. */
  retentionMs: number;
}): Sealing {
  const ago = (ms: number) => new Date(clock.now().getTime() - ms);

  async function seal({
    wait = true,
    atMost = Number.POSITIVE_INFINITY,
    signal,
  }: {
    wait?: boolean;
    atMost?: number;
    signal?: AbortSignal;
  } = {}): Promise<SealReport> {
    const key = await keys.current();
    let events = 0;
    let head: AuditHead | undefined;
    for (;;) {
      const block = await chain.seal({
        limit: EVENTS_A_BLOCK,
        skippedSince: ago(LATE_MS),
        wait,
        make: (found, last) =>
          blockOf(found, last, key, { now: clock.now(), retainedSince: ago(retentionMs) }),
      });
      if (!block) return { events, head };
      head = { seq: block.seq, hash: block.hash };
      events += block.eventIds.length;
      if (block.eventIds.length < EVENTS_A_BLOCK || events >= atMost || signal?.aborted)
        return { events, head };
    }
  }

  return {
    seal,

    async pseudonymise(userId, pseudonym) {
      if (!PSEUDONYM.test(pseudonym)) throw new BadRequestError('a pseudonym is ~ and seven of a-z and 0-9');
      // What is in no block yet has no digest that could outlive the person; what no block will ever take is redacted too.
      await seal();
      const current = await keys.current();
      const known = await keys.all();
      const keyOf = (kid = current.kid) => {
        const key = known.get(kid);
        if (!key) throw new Error(`there is no audit key ${kid}`);
        return key;
      };
      let total = 0;
      for (;;) {
        const count = await chain.redact(userId, EVENTS_A_BLOCK, (event, kid) =>
          withPseudonym(event, userId, pseudonym, keyOf(kid)),
        );
        total += count;
        if (count < EVENTS_A_BLOCK) return total;
      }
    },
  };
}
