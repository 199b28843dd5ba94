// Owns: oauth_artifact. The guarantees are on the port.

import type { ArtifactStore, JsonObject, StoredArtifact } from '../ports/index.js';
import type { Database } from './database.js';
import { Prisma } from './generated/client.js';

interface ArtifactRow {
  payload: JsonObject;
  grant_id: string | null;
  user_code_key: string | null;
  expires_at: Date;
  consumed_at: Date | null;
}

const COLUMNS = Prisma.sql`a.payload, a.grant_id, a.user_code_key, a.expires_at, a.consumed_at`;

/** Deny by grant: what hangs on a revoked or missing grant does not exist, whenever it was written. */
const GRANT_LIVES = Prisma.sql`(a.grant_id IS NULL OR EXISTS (
  SELECT 1 FROM oauth_grant g WHERE g.id = a.grant_id AND g.revoked_at IS NULL))`;

function toStored(rows: ArtifactRow[]): StoredArtifact | undefined {
  const [row] = rows;
  if (!row) return undefined;
  return {
    payload: row.payload,
    grantId: row.grant_id ?? undefined,
    userCodeKey: row.user_code_key ?? undefined,
    expiresAt: new Date(row.expires_at),
    consumedAt: row.consumed_at ? new Date(row.consumed_at) : undefined,
  };
}

export function createArtifactStore(database: Database): ArtifactStore {
  const select = (where: Prisma.Sql, suffix: Prisma.Sql) =>
    Prisma.sql`SELECT ${COLUMNS} FROM oauth_artifact a WHERE ${where} AND ${GRANT_LIVES} ${suffix}`;

  return {
    async upsert(kind, key, { payload, grantId, userCodeKey, expiresAt }) {
      const json = JSON.stringify(payload);
      await database.query(
        (db) => db.$executeRaw`
          INSERT INTO oauth_artifact (kind, key, payload, grant_id, user_code_key, expires_at)
          VALUES (${kind}, ${key}, ${json}::jsonb, ${grantId ?? null}, ${userCodeKey ?? null}, ${expiresAt})
          ON CONFLICT (kind, key) DO UPDATE SET
            payload = EXCLUDED.payload, grant_id = EXCLUDED.grant_id,
            user_code_key = EXCLUDED.user_code_key, expires_at = EXCLUDED.expires_at`,
      );
    },

    async find(kind, key) {
      const where = Prisma.sql`a.kind = ${kind} AND a.key = ${key}`;
      return toStored(await database.query((db) => db.$queryRaw<ArtifactRow[]>(select(where, Prisma.empty))));
    },

    async findForUse(kind, key) {
      const where = Prisma.sql`a.kind = ${kind} AND a.key = ${key}`;
      const lock = Prisma.sql`FOR UPDATE OF a`;
      return toStored(await database.queryInUnit((db) => db.$queryRaw<ArtifactRow[]>(select(where, lock))));
    },

    async findByUserCode(kind, userCodeKey) {
      const where = Prisma.sql`a.kind = ${kind} AND a.user_code_key = ${userCodeKey}`;
      return toStored(await database.query((db) => db.$queryRaw<ArtifactRow[]>(select(where, Prisma.empty))));
    },

    async consume(kind, key, at) {
      const changed = await database.queryInUnit(
        (db) => db.$executeRaw`
          UPDATE oauth_artifact a SET consumed_at = ${at}
          WHERE a.kind = ${kind} AND a.key = ${key} AND a.consumed_at IS NULL AND ${GRANT_LIVES}`,
      );
      return changed === 1;
    },

    async destroy(kind, key) {
      await database.query(
        (db) => db.$executeRaw`DELETE FROM oauth_artifact WHERE kind = ${kind} AND key = ${key}`,
      );
    },

    async revokeByGrantId(kind, grantId) {
      await database.query(
        (db) => db.$executeRaw`DELETE FROM oauth_artifact WHERE grant_id = ${grantId} AND kind = ${kind}`,
      );
    },

    deleteExpired: (before, batch) =>
      database.query(
        (db) => db.$executeRaw`
          DELETE FROM oauth_artifact WHERE (kind, key) IN (
            SELECT kind, key FROM oauth_artifact WHERE expires_at < ${before} LIMIT ${batch})`,
      ),
  };
}
