// Owns: following the chain from block to block, and comparing it with the events that are there.
import type { Clock } from '../lib/clock.js';
import type { AuditBlock, AuditChainStore, StoredAuditEvent } from '../store/ports/index.js';
import { blockHash, eventDigest, isRedactionIntact } from './digests.js';
import { type AuditVerification, createFindings, type Findings } from './findings.js';
import type { AuditKeys } from './keys.js';
import { type AuditHead, LATE_MS } from './sealing.js';

/** Blocks are read in portions of about so many events, and so many blocks at most. */
const PORTION = { events: 2_000, blocks: 200, firstBlocks: 2 };
/** Ids of events in no block that are looked for at once. */
const MAX_STRAYS = 1_000;

export const FORGOTTEN = 'user.forgotten';

export interface VerifyOptions {
  /** Leaves out blocks made before. */
  since?: Date | undefined;
  /** The head as it was noted earlier, elsewhere: shows whether the end was cut off or made anew. */
  expectedHead?: AuditHead | undefined;
  /** Told now and then how far it has come; `of`: blocks in all. */
  onProgress?(progress: { blocks: number; events: number; of: number }): void;
}

export interface VerifyDeps {
  chain: Pick<AuditChainStore, 'listBlocks' | 'lastBlock' | 'firstBlockSince' | 'findEvents' | 'idsWithin'>;
  keys: AuditKeys;
  clock: Clock;
  retentionMs: number;
}

/** Whether `block` is what it was, and follows `last`. */
function checkBlock(block: AuditBlock, last: AuditBlock | undefined, key: Buffer | undefined, to: Findings) {
  const { seq } = block;
  if (!key) {
    to.report({
      kind: 'key',
      block: seq,
      message: `block ${seq} names audit key ${block.kid}, which is gone`,
    });
    return;
  }
  if (blockHash(key, block) !== block.hash) {
    to.report({ kind: 'block', block: seq, message: `block ${seq} was altered` });
    return;
  }
  to.mayBeGone(block.retainedSince);
  const expected = last ? last.seq + 1 : seq;
  if (seq !== expected) {
    const which = seq === expected + 1 ? `block ${expected} is` : `blocks ${expected} to ${seq - 1} are`;
    to.report({ kind: 'missing_block', block: expected, message: `${which} missing` });
  } else if (last && block.prevHash !== last.hash) {
    to.report({
      kind: 'block',
      block: seq,
      message: `block ${seq} does not follow block ${last.seq} as it is`,
    });
  }
}

/** Whether `event` is what `digest` says it was. */
function checkEvent(
  event: StoredAuditEvent,
  { digest, block, key }: { digest: string | undefined; block: number; key: Buffer },
  to: Findings,
): boolean {
  const { id, redacted, userId, actor, type, details } = event;
  if (eventDigest(key, event) !== digest || (redacted !== undefined && !isRedactionIntact(key, event))) {
    to.report({ kind: 'altered', eventId: id, block, message: `event ${id} was altered (block ${block})` });
    return false;
  }
  if (redacted !== undefined) {
    const names = [userId, actor.replace(/^user:/, '')].filter((name) => name?.startsWith('~'));
    for (const name of names.length > 0 ? new Set(names) : [undefined]) to.replaced(name, { id, block });
  }
  if (type === FORGOTTEN && typeof details?.pseudonym === 'string') to.forgotten(details.pseudonym);
  return true;
}

export function createVerification({ chain, keys, clock, retentionMs }: VerifyDeps) {
  /** Compares blocks with their events; how many are what they were. */
  async function checkEvents(
    blocks: AuditBlock[],
    known: Map<string, Buffer>,
    to: Findings,
  ): Promise<number> {
    const ids = blocks.flatMap(({ eventIds }) => eventIds);
    const found = new Map((await chain.findEvents(ids)).map((event) => [event.id, event]));
    let intact = 0;
    for (const { seq, kid, eventIds, eventTimes, eventDigests } of blocks) {
      const key = known.get(kid);
      for (const [index, id] of eventIds.entries()) {
        const event = found.get(id);
        if (!event) to.absent({ id, block: seq, at: eventTimes[index] ?? new Date(0) });
        else if (key && checkEvent(event, { digest: eventDigests[index], block: seq, key }, to)) intact += 1;
      }
    }
    for (const { seq, at, skipped } of blocks) {
      if (skipped.length > 0) to.passedOver(await chain.idsWithin(skipped, MAX_STRAYS), { block: seq, at });
    }
    to.accounted(ids);
    return intact;
  }

  /** What was before the first block that is left must have been old enough to go. */
  async function checkStart(first: AuditBlock, to: Findings): Promise<() => void> {
    const lowest = first.seq === 1 ? 1 : Math.min(...first.eventIds, ...first.skipped);
    const strays = await chain.idsWithin([Number.MIN_SAFE_INTEGER, lowest - 1], MAX_STRAYS);
    to.passedOver(strays, { block: first.seq, at: new Date(0) });
    return () => {
      if (first.seq === 1 || first.eventTimes.every(to.isOldEnough)) return;
      const message = `the chain begins with block ${first.seq}, and what was before it was not old enough to go`;
      to.report({ kind: 'missing_block', block: first.seq - 1, message });
    };
  }

  async function checkHead(expected: AuditHead, head: AuditHead | undefined, to: Findings): Promise<void> {
    const { seq, hash } = expected;
    if (!head || head.seq < seq) {
      const end = head ? `ends with block ${head.seq}` : 'has no block';
      to.report({ kind: 'head', block: seq, message: `the chain ${end}, but it had a block ${seq}` });
      return;
    }
    const [block] = await chain.listBlocks({ seq: seq - 1 }, 1);
    // Gone with its events, by retention: the beginning of the chain was judged for that.
    if (block?.seq !== seq || block.hash === hash) return;
    to.report({ kind: 'head', block: seq, message: `block ${seq} is not the one that was noted` });
  }

  return async ({ since, expectedHead, onProgress }: VerifyOptions): Promise<AuditVerification> => {
    const begun = clock.now();
    const to = createFindings();
    to.mayBeGone(new Date(begun.getTime() - retentionMs));
    const known = await keys.all();
    const of = (await chain.lastBlock())?.seq ?? 0;
    const firstSince = since && (await chain.firstBlockSince(since));
    const from = since ? (firstSince ?? of + 1) - 1 : 0;
    let [last] = from > 0 ? await chain.listBlocks({ seq: from - 1 }, 1) : [];
    if (last && last.seq !== from) last = undefined;

    let blocks = 0;
    let events = 0;
    let portion = PORTION.firstBlocks;
    let judgeStart = () => {};
    for (;;) {
      const page: AuditBlock[] = await chain.listBlocks({ seq: last?.seq ?? from }, portion);
      const [first] = page;
      if (!first) break;
      if (blocks === 0 && !since) judgeStart = await checkStart(first, to);
      for (const block of page) {
        checkBlock(block, last, known.get(block.kid), to);
        last = block;
      }
      events += await checkEvents(page, known, to);
      blocks += page.length;
      onProgress?.({ blocks, events, of });
      const each = page.reduce((sum, { eventIds }) => sum + eventIds.length, 0) / page.length;
      portion = Math.min(PORTION.blocks, Math.max(1, Math.floor(PORTION.events / Math.max(1, each))));
    }

    const head = last && { seq: last.seq, hash: last.hash };
    judgeStart();
    if (expectedHead) await checkHead(expectedHead, head, to);
    const concluded = to.conclude(new Date(begun.getTime() - 2 * LATE_MS));
    return { ok: concluded.problemCount === 0, events, blocks, head, ...concluded };
  };
}
