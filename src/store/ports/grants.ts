// Owns: the ports of grants and consents. A consent is what a user agreed to; a grant is what one
// session's tokens hang on.
import type { Expirable, JsonObject } from './common.js';

export interface GrantRecord {
  id: string;
  userId: string;
  clientId: string;
  scopes: string[];
  claims: string[];
  details: JsonObject;
  issuedAt: Date;
  expiresAt: Date;
}

export interface StoredGrant extends GrantRecord {
  revokedAt?: Date | undefined;
}

/** Grants. A revoked grant is not found, and stays revoked: no later write brings it back. */
export interface GrantStore extends Expirable {
  upsert(grant: GrantRecord): Promise<void>;
  find(id: string): Promise<GrantRecord | undefined>;
  revoke(id: string, at: Date): Promise<void>;
  /** Revokes all of a user's grants, or those for one client; returns their ids. */
  revokeByUser(userId: string, clientId: string | undefined, at: Date): Promise<string[]>;
  /**
   * Revokes live grants of everybody that were made before `before`, among the next `size` after `after` in the order
   * of ids; tells which, and where to go on. Undefined `next`: there are no more.
   */
  revokeNext(
    batch: { after: string; before: Date; size: number },
    at: Date,
  ): Promise<{ ids: string[]; next: string | undefined }>;
  /** All that are stored of a user, revoked ones too, the latest first. */
  listByUser(userId: string): Promise<StoredGrant[]>;
  /**
   * Deletes all of a user's grants, and whatever hangs on them in the same database: refresh tokens, artifacts.
   * Waits for a token request that is using one of these, and takes what it made.
   */
  deleteByUser(userId: string): Promise<{ grantIds: string[]; refreshTokens: number }>;
}

export interface ConsentRecord {
  userId: string;
  clientId: string;
  scopes: string[];
  claims: string[];
  grantedAt: Date;
  updatedAt: Date;
  lastUsedAt?: Date | undefined;
}

/** Remembered consents, one per user and client. */
export interface ConsentStore {
  find(userId: string, clientId: string): Promise<ConsentRecord | undefined>;
  listByUser(userId: string): Promise<ConsentRecord[]>;
  /** Adds scopes and claims to what was agreed before; concurrent additions are all kept. */
  add(userId: string, clientId: string, scopes: string[], claims: string[], at: Date): Promise<void>;
  /**
   * Whether the consent is there at this moment, whatever anybody remembers. Waits for a withdrawal that is under way:
   * what was stored before this was called and answered "yes" is found by any withdrawal that comes after.
   */
  stands(userId: string, clientId: string): Promise<boolean>;
  touch(userId: string, clientId: string, at: Date): Promise<void>;
  delete(userId: string, clientId: string): Promise<boolean>;
  /** Deletes all of a user's; the clients they were for. */
  deleteByUser(userId: string): Promise<string[]>;
  /** By user id, then by client id. */
  list(filter: ConsentFilter): Promise<ConsentRecord[]>;
}

export interface ConsentFilter {
  userId?: string | undefined;
  clientId?: string | undefined;
  /** Only those that come after this one. */
  after?: Pick<ConsentRecord, 'userId' | 'clientId'> | undefined;
  limit: number;
}
