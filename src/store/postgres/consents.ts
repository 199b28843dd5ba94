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
const STANDS = statement(
  'consent_stands',
  'SELECT 1 AS one FROM oauth_consent WHERE user_id = $1 AND client_id = $2 FOR KEY SHARE',
);
const TOUCH = statement(
  'consent_touch',
  'UPDATE oauth_consent SET last_used_at = $3 WHERE user_id = $1 AND client_id = $2',
);
const DELETE = statement('consent_delete', 'DELETE FROM oauth_consent WHERE user_id = $1 AND client_id = $2');

// Locked in one order, so that two of these do not wait for one another.
const DELETE_BY_USER = statement(
  'consent_delete_by_user',
  `DELETE FROM oauth_consent WHERE (user_id, client_id) IN (
     SELECT user_id, client_id FROM oauth_consent WHERE user_id = $1 ORDER BY client_id FOR UPDATE)
   RETURNING client_id`,
);
const LIST = statement(
  'consent_list',
  `SELECT user_id, client_id, scopes, claims, granted_at, updated_at, last_used_at FROM oauth_consent
   WHERE ($1::text IS NULL OR user_id = $1) AND ($2::text IS NULL OR client_id = $2)
     AND ($3::text IS NULL OR (user_id, client_id) > ($3, $4))
   ORDER BY user_id, client_id LIMIT $5`,
);

function toConsent(row: Consent): ConsentRecord {
  return { ...row, lastUsedAt: row.lastUsedAt ?? undefined };
}

function toRecord(row: ConsentRow): ConsentRecord {
  return {
    userId: row.user_id,
    clientId: row.client_id,
    scopes: row.scopes,
    claims: row.claims,
    grantedAt: row.granted_at,
    updatedAt: row.updated_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

export function createConsentStore(database: Database): ConsentStore {
  return {
    async find(userId, clientId) {
      const [row] = await database.read<ConsentRow>(FIND, [userId, clientId]);
      return row && toRecord(row);
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
    stands: async (userId, clientId) => (await database.write(STANDS, [userId, clientId])) > 0,
    async touch(userId, clientId, at) {
      await database.write(TOUCH, [userId, clientId, at]);
    },
    delete: async (userId, clientId) => (await database.write(DELETE, [userId, clientId])) > 0,
    async deleteByUser(userId) {
      const rows = await database.writeReturning<{ client_id: string }>(DELETE_BY_USER, [userId]);
      return rows.map((row) => row.client_id);
    },
    async list({ userId, clientId, after, limit }) {
      const values = [userId, clientId, after?.userId, after?.clientId, limit];
      return (await database.read<ConsentRow>(LIST, values)).map(toRecord);
    },
  };
}
