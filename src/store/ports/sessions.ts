// Owns: the port of browser sessions.
import type { Expirable, JsonObject } from './common.js';

export interface SessionRecord {
  uid: string;
  userId?: string | undefined;
  acr?: string | undefined;
  amr?: string[] | undefined;
  authTime?: Date | undefined;
  transient: boolean;
  /** By client id. */
  authorizations: { [clientId: string]: JsonObject };
  state?: JsonObject | undefined;
  issuedAt: Date;
  expiresAt: Date;
}

export interface StoredSession extends SessionRecord {
  version: number;
}

export interface SessionSave {
  /** Hash of the cookie value the session is now found under. */
  key: string;
  /** Hash of the cookie value this save replaces; that value is dead afterwards. */
  rotatedFrom?: string | undefined;
  /** The session as it was read before it was changed; absent for a new one. */
  base?: StoredSession | undefined;
  record: SessionRecord;
}

export interface SessionFilter {
  userId?: string | undefined;
  /** Sessions in which this client takes part. */
  clientId?: string | undefined;
  /** Only those that have not expired by then. */
  liveAt?: Date | undefined;
  /** Only those that come after this one. */
  after?: Pick<SessionRecord, 'issuedAt' | 'uid'> | undefined;
  limit: number;
}

/** A client's part in a session, which is over. */
export interface EndedAuthorization {
  uid: string;
  sid?: string | undefined;
}

/**
 * Sessions of browsers. Several requests of one browser may change the same session at once; a save
 * merges what *it* changed since `base` into what is stored by then, client by client, so none loses
 * the other's authorizations. A save that changes the account replaces the whole session; one whose
 * account is no longer the stored one changes nothing: authorizations of two people never mix.
 *
 * Keys: a rotation's old key is dead. A login drops every older key, but those of parallel logins of the
 * same account. Without a login, a rotation cannot join a session somebody else logged in to meanwhile
 * (session fixation). A destroyed session is never revived.
 */
export interface SessionStore extends Expirable {
  find(key: string): Promise<StoredSession | undefined>;
  findByUid(uid: string): Promise<StoredSession | undefined>;
  save(save: SessionSave): Promise<void>;
  /** Ends the session a key belongs to, under every key it has. Both tell the uids of what they ended. */
  destroy(key: string): Promise<string[]>;
  /**
   * Takes one client out of every session of a user: whoever saves one of them later does not bring it back.
   * Tells which sessions those were, and the `sid` the client knew each by; each of several callers at once is
   * told of different ones.
   */
  endAuthorizations(userId: string, clientId: string): Promise<EndedAuthorization[]>;
  /** Ends up to `size` sessions that began before `before`, whosoever they are; their uids. None are left when it ends none. */
  destroyNext(before: Date, size: number): Promise<string[]>;
  /** Ends every session of a user. Each of several callers at once is told of different ones. */
  destroyByUser(userId: string): Promise<StoredSession[]>;
  /** Ends one session by its own name, and tells what it was; of several callers at once one is told. */
  destroyByUid(uid: string): Promise<StoredSession | undefined>;
  /** Sessions of people, the latest first: never those nobody has logged in to. */
  list(filter: SessionFilter): Promise<StoredSession[]>;
}
