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

/** Grants. A revoked grant is not found, and stays revoked: no later write brings it back. */
export interface GrantStore extends Expirable {
  upsert(grant: GrantRecord): Promise<void>;
  find(id: string): Promise<GrantRecord | undefined>;
  revoke(id: string, at: Date): Promise<void>;
  /** Revokes all of a user's grants, or those for one client; returns their ids. */
  revokeByUser(userId: string, clientId: string | undefined, at: Date): Promise<string[]>;
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
  touch(userId: string, clientId: string, at: Date): Promise<void>;
  delete(userId: string, clientId: string): Promise<boolean>;
}
