// Owns: the ports of the audit trail: events, the chain of blocks over them, and its keys.
import type { Expirable, JsonObject } from './common.js';

export interface AuditEventRecord {
  at: Date;
  /** What happened, e.g. `consent.granted`. */
  type: string;
  /** `user:…`, `client:…`, `operator:…`, `site` or `system`. */
  actor: string;
  userId?: string | undefined;
  clientId?: string | undefined;
  grantId?: string | undefined;
  scope?: string | undefined;
  ip?: string | undefined;
  requestId?: string | undefined;
  /** Its member `personal` is what goes when the person is forgotten. */
  details?: JsonObject | undefined;
}

/** An event as it is stored. */
export interface StoredAuditEvent extends AuditEventRecord {
  /** In the order of insertion, nearly: transactions commit out of it. */
  id: number;
  /** Set once a person in it was replaced by a pseudonym. */
  redacted?: string | undefined;
}

/** What of an event must be so; members left out may be anything. */
export interface AuditFilter {
  type?: string | undefined;
  userId?: string | undefined;
  clientId?: string | undefined;
  actor?: string | undefined;
  requestId?: string | undefined;
  /** Not before this moment. */
  since?: Date | undefined;
  /** Before this moment. */
  until?: Date | undefined;
}

/** A stretch of events by their ids. */
export interface AuditStretch {
  /** From the highest id down, or from the lowest up. */
  order: 'newest' | 'oldest';
  /** The id to go on from, itself excluded; undefined: the end where the order begins. */
  beyond?: number | undefined;
  limit: number;
}

/**
 * The audit trail. An event "expires" by its age: `before` is compared with when it happened. Only events that are
 * in a block are deleted, and none younger than a day where the database watches over that.
 */
export interface AuditStore extends Expirable {
  append(events: AuditEventRecord[]): Promise<void>;
  /** Newest first. */
  list(filter: {
    type?: string;
    userId?: string;
    clientId?: string;
    limit: number;
  }): Promise<AuditEventRecord[]>;
  /** The events of a stretch that match. */
  scan(filter: AuditFilter, stretch: AuditStretch): Promise<StoredAuditEvent[]>;
}

/** A link of the chain: some events' digests. Never changed. */
export interface AuditBlock {
  /** 1, 2, 3, … */
  seq: number;
  at: Date;
  /** The audit key its digests and hash are made with. */
  kid: string;
  /** Events older than this were no longer kept when the block was made. */
  retainedSince: Date;
  /** The highest event id of this block and all before it. */
  lastId: number;
  /** Ids between the last block's `lastId` and this one's that are in neither: from, to, from, to, … */
  skipped: number[];
  eventIds: number[];
  /** When the events happened, in the order of `eventIds`. */
  eventTimes: Date[];
  /** In the order of `eventIds`. */
  eventDigests: string[];
  /** The hash of the block before; empty in the first. */
  prevHash: string;
  hash: string;
}

/** Puts a pseudonym in the place of a person, in one event: the ip and `details.personal` go as well. */
export interface AuditRedaction {
  id: number;
  userId: string | undefined;
  actor: string;
  redacted: string;
}

export interface SealOptions {
  /** Events in a block at most. */
  limit: number;
  /** Ids that blocks since then have skipped are looked for again: their transactions may have committed late. */
  skippedSince: Date;
  /** False: does nothing while somebody else is at it. */
  wait: boolean;
  /** Makes the block of `events`, in the order of their ids, to follow `last`. */
  make(events: StoredAuditEvent[], last: AuditBlock | undefined): AuditBlock;
}

/** The chain over the audit trail. One at a time seals or redacts, whatever instance it is in. */
export interface AuditChainStore {
  /** Stores a block of events that are in none yet. Undefined: there were none, or somebody else is sealing. */
  seal(options: SealOptions): Promise<AuditBlock | undefined>;
  /** Blocks in their order, beginning after `seq`. */
  listBlocks(after: { seq: number }, limit: number): Promise<AuditBlock[]>;
  lastBlock(): Promise<AuditBlock | undefined>;
  /** The `seq` of the first block made at or after `at`. */
  firstBlockSince(at: Date): Promise<number | undefined>;
  /** The events that have these ids, in any order. */
  findEvents(ids: number[]): Promise<StoredAuditEvent[]>;
  /** Ids of events in ranges (from, to, from, to, …; ends included), `limit` at most. */
  idsWithin(ranges: number[], limit: number): Promise<number[]>;
  /**
   * Redacts up to `limit` events that name the user as the one concerned or the actor; `make` gets each with the kid of
   * its block, undefined for one that is in none: sealing may have passed it by. Returns how many.
   */
  redact(
    userId: string,
    limit: number,
    make: (event: StoredAuditEvent, kid: string | undefined) => AuditRedaction,
  ): Promise<number>;
}
