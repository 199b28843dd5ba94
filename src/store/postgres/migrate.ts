// Owns: bringing a database up to date. Does not: write migrations (scripts/db-migrate).
import { readFile } from 'node:fs/promises';
import pg, { type PoolConfig } from 'pg';
import { AppError } from '../../lib/errors.js';
import { projectPath } from '../../lib/paths.js';
import { migrationNames } from './migration-names.js';
import { checkUsersTable } from './users-table.js';

/** Any number that nothing else in this database locks: 'l2um'. */
const MIGRATE_LOCK = 0x6c32756d;

/**
 * Prisma's own table of applied migrations. Made beforehand, because the engine refuses to begin in a
 * database that has other tables, and the site's database has.
 */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/** The `users` table of the site is not there, and nobody asked us to make one. */
export class UsersTableMissingError extends AppError {
  constructor() {
    super(
      'users_table_missing',
      500,
      'the database has no "users" table: it belongs to the Link²Ur site. Connect to the site\'s database, or make a table of its shape with: npm run db:deploy -- --create-users',
    );
  }
}

async function withClient<T>(connection: PoolConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionTimeoutMillis: 5_000, ...connection });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function tableExists(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS found', [name]);
  return rows[0].found;
}

async function pending(client: pg.Client): Promise<string[]> {
  const names = await migrationNames();
  if (!(await tableExists(client, '_prisma_migrations'))) return names;
  const { rows } = await client.query<{ migration_name: string }>(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  const applied = new Set(rows.map((row) => row.migration_name));
  return names.filter((name) => !applied.has(name));
}

/** The migrations on disk that the database has not had yet. */
export function pendingMigrations(connection: PoolConfig): Promise<string[]> {
  return withClient(connection, pending);
}

/**
 * Applies pending migrations; safe when several instances start at once (one applies, the rest wait).
 * @param createUsers make the external `users` table when it is missing
 * @returns the names applied
 * @throws UsersTableMissingError
 */
export function migrate(
  connection: PoolConfig,
  { createUsers }: { createUsers: boolean },
): Promise<string[]> {
  return withClient(connection, async (client) => {
    if ((await pending(client)).length === 0) {
      if (!createUsers) await checkUsersTable(client);
      return [];
    }
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATE_LOCK]);
    try {
      if ((await pending(client)).length === 0) return [];
      if (!(await tableExists(client, 'users'))) {
        if (!createUsers) throw new UsersTableMissingError();
        await client.query(await readFile(projectPath('prisma', 'users.sql'), 'utf8'));
      }
      if (!createUsers) await checkUsersTable(client);
      await client.query(MIGRATIONS_TABLE);
      // A start that was killed half way: a migration is one implicit transaction, so nothing of it remains.
      await client.query(
        'DELETE FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL',
      );
      // Loaded only here: it is large, and most starts have nothing to apply.
      const { openSchemaEngine } = await import('./schema-engine.js');
      const engine = await openSchemaEngine(connection);
      try {
        return await engine.applyMigrations();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message.split('\n', 5).join(' ') : String(cause);
        throw new AppError('migration_failed', 500, `a migration could not be applied: ${reason}`, { cause });
      } finally {
        await engine.close();
      }
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATE_LOCK]);
    }
  });
}
