// Owns: oauth_client and oauth_client_secret. The guarantees are on the port.
import type { ClientStore, SealedSecret } from '../ports/index.js';
import { CLIENT_COLUMNS, type ClientRow, toRow, toStored } from './client-rows.js';
import type { Database } from './database.js';
import type { Prisma } from './generated/client.js';
import { type Statement, statement } from './statement.js';

const BATCH = 1_000;

const FIND = statement(
  'client_find',
  `SELECT ${CLIENT_COLUMNS}
   FROM oauth_client c WHERE c.client_id = $1`,
);
// What only refers to the client (a login saves a grant) need not wait.
const LOCK = statement(
  'client_lock',
  'SELECT c.client_id FROM oauth_client c WHERE c.client_id = $1 FOR NO KEY UPDATE',
);
// Clients are few: no index would be quicker than looking at them.
const LIST = statement(
  'client_list',
  `SELECT ${CLIENT_COLUMNS}
   FROM oauth_client c
   WHERE ($1::text IS NULL OR c.client_id COLLATE "C" > $1::text)
     AND ($2::text IS NULL OR strpos(lower(c.client_id), lower($2::text)) > 0
       OR strpos(lower(c.client_name), lower($2::text)) > 0)
     AND ($3::boolean IS NULL OR c.is_active = $3::boolean)
     AND ($4::boolean IS NULL OR c.is_confidential = $4::boolean)
     AND ($5::text IS NULL OR $5::text = ANY (c.allowed_grant_types))
   ORDER BY c.client_id COLLATE "C" LIMIT $6::int`,
);
const RESPONSE_TYPES = statement(
  'client_response_types',
  'SELECT DISTINCT unnest(c.response_types) AS type FROM oauth_client c WHERE c.is_active',
);
const EXPIRE_SECRETS = statement(
  'client_secrets_expire',
  `UPDATE oauth_client_secret SET expires_at = $2::timestamptz
   WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2::timestamptz)`,
);
const DELETE_SECRETS = statement(
  'client_secrets_delete',
  'DELETE FROM oauth_client_secret WHERE client_id = $1 AND id = ANY ($2::text[]::int[])',
);
const TOUCH_SECRETS = statement(
  'client_secrets_touch',
  `UPDATE oauth_client_secret SET last_used_at = $2::timestamptz
   WHERE id = ANY ($1::text[]::int[]) AND (last_used_at IS NULL OR last_used_at < $2::timestamptz)`,
);
const LIST_SEALED = statement(
  'client_secrets_sealed',
  `SELECT id, client_id AS "clientId", secret_hash AS "secretHash", secret_sealed AS sealed
   FROM oauth_client_secret WHERE secret_sealed IS NOT NULL ORDER BY id`,
);
const RESEAL = statement(
  'client_secret_reseal',
  'UPDATE oauth_client_secret SET secret_sealed = $3 WHERE id = $1::int AND secret_sealed = $2',
);
const IS_IN_USE = statement(
  'client_is_in_use',
  `SELECT EXISTS (SELECT FROM oauth_consent WHERE client_id = $1) OR EXISTS (
     SELECT FROM oauth_grant WHERE client_id = $1 AND revoked_at IS NULL AND expires_at > $2::timestamptz) AS used`,
);
// Tokens before their grants: a token request holds first the one, then the other.
const CLEAR_TOKENS = statement(
  'client_clear_refresh_tokens',
  `DELETE FROM oauth_refresh_token WHERE key IN (SELECT r.key FROM oauth_refresh_token r
     JOIN oauth_grant g ON g.id = r.grant_id WHERE g.client_id = $1 LIMIT ${BATCH})`,
);
const CLEAR_GRANTS = statement(
  'client_clear_grants',
  `DELETE FROM oauth_grant WHERE id IN (SELECT id FROM oauth_grant WHERE client_id = $1 LIMIT ${BATCH})`,
);
const CLEAR_CONSENTS = statement(
  'client_clear_consents',
  `DELETE FROM oauth_consent WHERE client_id = $1 AND user_id IN (
     SELECT user_id FROM oauth_consent WHERE client_id = $1 LIMIT ${BATCH})`,
);
const DELETE = statement('client_delete', 'DELETE FROM oauth_client WHERE client_id = $1');

export function createClientStore(database: Database): ClientStore {
  async function find(clientId: string) {
    const [row] = await database.read<ClientRow>(FIND, [clientId]);
    return row && toStored(row);
  }

  async function untilNone(batch: Statement, clientId: string): Promise<number> {
    let total = 0;
    for (;;) {
      const count = await database.write(batch, [clientId]);
      total += count;
      if (count < BATCH) return total;
    }
  }

  return {
    find,
    findStored: find,

    async findForUpdate(clientId) {
      // Two statements: the second sees what was committed while the first waited, the secrets included.
      await database.use(LOCK, [clientId]);
      return find(clientId);
    },

    async list({ q, isActive, isConfidential, grantType }, { after, limit }) {
      const values = [after, q, isActive, isConfidential, grantType, limit];
      return (await database.read<ClientRow>(LIST, values)).map(toStored);
    },

    async responseTypes() {
      const rows = await database.read<{ type: string }>(RESPONSE_TYPES, []);
      return rows.map(({ type }) => type);
    },

    async create(client) {
      const data = { clientId: client.client_id, ...toRow(client) };
      const { count } = await database.rich((db) =>
        db.client.createMany({ data: [data], skipDuplicates: true }),
      );
      return count === 1;
    },

    async save(client) {
      const row = toRow(client);
      await database.rich((db) =>
        db.client.upsert({
          where: { clientId: client.client_id },
          create: { clientId: client.client_id, ...row },
          update: row as Prisma.ClientUncheckedUpdateInput,
        }),
      );
    },

    async addSecret(clientId, { secretHash, sealed = null, label = null, expiresAt = null }) {
      await database.rich((db) =>
        db.clientSecret.create({ data: { clientId, secretHash, secretSealed: sealed, label, expiresAt } }),
      );
    },

    async replaceSecrets(clientId, secretHash, sealed) {
      // One statement of Prisma's, so whole or not at all, in a unit or out of one.
      await database.rich((db) =>
        db.client.update({
          where: { clientId },
          data: { secrets: { deleteMany: {}, create: { secretHash, secretSealed: sealed ?? null } } },
        }),
      );
    },

    async expireSecrets(clientId, at) {
      await database.write(EXPIRE_SECRETS, [clientId, at]);
    },

    async deleteSecrets(clientId, ids) {
      await database.write(DELETE_SECRETS, [clientId, ids.map(String)]);
    },

    async touchSecrets(ids, at) {
      await database.alone(TOUCH_SECRETS, [ids.map(String), at]);
    },

    listSealedSecrets: () => database.read<SealedSecret>(LIST_SEALED, []),

    async replaceSealedSecret({ id }, from, to) {
      return (await database.write(RESEAL, [String(id), from, to])) === 1;
    },

    async isInUse(clientId, now) {
      const [row] = await database.read<{ used: boolean }>(IS_IN_USE, [clientId, now]);
      return row?.used === true;
    },

    async clear(clientId) {
      const refreshTokens = await untilNone(CLEAR_TOKENS, clientId);
      const grants = await untilNone(CLEAR_GRANTS, clientId);
      const consents = await untilNone(CLEAR_CONSENTS, clientId);
      return { refreshTokens, grants, consents };
    },

    delete: async (clientId) => (await database.write(DELETE, [clientId])) === 1,
  };
}
