// Owns: the ports of protocol records (artifacts, refresh tokens). Keys are hashes of bearer values.

import type { Expirable, JsonObject } from './common.js';
import type { GrantRecord } from './grants.js';

export interface ArtifactRecord {
  payload: JsonObject;
  grantId?: string | undefined;
  userCodeKey?: string | undefined;
  expiresAt: Date;
}

export interface StoredArtifact extends ArtifactRecord {
  consumedAt?: Date | undefined;
}

/**
 * Short-lived protocol records. An artifact whose grant is revoked or gone is not found any more,
 * whether it was stored before or after the revocation.
 */
export interface ArtifactStore extends Expirable {
  upsert(kind: string, key: string, record: ArtifactRecord): Promise<void>;
  /** Expired records are still found until the janitor took them. */
  find(kind: string, key: string): Promise<StoredArtifact | undefined>;
  /** As find, but also when the grant is revoked or gone: to tell that there was such a record, never to use it. */
  findAnyway(kind: string, key: string): Promise<StoredArtifact | undefined>;
  /** As find; inside a unit of work nobody else can use or consume the record until it ends. */
  findForUse(kind: string, key: string): Promise<StoredArtifact | undefined>;
  findByUserCode(kind: string, userCodeKey: string): Promise<StoredArtifact | undefined>;
  /** Marks the record used. True for exactly one of any number of concurrent callers, and for none once its grant is dead. */
  consume(kind: string, key: string, at: Date): Promise<boolean>;
  /**
   * Takes `key` until `expiresAt`: true for exactly one of any number of concurrent callers, and for nobody
   * else while that lasts. For what may be seen once: ids of assertions, login tickets; `payload` can tell by whom.
   */
  claim(
    kind: string,
    key: string,
    until: { now: Date; expiresAt: Date; payload?: JsonObject },
  ): Promise<boolean>;
  destroy(kind: string, key: string): Promise<void>;
  /** Makes room: records of a grant that is being revoked. They are not found any more either way. */
  revokeByGrantId(kind: string, grantId: string): Promise<void>;
  /**
   * Deletes every record, of whatever kind, whose payload holds one of `names` (a user's id and addresses, none of
   * them empty) in whatever place; how many. Looks through all of them, and is part of no unit of work.
   */
  destroyNaming(names: readonly string[]): Promise<number>;
}

export interface RefreshTokenRecord {
  userId: string;
  clientId: string;
  grantId: string;
  sessionUid?: string | undefined;
  scopes: string[];
  rotations: number;
  issuedAt: Date;
  expiresAt: Date;
  details: JsonObject;
}

export interface StoredRefreshToken extends RefreshTokenRecord {
  consumedAt?: Date | undefined;
  successorSealed?: string | undefined;
}

/** A refresh token to be used, with its grant where that could be read in passing. */
export interface RefreshTokenInUse extends StoredRefreshToken {
  grant?: GrantRecord | undefined;
}

/** Refresh tokens. One whose grant is revoked or gone is not found; storing one keeps its grant alive as long. */
export interface RefreshTokenStore extends Expirable {
  /**
   * Stores a token; `replaces` keeps it, sealed, beside the one it was rotated from.
   * Throws GrantGoneError when the grant no longer exists; in a unit of work it may be the unit that throws it, at its
   * end, and nothing of it is kept.
   */
  upsert(
    key: string,
    record: RefreshTokenRecord,
    replaces?: { key: string; successorSealed: string },
  ): Promise<void>;
  find(key: string): Promise<StoredRefreshToken | undefined>;
  /** As find; inside a unit of work nobody else can use or consume the token until it ends. */
  findForUse(key: string): Promise<RefreshTokenInUse | undefined>;
  /** Marks the token used. True for exactly one of any number of concurrent callers. */
  consume(key: string, at: Date): Promise<boolean>;
  destroy(key: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
  /** All that are stored of a user, used and revoked ones too, the latest first. */
  listByUser(userId: string): Promise<StoredRefreshToken[]>;
}

/** The grant a token was to hang on has been deleted meanwhile. */
export class GrantGoneError extends Error {}
