// Owns: oauth_consent. The guarantees are on the port.
import type { ConsentRecord, ConsentStore } from '../ports/index.js';
import type { Database } from './database.js';
import type { Consent } from './generated/client.js';
import { statement } from './statement.js';

interface ConsentRow {
  user_id: string;
  client_id: string;
  scopes: string[];
  claims: string[];
  granted_at: Date;
  updated_at: Date;
  last_used_at: Date | null;
}

const FIND = statement(
  'consent_find',
  `SELECT user_id, client_id, scopes, claims, granted_at, updated_at, last_used_at
   FROM oauth_consent WHERE user_id = $1 AND client_id = $2`,
);
const ADD = statement(
  'consent_add',
  `INSERT INTO oauth_consent AS c (user_id, client_id, scopes, claims, granted_at, updated_at)
   SELECT $1, $2, ARRAY(SELECT DISTINCT unnest($3::text[]) ORDER BY 1),
     ARRAY(SELECT DISTINCT unnest($4::text[]) ORDER BY 1), $5::timestamptz, $5::timestamptz
   ON CONFLICT (user_id, client_id) DO UPDATE SET
     scopes = ARRAY(SELECT DISTINCT unnest(c.scopes || EXCLUDED.scopes) ORDER BY 1),
     claims = ARRAY(SELECT DISTINCT unnest(c.claims || EXCLUDED.claims) ORDER BY 1),
     updated_at = EXCLUDED.updated_at`,
);
const TOUCH = statement(
  'consent_touch',
  'UPDATE oauth_consent SET last_used_at = $3 WHERE user_id = $1 AND client_id = $2',
);
const DELETE = statement('consent_delete', 'DELETE FROM oauth_consent WHERE user_id = $1 AND client_id = $2');

function toConsent(row: Consent): ConsentRecord {
  return { ...row, lastUsedAt: row.lastUsedAt ?? undefined };
}

export function createConsentStore(database: Database): ConsentStore {
  return {
    async find(userId, clientId) {
      const [row] = await database.read<ConsentRow>(FIND, [userId, clientId]);
      return (
        row && {
          userId: row.user_id,
          clientId: row.client_id,
          scopes: row.scopes,
          claims: row.claims,
          grantedAt: row.granted_at,
          updatedAt: row.updated_at,
          lastUsedAt: row.last_used_at ?? undefined,
        }
      );
    },
    async listByUser(userId) {
      const rows = await database.rich((db) =>
        db.consent.findMany({ where: { userId }, orderBy: { clientId: 'asc' } }),
      );
      return rows.map(toConsent);
    },
    async add(userId, clientId, scopes, claims, at) {
      await database.write(ADD, [userId, clientId, scopes, claims, at]);
    },
    async touch(userId, clientId, at) {
      await database.write(TOUCH, [userId, clientId, at]);
    },
    delete: async (userId, clientId) => (await database.write(DELETE, [userId, clientId])) > 0,
  };
}
