// Owns: reading the audit trail, and what keeps it whole. Does not: record (service.ts), nor decide who may read.
import type { Clock } from '../lib/clock.js';
import { BadRequestError } from '../lib/errors.js';
import type {
  AuditChainStore,
  AuditFilter,
  AuditKeyStore,
  AuditStore,
  Page,
  StoredAuditEvent,
} from '../store/ports/index.js';
import { fromCursor, toCursor } from './cursor.js';
import type { AuditVerification } from './findings.js';
import { createAuditKeys } from './keys.js';
import { type AuditHead, createSealing, type SealReport } from './sealing.js';
import { type AuditTail, createTail } from './tail.js';
import { createVerification, type VerifyOptions } from './verification.js';

const DAY_MS = 86_400_000;
const MAX_LIMIT = 200;
const PORTION = 500;

export interface AuditQuery extends AuditFilter {
  /** Where the page before ended. */
  cursor?: string | undefined;
  /** 1 to 200; 50 when left out. */
  limit?: number | undefined;
}

export interface AuditTrail {
  /** The newest first. @throws BadRequestError for a limit or cursor that is none */
  search(query: AuditQuery): Promise<Page<StoredAuditEvent>>;
  /** Follows the trail: the first poll gives the newest `count` events that match. */
  tail(filter: AuditFilter, count: number): AuditTail;
  /** Everything that matches and was there when it began, the oldest first, a portion at a time. */
  export(filter: AuditFilter): AsyncIterable<StoredAuditEvent[]>;
  /**
   * Puts the events that are in no block yet into blocks.
   * @throws AppError when the audit key does not open with this KEY_ENCRYPTION_KEY
   */
  seal(options?: { wait?: boolean; atMost?: number; signal?: AbortSignal }): Promise<SealReport>;
  head(): Promise<AuditHead | undefined>;
  /** Seals, then compares every event with its block and every block with the next. @throws AppError as `seal` */
  verify(options?: VerifyOptions): Promise<AuditVerification>;
  /**
   * Puts `pseudonym` (`~` and seven of a-z and 0-9) in the place of a user in every event, which loses its ip and
   * `details.personal` too. `verify` calls for a `user.forgotten` event with `details.pseudonym`: record it in the
   * same unit of work. Whole or not at all only in a unit of work. Returns how many events named the user.
   * @throws BadRequestError for another kind of pseudonym; AppError as `seal`
   */
  pseudonymise(userId: string, pseudonym: string): Promise<number>;
}

export interface AuditTrailDeps {
  store: Pick<AuditStore, 'scan'>;
  chain: AuditChainStore;
  keys: AuditKeyStore;
  /** The current key first, then those it replaced; none in a tool that was started without keys. */
  keyEncryptionKeys(): Promise<readonly Buffer[]>;
  clock: Clock;
  retentionDays: number;
}

export function createAuditTrail({
  store,
  chain,
  keys: keyStore,
  keyEncryptionKeys,
  clock,
  retentionDays,
}: AuditTrailDeps): AuditTrail {
  const keys = createAuditKeys({ store: keyStore, keyEncryptionKeys, clock });
  const retentionMs = retentionDays * DAY_MS;
  const { seal, pseudonymise } = createSealing({ chain, keys, clock, retentionMs });
  const verify = createVerification({ chain, keys, clock, retentionMs });

  async function* portions(filter: AuditFilter, upTo: number) {
    for (let from: number | undefined; ; ) {
      const found = await store.scan(filter, { order: 'oldest', beyond: from, limit: PORTION });
      const events = found.filter(({ id }) => id <= upTo);
      if (events.length > 0) yield events;
      from = events.at(-1)?.id;
      if (events.length < PORTION) return;
    }
  }

  return {
    async search({ cursor, limit = 50, ...filter }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
        throw new BadRequestError(`limit must be a whole number from 1 to ${MAX_LIMIT}`);
      const beyond = cursor === undefined ? undefined : fromCursor(cursor);
      const events = await store.scan(filter, { order: 'newest', beyond, limit: limit + 1 });
      const items = events.slice(0, limit);
      const last = items.at(-1);
      return events.length > limit && last ? { items, next: toCursor(last.id) } : { items };
    },

    tail: (filter, count) => createTail({ store, clock }, filter, count),

    async *export(filter) {
      const [newest] = await store.scan({}, { order: 'newest', limit: 1 });
      if (newest) yield* portions(filter, newest.id);
    },

    seal,
    async head() {
      const last = await chain.lastBlock();
      return last && { seq: last.seq, hash: last.hash };
    },
    async verify(options = {}) {
      await seal();
      return verify(options);
    },
    pseudonymise,
  };
}
