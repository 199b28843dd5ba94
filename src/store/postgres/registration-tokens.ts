// Owns: oauth_registration_token. The guarantees are on the port.
import type { RegistrationTokenStore, StoredRegistrationToken } from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { statement } from './statement.js';

interface TokenRow {
  id: string;
  label: string;
  policy: string;
  uses: number;
  uses_left: number;
  created_at: Date;
  expires_at: Date;
}

const COLUMNS = 'id, label, policy, uses, uses_left, created_at, expires_at';

const CREATE = statement(
  'registration_token_create',
  `INSERT INTO oauth_registration_token (key, id, label, policy, uses, uses_left, created_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $5, $6, $7)`,
);
const FIND = statement(
  'registration_token_find',
  `SELECT ${COLUMNS} FROM oauth_registration_token WHERE key = $1`,
);
const LIST = statement(
  'registration_token_list',
  `SELECT ${COLUMNS} FROM oauth_registration_token ORDER BY created_at, id`,
);
const USE = statement(
  'registration_token_use',
  `UPDATE oauth_registration_token SET uses_left = uses_left - 1
   WHERE key = $1 AND uses_left > 0 AND expires_at > $2`,
);
const DELETE = statement(
  'registration_token_delete',
  `DELETE FROM oauth_registration_token WHERE id = $1 RETURNING ${COLUMNS}`,
);

const toStored = (row: TokenRow): StoredRegistrationToken => ({
  id: row.id,
  label: row.label,
  policy: row.policy,
  uses: row.uses,
  usesLeft: row.uses_left,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

export function createRegistrationTokenStore(database: Database): RegistrationTokenStore {
  return {
    async create(key, { id, label, policy, uses, createdAt, expiresAt }) {
      await database.write(CREATE, [key, id, label, policy, uses, createdAt, expiresAt]);
    },
    async find(key) {
      const [row] = await database.read<TokenRow>(FIND, [key]);
      return row && toStored(row);
    },
    list: async () => (await database.read<TokenRow>(LIST, [])).map(toStored),
    use: async (key, now) => (await database.use(USE, [key, now])).count === 1,
    async delete(id) {
      const [row] = await database.writeReturning<TokenRow>(DELETE, [id]);
      return row && toStored(row);
    },
    ...createExpirable(database, 'oauth_registration_token'),
  };
}
