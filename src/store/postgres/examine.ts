// Owns: looking at a database before anything is done with it: version, migrations, the site's table, its clock.
import pg, { type PoolConfig } from 'pg';
import { pendingMigrations } from './migrate.js';
import { checkUsersTable } from './users-table.js';

const TIMEOUT_MS = 5_000;

export interface DatabaseCondition {
  /** e.g. `16.2`. */
  version: string;
  major: number;
  pending: string[];
  /** What is wrong with the site's `users` table. */
  usersProblem: string | undefined;
  /** What its clock said, as near as can be told to the moment `askedAt` was taken at. */
  now: Date;
}

/** @throws whatever `pg` throws when it cannot be reached or used */
export async function examineDatabase(connection: PoolConfig): Promise<DatabaseCondition> {
  const pending = await pendingMigrations(connection);
  const client = new pg.Client({
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    ...connection,
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; number: number; now: Date }>(
      `SELECT current_setting('server_version') AS version,
         current_setting('server_version_num')::int AS number, clock_timestamp() AS now`,
    );
    const usersProblem = await checkUsersTable(client).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const { version = '', number = 0, now = new Date(0) } = rows[0] ?? {};
    return { version, major: Math.floor(number / 10_000), pending, usersProblem, now };
  } finally {
    await client.end();
  }
}
