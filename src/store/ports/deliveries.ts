// Owns: the port of logout deliveries: which apps are to be sent a logout token, and what became of it.
import type { Expirable } from './common.js';

/** pending: not tried yet. failed: tried in vain, to be tried again. sent, given_up: over. */
export const DELIVERY_STATES = ['pending', 'failed', 'sent', 'given_up'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A delivery that is to be made. */
export interface NewDelivery {
  id: string;
  clientId: string;
  /** Undefined: nothing may name the user any more. Also stored as nobody when the user is gone. */
  userId?: string | undefined;
  /** What the audit trail calls somebody who was forgotten. */
  auditedAs?: string | undefined;
  /** The user's id for the token, sealed; gone once the delivery is over. */
  subjectSealed?: string | undefined;
  sid?: string | undefined;
  requestId?: string | undefined;
  createdAt: Date;
  nextAttemptAt: Date;
  /** After the first attempt from then on that fails, it is given up. */
  giveUpAt: Date;
}

export interface StoredDelivery extends Omit<NewDelivery, 'nextAttemptAt'> {
  state: DeliveryState;
  /** Those that were begun. */
  attempts: number;
  /** Undefined: it is over. */
  nextAttemptAt?: Date | undefined;
  lastAttemptAt?: Date | undefined;
  lastError?: string | undefined;
  finishedAt?: Date | undefined;
}

/** A delivery that is the caller's until `claimedUntil`, and nobody else's. */
export interface ClaimedDelivery extends StoredDelivery {
  claimedUntil: Date;
}

export interface DeliveryClaim {
  now: Date;
  /** When what is claimed may be claimed by others again. */
  until: Date;
  limit: number;
  /** So many of one client at most: one that does not answer holds up no other. */
  perClient: number;
  /** Clients to leave out. */
  busy: readonly string[];
}

/** How an attempt ended. */
export type AttemptResult =
  | { state: 'sent'; at: Date }
  | { state: 'failed'; error: string; nextAttemptAt: Date }
  | { state: 'given_up'; error: string; at: Date };

export interface DeliveryFilter {
  clientId: string;
  state?: DeliveryState | undefined;
  /** Only those that come after this one. */
  after?: Pick<StoredDelivery, 'createdAt' | 'id'> | undefined;
  limit: number;
}

/** Which deliveries of a client are to be sent again: these, or all that failed or were given up. */
export type Resending = { ids: readonly string[] } | 'failed';

/** Deliveries expire by when they were over; those that are not never do. */
export interface LogoutDeliveryStore extends Expirable {
  /** Begins the unit of work at hand: what is written in it from now on is kept with it or not at all. */
  beginUnit(): Promise<void>;
  /** Stores a delivery, unless the client is gone. Begins the unit of work. */
  add(delivery: NewDelivery): Promise<void>;
  /** Takes deliveries that are due, those longest due first; each goes to one of any number of callers at once. */
  claim(claim: DeliveryClaim): Promise<ClaimedDelivery[]>;
  /** Writes down how an attempt ended. False when the claim has run out and somebody else has the delivery. */
  finish(claimed: Pick<ClaimedDelivery, 'id' | 'claimedUntil'>, result: AttemptResult): Promise<boolean>;
  /** Some of these of a client, in no order. */
  find(clientId: string, ids: readonly string[]): Promise<StoredDelivery[]>;
  /** A client's, the latest first. */
  list(filter: DeliveryFilter): Promise<StoredDelivery[]>;
  /** A user's, the latest first. */
  listByUser(userId: string): Promise<StoredDelivery[]>;
  /**
   * Makes a client's deliveries due at `at`, as if they had not been tried, but for those that are being sent at this
   * moment and those that nobody is left to be told of. Tells which.
   */
  resend(clientId: string, which: Resending, due: { at: Date; giveUpAt: Date }): Promise<string[]>;
  /**
   * Takes the user's name from deliveries: those that are over go, the others go on under the pseudonym, and so do
   * `others`, which name nobody. How many there were.
   */
  forget(userId: string, pseudonym: string, others: readonly string[]): Promise<number>;
  /** Deliveries that are not over and hold a sealed subject; with `nameless` only those that otherwise name nobody. */
  listSealed(options?: { nameless?: boolean }): Promise<{ id: string; subjectSealed: string }[]>;
  /** Replaces the sealed subject, if it still is `from`. */
  replaceSealed(id: string, from: string, to: string): Promise<boolean>;
  /** How many are not over, counted up to `atMost`, and since when the oldest waits. */
  backlog(atMost: number): Promise<{ count: number; oldest: Date | undefined }>;
}
