// Owns: oauth_grant and oauth_consent. The guarantees are on the ports.
import type { ConsentRecord, ConsentStore, GrantStore, JsonObject } from '../ports/index.js';
import type { Database } from './database.js';
import type { Consent } from './generated/client.js';

interface GrantIdRow {
  id: string;
}

export function createGrantStore(database: Database): GrantStore {
  return {
    async upsert(grant) {
      // A conflict on a revoked grant changes nothing but the details nobody can reach any more.
      await database.query(
        (db) => db.$executeRaw`
          INSERT INTO oauth_grant (id, user_id, client_id, scopes, claims, details, created_at, expires_at)
          VALUES (${grant.id}, ${grant.userId}, ${grant.clientId}, ${grant.scopes}, ${grant.claims},
            ${JSON.stringify(grant.details)}::jsonb, ${grant.issuedAt}, ${grant.expiresAt})
          ON CONFLICT (id) DO UPDATE SET scopes = EXCLUDED.scopes, claims = EXCLUDED.claims,
            details = EXCLUDED.details, expires_at = GREATEST(oauth_grant.expires_at, EXCLUDED.expires_at)`,
      );
    },

    async find(id) {
      const row = await database.query((db) => db.grant.findUnique({ where: { id, revokedAt: null } }));
      if (!row) return undefined;
      const { createdAt, revokedAt: _revokedAt, details, ...rest } = row;
      return { ...rest, details: details as JsonObject, issuedAt: createdAt };
    },

    async revoke(id, at) {
      await database.query(
        (db) =>
          db.$executeRaw`UPDATE oauth_grant SET revoked_at = ${at} WHERE id = ${id} AND revoked_at IS NULL`,
      );
    },

    async revokeByUser(userId, clientId, at) {
      const rows = await database.query(
        (db) => db.$queryRaw<GrantIdRow[]>`
          UPDATE oauth_grant SET revoked_at = ${at}
          WHERE user_id = ${userId} AND client_id = COALESCE(${clientId ?? null}, client_id) AND revoked_at IS NULL
          RETURNING id`,
      );
      return rows.map((row) => row.id);
    },

    deleteExpired: (before, batch) =>
      database.query(
        (db) => db.$executeRaw`
          DELETE FROM oauth_grant WHERE id IN (
            SELECT id FROM oauth_grant WHERE expires_at < ${before} LIMIT ${batch})`,
      ),
  };
}

function toConsent(row: Consent): ConsentRecord {
  return { ...row, lastUsedAt: row.lastUsedAt ?? undefined };
}

export function createConsentStore(database: Database): ConsentStore {
  return {
    async find(userId, clientId) {
      const row = await database.query((db) =>
        db.consent.findUnique({ where: { userId_clientId: { userId, clientId } } }),
      );
      return row ? toConsent(row) : undefined;
    },

    async listByUser(userId) {
      const rows = await database.query((db) =>
        db.consent.findMany({ where: { userId }, orderBy: { clientId: 'asc' } }),
      );
      return rows.map(toConsent);
    },

    async add(userId, clientId, scopes, claims, at) {
      await database.query(
        (db) => db.$executeRaw`
          INSERT INTO oauth_consent AS c (user_id, client_id, scopes, claims, granted_at, updated_at)
          SELECT ${userId}, ${clientId}, ARRAY(SELECT DISTINCT unnest(${scopes}::text[]) ORDER BY 1),
            ARRAY(SELECT DISTINCT unnest(${claims}::text[]) ORDER BY 1), ${at}, ${at}
          ON CONFLICT (user_id, client_id) DO UPDATE SET
            scopes = ARRAY(SELECT DISTINCT unnest(c.scopes || EXCLUDED.scopes) ORDER BY 1),
            claims = ARRAY(SELECT DISTINCT unnest(c.claims || EXCLUDED.claims) ORDER BY 1),
            updated_at = EXCLUDED.updated_at`,
      );
    },

    async touch(userId, clientId, at) {
      await database.query(
        (db) => db.$executeRaw`
          UPDATE oauth_consent SET last_used_at = ${at} WHERE user_id = ${userId} AND client_id = ${clientId}`,
      );
    },

    async delete(userId, clientId) {
      const { count } = await database.query((db) => db.consent.deleteMany({ where: { userId, clientId } }));
      return count > 0;
    },
  };
}
