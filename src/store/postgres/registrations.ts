// Owns: oauth_client_registration. The guarantees are on the port.
import type { Registration, RegistrationStore } from '../ports/index.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

/** Any number that nothing else in this database locks beside another: 'l2ug'. */
const POLICY_LOCK = 0x6c327567;

interface RegistrationRow {
  client_id: string;
  policy: string;
  token_id: string;
  registered_at: Date;
  key: string | null;
  expires_at: Date | null;
}

const COLUMNS = 'client_id, policy, token_id, registered_at, key, expires_at';

const CREATE = statement(
  'registration_create',
  `INSERT INTO oauth_client_registration (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)`,
);
const FIND = statement(
  'registration_find',
  `SELECT ${COLUMNS} FROM oauth_client_registration WHERE client_id = $1`,
);
const LIST = statement(
  'registration_list',
  `SELECT ${COLUMNS} FROM oauth_client_registration WHERE client_id COLLATE "C" > $1
   ORDER BY client_id COLLATE "C" LIMIT $2`,
);
const SAVE_TOKEN = statement(
  'registration_save_token',
  'UPDATE oauth_client_registration SET key = $2, expires_at = $3 WHERE client_id = $1',
);
const LOCK = statement(
  'registration_lock',
  'SELECT pg_advisory_xact_lock($1::int, hashtext($2))::text AS locked',
);
const COUNT = statement(
  'registration_count',
  'SELECT count(*)::int AS count FROM oauth_client_registration WHERE policy = $1',
);

const toRegistration = (row: RegistrationRow): Registration => ({
  clientId: row.client_id,
  policy: row.policy,
  tokenId: row.token_id,
  registeredAt: row.registered_at,
  key: row.key ?? undefined,
  expiresAt: row.expires_at ?? undefined,
});

export function createRegistrationStore(database: Database): RegistrationStore {
  return {
    async create({ clientId, policy, tokenId, registeredAt, key, expiresAt }) {
      await database.write(CREATE, [clientId, policy, tokenId, registeredAt, key, expiresAt]);
    },
    async find(clientId) {
      const [row] = await database.read<RegistrationRow>(FIND, [clientId]);
      return row && toRegistration(row);
    },
    list: async ({ after = '', limit }) =>
      (await database.read<RegistrationRow>(LIST, [after, limit])).map(toRegistration),
    async saveToken(clientId, token) {
      await database.write(SAVE_TOKEN, [clientId, token?.key, token?.expiresAt]);
    },
    async countForUpdate(policy) {
      // Two statements: the second sees what was committed while the first waited.
      await database.use(LOCK, [POLICY_LOCK, policy]);
      const [row] = await database.read<{ count: number }>(COUNT, [policy]);
      return row?.count ?? 0;
    },
  };
}
