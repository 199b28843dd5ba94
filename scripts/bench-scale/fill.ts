// Years of use: users, and what they leave behind, written by PostgreSQL itself. Half of the artifacts has expired.
// None of it is anybody's who logs in: ids begin with a digit that no user of the benchmarks has.
import pg from 'pg';
import { liftIndexes } from './indexes.js';

export interface FillSize {
  /** Each with one consent and one grant. */
  users: number;
  artifacts: number;
}

const CLIENTS = 100;
/** Ids have eight digits; the first one is 3 or more. */
const FIRST_USER = 30_000_000;
export const MAX_USERS = 60_000_000;
/** The time over which the expired ones expired, and over which the others will. */
const SPAN_DAYS = 30;

const ROWS_AT_ONCE = 250_000;
const WRITERS = 2;
const SESSION_OPTIONS = '-c synchronous_commit=off -c maintenance_work_mem=512MB -c statement_timeout=0';

const TABLES = ['users', 'oauth_consent', 'oauth_grant', 'oauth_artifact'];

/** SQL for a key as the service makes them (SHA-256, base64url) of the SQL text `of`. */
const keyOf = (of: string) => `rtrim(translate(encode(sha256((${of})::bytea), 'base64'), '+/', '-_'), '=')`;
const userIdOf = (n: string) => `(${FIRST_USER} + ${n})::text`;
const clientIdOf = (n: string) => `'scale-' || (${n} % ${CLIENTS})`;
const grantIdOf = (n: string) => keyOf(`'grant ' || ${n}`);

const INSERT_CLIENTS = `
  INSERT INTO oauth_client (client_id, client_name, redirect_uris, allowed_grant_types, response_types)
  SELECT 'scale-' || n, 'Scale ' || n, '{https://rp.example/callback}', '{authorization_code}', '{code}'
  FROM generate_series(0, ${CLIENTS - 1}) AS n`;

// $1 and $2: the first and the last number.
const INSERT_USERS = `
  INSERT INTO users (id, name, email, phone, hashed_password, is_verified, is_active, avatar,
    language_preference)
  SELECT ${userIdOf('n')}, 'User ' || n, 'user-' || n || '@scale.example', '+44' || (7000000000 + n),
    '$2b$10$' || md5('a' || n) || left(md5('b' || n), 21), true, true,
    'https://cdn.example/avatars/' || n || '.jpg', 'zh_CN'
  FROM generate_series($1::int, $2::int) AS n`;

const INSERT_CONSENTS = `
  INSERT INTO oauth_consent (user_id, client_id, scopes, claims, granted_at, updated_at, last_used_at)
  SELECT ${userIdOf('n')}, ${clientIdOf('n')}, '{openid,profile,email}', '{}', now(), now(), now()
  FROM generate_series($1::int, $2::int) AS n`;

const INSERT_GRANTS = `
  INSERT INTO oauth_grant (id, user_id, client_id, scopes, claims, created_at, expires_at)
  SELECT ${grantIdOf('n')}, ${userIdOf('n')}, ${clientIdOf('n')}, '{openid,profile,email}', '{}', now(),
    now() + interval '1 day' + n % ${SPAN_DAYS} * interval '1 day'
  FROM generate_series($1::int, $2::int) AS n`;

// $3: how many of them have expired; $4: of how many users. Rows lie about in the order of their time, as they
// would: each is up to an hour away from its neighbour's.
const INSERT_ARTIFACTS = `
  INSERT INTO oauth_artifact (kind, key, payload, grant_id, created_at, expires_at)
  SELECT kind, key, jsonb_build_object('kind', kind, 'iat', iat, 'exp', iat + 3600, 'jti', reverse(key),
      'acr', 'urn:link2ur:acr:password', 'amr', '["pwd"]'::jsonb, 'authTime', iat, 'nonce', md5(key),
      'scope', 'openid profile email', 'grantId', grant_id, 'clientId', ${clientIdOf('owner')},
      'accountId', ${userIdOf('owner')}, 'sessionUid', reverse(grant_id), 'expiresWithSession', true,
      'redirectUri', 'https://rp.example/callback'),
    CASE WHEN kind <> 'Interaction' THEN grant_id END, expires_at - interval '1 hour', expires_at
  FROM (
    SELECT owner, key, expires_at, extract(epoch FROM expires_at)::bigint - 3600 AS iat,
      (ARRAY['AccessToken', 'AccessToken', 'AccessToken', 'AuthorizationCode', 'Interaction'])[1 + n % 5] AS kind,
      ${grantIdOf('owner')} AS grant_id
    FROM (
      SELECT n, 1 + n % $4::int AS owner, ${keyOf(`'artifact ' || n`)} AS key,
        now() + CASE WHEN n <= $3::int THEN -interval '1 day' ELSE interval '1 day' END
          + (n - $3::int) * (interval '${SPAN_DAYS} days' / $3::int)
          + (n * 7919::bigint) % 3600 * interval '1 second' AS expires_at
      FROM generate_series($1::int, $2::int) AS n) AS rows) AS named`;

async function withPool(config: pg.PoolConfig, work: (pool: pg.Pool) => Promise<unknown>): Promise<void> {
  const pool = new pg.Pool(config);
  // What fails is told by the query that fails.
  pool.on('error', () => {});
  await work(pool).finally(() => pool.end());
}

/** Runs `sql` for the numbers 1 to `count`, several parts of them at once. */
async function insert(pool: pg.Pool, sql: string, count: number, more: number[] = []): Promise<void> {
  const starts = Array.from({ length: Math.ceil(count / ROWS_AT_ONCE) }, (_, part) => part * ROWS_AT_ONCE);
  await Promise.all(
    starts.map((start) =>
      pool.query(sql, [start + 1, Math.min(start + ROWS_AT_ONCE, count), ...more].map(String)),
    ),
  );
}

/** Brings the planner's figures, and what else it needs to know, up to date. */
export async function vacuum(connectionString: string): Promise<void> {
  await withPool({ connectionString, max: 1 }, (pool) => pool.query('VACUUM (ANALYZE)'));
}

/** Adds `size` to the migrated database at `connectionString`; a `vacuum` should follow. */
export async function fillDatabase(
  connectionString: string,
  { users, artifacts }: FillSize,
  say: (what: string) => void = () => {},
): Promise<void> {
  await withPool({ connectionString, max: WRITERS, options: SESSION_OPTIONS }, async (pool) => {
    const putBack = await liftIndexes(pool, TABLES);
    await pool.query(INSERT_CLIENTS);
    say(`${users} users, consents and grants`);
    for (const sql of [INSERT_USERS, INSERT_CONSENTS, INSERT_GRANTS]) await insert(pool, sql, users);
    say(`${artifacts} artifacts`);
    await insert(pool, INSERT_ARTIFACTS, artifacts, [Math.ceil(artifacts / 2), users]);
    say('indexes');
    await putBack();
  });
}
