// Owns: oauth_grant. The guarantees are on the port.
import type { GrantRecord, GrantStore, JsonObject } from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { statement } from './statement.js';

interface GrantRow {
  id: string;
  user_id: string;
  client_id: string;
  scopes: string[];
  claims: string[];
  details: JsonObject;
  created_at: Date;
  expires_at: Date;
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

function toRecord(row: GrantRow): GrantRecord {
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
    ...createExpirable(database, 'oauth_grant'),
  };
}
