// Owns: oauth_grant. The guarantees are on the port.
import type { GrantRecord, GrantStore, JsonObject, StoredGrant } from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { statement } from './statement.js';

export interface GrantRow {
  id: string;
  user_id: string;
  client_id: string;
  scopes: string[];
  claims: string[];
  details: JsonObject;
  created_at: Date;
  expires_at: Date;
}

interface StoredGrantRow extends GrantRow {
  revoked_at: Date | null;
}

// A conflict on a revoked grant changes nothing but the details nobody can reach any more.
const UPSERT = statement(
  'grant_upsert',
  `INSERT INTO oauth_grant (id, user_id, client_id, scopes, claims, details, created_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8)
   ON CONFLICT (id) DO UPDATE SET scopes = EXCLUDED.scopes, claims = EXCLUDED.claims,
     details = EXCLUDED.details, expires_at = GREATEST(oauth_grant.expires_at, EXCLUDED.expires_at)`,
);
const FIND = statement(
  'grant_find',
  `SELECT id, user_id, client_id, scopes, claims, details, created_at, expires_at
   FROM oauth_grant WHERE id = $1 AND revoked_at IS NULL`,
);
const REVOKE = statement(
  'grant_revoke',
  'UPDATE oauth_grant SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL',
);
const REVOKE_BY_USER = statement(
  'grant_revoke_by_user',
  `UPDATE oauth_grant SET revoked_at = $3
   WHERE user_id = $1 AND client_id = COALESCE($2, client_id) AND revoked_at IS NULL RETURNING id`,
);

const REVOKE_NEXT = statement(
  'grant_revoke_next',
  `WITH batch AS (
     SELECT id, revoked_at IS NULL AND created_at < $2 AS live FROM oauth_grant WHERE id > $1 ORDER BY id LIMIT $3
   ), revoked AS (
     UPDATE oauth_grant SET revoked_at = $4
     WHERE id IN (SELECT id FROM batch WHERE live) AND revoked_at IS NULL RETURNING id
   ) SELECT (SELECT max(id) FROM batch) AS next, coalesce((SELECT array_agg(id) FROM revoked), '{}') AS ids`,
);

const LIST_BY_USER = statement(
  'grant_list_by_user',
  `SELECT id, user_id, client_id, scopes, claims, details, created_at, expires_at, revoked_at
   FROM oauth_grant WHERE user_id = $1 ORDER BY created_at DESC, id`,
);

/**
 * What goes when a user is deleted, in the order in which a token request locks it: first what it uses up, which is
 * waited for, then the grant, then what it has made meanwhile.
 */
const DELETE_ARTIFACTS = statement(
  'grant_delete_artifacts',
  `DELETE FROM oauth_artifact WHERE (kind, key) IN (
     SELECT a.kind, a.key FROM oauth_artifact a JOIN oauth_grant g ON g.id = a.grant_id
     WHERE g.user_id = $1 ORDER BY a.kind, a.key FOR UPDATE OF a)`,
);
const DELETE_REFRESH_TOKENS = statement(
  'grant_delete_refresh_tokens',
  `DELETE FROM oauth_refresh_token WHERE key IN (
     SELECT t.key FROM oauth_refresh_token t JOIN oauth_grant g ON g.id = t.grant_id
     WHERE g.user_id = $1 ORDER BY t.key FOR UPDATE OF t)`,
);
const LOCK_BY_USER = statement(
  'grant_lock_by_user',
  'SELECT id FROM oauth_grant WHERE user_id = $1 ORDER BY id FOR UPDATE',
);
const DELETE_BY_USER = statement('grant_delete_by_user', 'DELETE FROM oauth_grant WHERE user_id = $1');

export function toRecord(row: GrantRow): GrantRecord {
  return {
    id: row.id,
    userId: row.user_id,
    clientId: row.client_id,
    scopes: row.scopes,
    claims: row.claims,
    details: row.details,
    issuedAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

export function createGrantStore(database: Database): GrantStore {
  return {
    async upsert(grant) {
      await database.write(UPSERT, [
        grant.id,
        grant.userId,
        grant.clientId,
        grant.scopes,
        grant.claims,
        JSON.stringify(grant.details),
        grant.issuedAt,
        grant.expiresAt,
      ]);
    },
    async find(id) {
      const [row] = await database.read<GrantRow>(FIND, [id]);
      return row && toRecord(row);
    },
    async revoke(id, at) {
      await database.write(REVOKE, [id, at]);
    },
    async revokeByUser(userId, clientId, at) {
      const rows = await database.writeReturning<{ id: string }>(REVOKE_BY_USER, [userId, clientId, at]);
      return rows.map((row) => row.id);
    },
    async revokeNext({ after, before, size }, at) {
      const [row] = await database.writeReturning<{ next: string | null; ids: string[] }>(REVOKE_NEXT, [
        after,
        before,
        size,
        at,
      ]);
      return { ids: row?.ids ?? [], next: row?.next ?? undefined };
    },
    async listByUser(userId) {
      const rows = await database.read<StoredGrantRow>(LIST_BY_USER, [userId]);
      return rows.map((row): StoredGrant => ({ ...toRecord(row), revokedAt: row.revoked_at ?? undefined }));
    },
    deleteByUser: (userId) =>
      database.transaction(async (run) => {
        await run(DELETE_ARTIFACTS, [userId]);
        const used = await run(DELETE_REFRESH_TOKENS, [userId]);
        const { rows } = await run<{ id: string }>(LOCK_BY_USER, [userId]);
        const made = await run(DELETE_REFRESH_TOKENS, [userId]);
        await run(DELETE_ARTIFACTS, [userId]);
        await run(DELETE_BY_USER, [userId]);
        return { grantIds: rows.map(({ id }) => id), refreshTokens: used.count + made.count };
      }),
    ...createExpirable(database, 'oauth_grant'),
  };
}
