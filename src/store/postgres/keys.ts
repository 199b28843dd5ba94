// Owns: oauth_signing_key and oauth_cookie_key.
import type { JsonObject, KeyPurpose, KeyRecord, KeyState, KeyStore } from '../ports/index.js';
import type { Database } from './database.js';
import { type Statement, statement } from './statement.js';

/** Any number that nothing else in this database locks: 'l2uk'. */
export const KEYS_LOCK = 0x6c32756b;

interface KeyRow {
  kid: string;
  alg: string;
  state: KeyState;
  public_jwk: JsonObject | null;
  private_sealed: string | null;
  created_at: Date;
  activates_at: Date | null;
  activated_at: Date | null;
  retired_at: Date | null;
  gone_at: Date | null;
  revoked_at: Date | null;
}

const DATES = 'activates_at, activated_at, retired_at, gone_at, revoked_at';

interface KeyTable {
  list: Statement;
  add: Statement;
  change: Statement;
  replaceSealed: Statement;
}

/** The statements of one table; `own` are the columns that only it has. */
function keyTable(
  name: string,
  { own, read, values }: { own: string; read: string; values: string },
): KeyTable {
  const table = `oauth_${name}`;
  return {
    list: statement(
      `${name}_list`,
      `SELECT kid, ${read}, state, private_sealed, created_at, ${DATES} FROM ${table} ORDER BY created_at, kid`,
    ),
    add: statement(
      `${name}_add`,
      `INSERT INTO ${table} (kid, state, private_sealed, created_at, ${DATES}${own})
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9${values})`,
    ),
    change: statement(
      `${name}_change`,
      `UPDATE ${table} SET state = $3::text,
         private_sealed = CASE WHEN $3::text = 'gone' THEN NULL ELSE private_sealed END,
         activates_at = coalesce($4::timestamptz, activates_at), activated_at = coalesce($5::timestamptz, activated_at),
         retired_at = coalesce($6::timestamptz, retired_at), gone_at = coalesce($7::timestamptz, gone_at),
         revoked_at = coalesce($8::timestamptz, revoked_at)
       WHERE kid = $1 AND state = $2`,
    ),
    replaceSealed: statement(
      `${name}_replace_sealed`,
      `UPDATE ${table} SET private_sealed = $3 WHERE kid = $1 AND private_sealed = $2`,
    ),
  };
}

const TABLES: Record<KeyPurpose, KeyTable> = {
  token: keyTable('signing_key', {
    own: ', alg, public_jwk',
    read: 'alg, public_jwk',
    values: ', $10, $11::jsonb',
  }),
  cookie: keyTable('cookie_key', { own: '', read: `'HMAC' AS alg, NULL::jsonb AS public_jwk`, values: '' }),
};

const LOCK = statement('keys_lock', 'SELECT pg_advisory_xact_lock($1)::text');

const toRecord =
  (purpose: KeyPurpose) =>
  (row: KeyRow): KeyRecord => ({
    kid: row.kid,
    purpose,
    alg: row.alg,
    state: row.state,
    publicJwk: row.public_jwk ?? undefined,
    privateSealed: row.private_sealed ?? undefined,
    createdAt: row.created_at,
    activatesAt: row.activates_at ?? undefined,
    activatedAt: row.activated_at ?? undefined,
    retiredAt: row.retired_at ?? undefined,
    goneAt: row.gone_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  });

export function createKeyStore(database: Database): KeyStore {
  const listOf = async (purpose: KeyPurpose) =>
    (await database.read<KeyRow>(TABLES[purpose].list, [])).map(toRecord(purpose));

  return {
    async list() {
      // One after the other: where connections are scarce, a start needs no second one for this.
      const tokens = await listOf('token');
      return [...tokens, ...(await listOf('cookie'))].sort(
        (a, b) => a.createdAt.getTime() - b.createdAt.getTime(),
      );
    },
    async lock() {
      await database.use(LOCK, [KEYS_LOCK]);
    },
    async add({ purpose, publicJwk, ...key }) {
      const own = purpose === 'token' ? [key.alg, JSON.stringify(publicJwk)] : [];
      await database.write(TABLES[purpose].add, [
        key.kid,
        key.state,
        key.privateSealed,
        key.createdAt,
        key.activatesAt,
        key.activatedAt,
        key.retiredAt,
        key.goneAt,
        key.revokedAt,
        ...own,
      ]);
    },
    async change({ kid, purpose, state }, to, dates) {
      const { activatesAt, activatedAt, retiredAt, goneAt, revokedAt } = dates;
      const values = [kid, state, to, activatesAt, activatedAt, retiredAt, goneAt, revokedAt];
      return (await database.write(TABLES[purpose].change, values)) === 1;
    },
    async replaceSealed({ kid, purpose }, from, to) {
      return (await database.write(TABLES[purpose].replaceSealed, [kid, from, to])) === 1;
    },
    // What this process hears of changes, the caches hear (store/cache).
    subscribe: () => () => {},
  };
}
