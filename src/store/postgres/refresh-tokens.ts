// Owns: oauth_refresh_token. The guarantees are on the port.
import {
  GrantGoneError,
  type JsonObject,
  type RefreshTokenStore,
  type StoredRefreshToken,
} from '../ports/index.js';
import type { Database, Db } from './database.js';
import { Prisma } from './generated/client.js';

interface RefreshTokenRow {
  user_id: string;
  client_id: string;
  grant_id: string;
  session_uid: string | null;
  scopes: string[];
  rotations: number;
  issued_at: Date;
  expires_at: Date;
  consumed_at: Date | null;
  successor_sealed: string | null;
  details: JsonObject;
}

function toStored(rows: RefreshTokenRow[]): StoredRefreshToken | undefined {
  const [row] = rows;
  if (!row) return undefined;
  return {
    userId: row.user_id,
    clientId: row.client_id,
    grantId: row.grant_id,
    sessionUid: row.session_uid ?? undefined,
    scopes: row.scopes,
    rotations: row.rotations,
    issuedAt: new Date(row.issued_at),
    expiresAt: new Date(row.expires_at),
    consumedAt: row.consumed_at ? new Date(row.consumed_at) : undefined,
    successorSealed: row.successor_sealed ?? undefined,
    details: row.details,
  };
}

export function createRefreshTokenStore(database: Database): RefreshTokenStore {
  const find = (db: Db, key: string, suffix: Prisma.Sql) =>
    db.$queryRaw<RefreshTokenRow[]>`
      SELECT t.* FROM oauth_refresh_token t
      WHERE t.key = ${key} AND EXISTS (
        SELECT 1 FROM oauth_grant g WHERE g.id = t.grant_id AND g.revoked_at IS NULL) ${suffix}`;

  return {
    upsert: (key, record) =>
      database.transaction(async (db) => {
        // Locks the grant: a revocation comes before (and is seen) or after (and kills this token too).
        const live = await db.$executeRaw`
          UPDATE oauth_grant SET expires_at = GREATEST(expires_at, ${record.expiresAt})
          WHERE id = ${record.grantId} AND revoked_at IS NULL`;
        if (live === 0) throw new GrantGoneError('the grant of a refresh token is gone');
        const details = JSON.stringify(record.details);
        await db.$executeRaw`
          INSERT INTO oauth_refresh_token (key, user_id, client_id, grant_id, session_uid, scopes, rotations,
            issued_at, expires_at, details)
          VALUES (${key}, ${record.userId}, ${record.clientId}, ${record.grantId}, ${record.sessionUid ?? null},
            ${record.scopes}, ${record.rotations}, ${record.issuedAt}, ${record.expiresAt}, ${details}::jsonb)
          ON CONFLICT (key) DO UPDATE SET scopes = EXCLUDED.scopes, rotations = EXCLUDED.rotations,
            expires_at = EXCLUDED.expires_at, details = EXCLUDED.details`;
      }),

    find: async (key) => toStored(await database.query((db) => find(db, key, Prisma.empty))),

    findForUse: async (key) =>
      toStored(await database.queryInUnit((db) => find(db, key, Prisma.sql`FOR UPDATE OF t`))),

    async consume(key, at) {
      const changed = await database.queryInUnit(
        (db) => db.$executeRaw`
          UPDATE oauth_refresh_token SET consumed_at = ${at} WHERE key = ${key} AND consumed_at IS NULL`,
      );
      return changed === 1;
    },

    async setSuccessor(key, successorSealed) {
      await database.query(
        (db) => db.$executeRaw`
          UPDATE oauth_refresh_token SET successor_sealed = ${successorSealed} WHERE key = ${key}`,
      );
    },

    async destroy(key) {
      await database.query((db) => db.$executeRaw`DELETE FROM oauth_refresh_token WHERE key = ${key}`);
    },

    async revokeByGrantId(grantId) {
      await database.query(
        (db) => db.$executeRaw`DELETE FROM oauth_refresh_token WHERE grant_id = ${grantId}`,
      );
    },

    deleteExpired: (before, batch) =>
      database.query(
        (db) => db.$executeRaw`
          DELETE FROM oauth_refresh_token WHERE key IN (
            SELECT key FROM oauth_refresh_token WHERE expires_at < ${before} LIMIT ${batch})`,
      ),
  };
}
