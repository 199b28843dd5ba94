// Owns: oauth_revoked_token. The guarantees are on the port.
import type { RevokedTokenStore } from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { statement } from './statement.js';

const ADD = statement(
  'revoked_token_add',
  `INSERT INTO oauth_revoked_token (key, client_id, revoked_at, expires_at) VALUES ($1, $2, $3, $4)
   ON CONFLICT (key) DO NOTHING`,
);
const FIND = statement(
  'revoked_token_find',
  'SELECT client_id, revoked_at, expires_at FROM oauth_revoked_token WHERE key = $1',
);
// One look for both: the deny list by token, and by grant.
const STANDING = statement(
  'revoked_token_standing',
  `SELECT EXISTS (SELECT 1 FROM oauth_revoked_token WHERE key = $1) AS denied, g.user_id, g.client_id
   FROM (VALUES (1)) AS one LEFT JOIN oauth_grant g ON g.id = $2 AND g.revoked_at IS NULL`,
);

export function createRevokedTokenStore(database: Database): RevokedTokenStore {
  return {
    async add(key, { clientId, revokedAt, expiresAt }) {
      await database.write(ADD, [key, clientId, revokedAt, expiresAt]);
    },
    async find(key) {
      type Row = { client_id: string; revoked_at: Date; expires_at: Date };
      const [row] = await database.read<Row>(FIND, [key]);
      return row && { clientId: row.client_id, revokedAt: row.revoked_at, expiresAt: row.expires_at };
    },
    async standingOf(key, grantId) {
      type Row = { denied: boolean; user_id: string | null; client_id: string | null };
      const [row] = await database.read<Row>(STANDING, [key, grantId]);
      const { user_id: userId = null, client_id: clientId = null } = row ?? {};
      const grant = userId !== null && clientId !== null ? { userId, clientId } : undefined;
      return { isRevoked: row?.denied !== false || (grantId !== undefined && !grant), grant };
    },
    ...createExpirable(database, 'oauth_revoked_token'),
  };
}
