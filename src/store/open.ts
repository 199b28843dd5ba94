// Owns: which database the configuration asks for, and its stores, opened and up to date.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PoolConfig } from 'pg';
import type { Config } from '../config/load.js';
import { AppError } from '../lib/errors.js';
import type { Closable } from '../lib/lifecycle.js';
import type { Stores } from './ports/index.js';
import type { PostgresStores } from './postgres/open.js';
import type { Timeouts } from './postgres/pool.js';

/** How long a server that is starting, stopping or migrating may take before sharing its database fails. */
const SHARE_TIMEOUT_MS = 60_000;
const SHARE_RETRY_MS = 250;

type DatabaseConfig = Pick<
  Config,
  'databaseUrl' | 'dataDir' | 'databasePoolMax' | 'redisUrl' | 'redisKeyPrefix'
>;

/**
 * A request that finds the database gone is answered within three seconds, whether it has to wait for a
 * connection, for an answer, or for one after the other. Only where a COMMIT was not answered is its fate asked
 * after for a few seconds more (postgres/transaction.ts).
 */
const SERVER_TIMEOUTS: Timeouts = { connectMs: 1_000, queryMs: 1_800 };
/** PGlite has one session: the last of many at once waits for all others, and there is no other to turn to. */
const EMBEDDED_TIMEOUTS: Timeouts = { connectMs: 3_000, queryMs: 8_000 };
/** The server gives up what nobody waits for any more, and what a frozen process holds. */
const SERVER_LIMITS = { statement_timeout: 2_500, idle_in_transaction_session_timeout: 15_000 };

export interface OpenOptions {
  /**
   * When another process has the embedded database open, use it through that process instead of failing.
   * For short-lived tools: what is opened so dies with the other process.
   */
  shareRunning?: boolean;
  /** Change nothing: fail when migrations are pending instead of applying them. */
  readOnly?: boolean;
  /** Told once when the embedded engine has stopped for good: the process should end; the next start recovers. */
  onFatal?(error: unknown): void;
}

export interface OpenedConnection extends Closable {
  connection: PoolConfig;
  isEmbedded: boolean;
  /** Whether the embedded database is another process's; it may not accept connections yet, or any more. */
  isShared: boolean;
}

/**
 * The PostgreSQL at DATABASE_URL, or the embedded one in the data folder.
 * @throws AppError with code FOLDER_LOCKED when another process has the embedded database open, unless it is shared
 */
export async function openConnection(
  { databaseUrl, dataDir }: DatabaseConfig,
  { shareRunning = true, onFatal }: OpenOptions = {},
): Promise<OpenedConnection> {
  const other = { isShared: false, close: async () => {} };
  if (databaseUrl !== undefined) {
    return { ...other, connection: { connectionString: databaseUrl }, isEmbedded: false };
  }
  // Loaded only here: a server with a PostgreSQL of its own has no use for one in its memory.
  const { FOLDER_LOCKED, openEmbeddedThread } = await import('./postgres/embedded/embedded-thread.js');
  try {
    const { connection, close } = await openEmbeddedThread({ dataDir, ...(onFatal && { onError: onFatal }) });
    return { connection: { ...connection }, isEmbedded: true, isShared: false, close };
  } catch (error) {
    if (!shareRunning || !(error instanceof AppError && error.code === FOLDER_LOCKED)) throw error;
    const { embeddedConnection } = await import('./postgres/embedded/embedded-connection.js');
    return { ...other, connection: { ...embeddedConnection(dataDir) }, isEmbedded: true, isShared: true };
  }
}

function notUpToDate(): AppError {
  const hint = 'start the server once, or run: npm run db:deploy';
  return new AppError(
    'database_not_ready',
    500,
    `the database is not there yet or has migrations pending; ${hint}`,
  );
}

/** How the stores reach the database; known before it is open. */
async function connectionTo({ databaseUrl, dataDir, databasePoolMax }: DatabaseConfig): Promise<PoolConfig> {
  const pool = databasePoolMax === undefined ? {} : { max: databasePoolMax };
  // PGlite has no timers to interrupt a statement with; there only the client's time-outs apply.
  if (databaseUrl !== undefined) return { connectionString: databaseUrl, ...SERVER_LIMITS, ...pool };
  const { embeddedConnection } = await import('./postgres/embedded/embedded-connection.js');
  return { ...embeddedConnection(dataDir), ...pool };
}

/** Loads the code that talks to the database, while the embedded one opens in its thread. */
async function loadCode(config: DatabaseConfig) {
  const [migrate, { openPostgresStores }, { migrationNames }, connection] = await Promise.all([
    import('./postgres/migrate.js'),
    import('./postgres/open.js'),
    import('./postgres/migration-names.js'),
    connectionTo(config),
  ]);
  const timeouts = config.databaseUrl === undefined ? EMBEDDED_TIMEOUTS : SERVER_TIMEOUTS;
  return { ...migrate, stores: openPostgresStores(connection, { timeouts, migrations: migrationNames }) };
}

type Code = Awaited<ReturnType<typeof loadCode>>;

/** Brings the database up to date; false while the process that owns it has not done so. */
async function makeReady(
  { connection, isEmbedded, isShared }: OpenedConnection,
  code: Code,
  readOnly: boolean,
): Promise<boolean> {
  if (readOnly && !isShared && (await code.pendingMigrations(connection)).length > 0) throw notUpToDate();
  if (!isShared) {
    await code.migrate(connection, { createUsers: isEmbedded });
    return true;
  }
  try {
    // Only the owner migrates: PGlite has one session, in which the migrations' lock keeps nobody out.
    return (await code.pendingMigrations(connection)).length === 0;
  } catch (error) {
    // Its socket is not there yet, or not any more.
    const { code: errno = '', message } = error as NodeJS.ErrnoException;
    if (/^(ENOENT|ECONNREFUSED|ECONNRESET|EPIPE)$/.test(errno)) return false;
    if (/connection terminated/i.test(message)) return false;
    throw error;
  }
}

/** Puts caches, and Redis if there is one, in front of PostgreSQL. */
async function withRedisAndCaches(
  postgres: PostgresStores,
  { databaseUrl, redisUrl, redisKeyPrefix }: DatabaseConfig,
): Promise<Stores> {
  const { addCaches } = await import('./cache/cached-stores.js');
  if (databaseUrl === undefined) return addCaches(postgres);
  if (redisUrl === undefined) {
    const { createPostgresChangeBus } = await import('./postgres/change-bus.js');
    const bus = createPostgresChangeBus({ connectionString: databaseUrl }, postgres.unitOfWork);
    return addCaches(postgres, bus);
  }
  const [{ openRedis }, { addRedis }, { createRedisChangeBus }] = await Promise.all([
    import('./redis/client.js'),
    import('./redis/open.js'),
    import('./redis/change-bus.js'),
  ]);
  const client = await openRedis(redisUrl);
  const cached = addCaches(postgres, createRedisChangeBus(client, redisKeyPrefix));
  return addRedis({ client, prefix: redisKeyPrefix, postgres: cached });
}

/** The stores of an opened database; undefined when its owner is not ready, and then it is closed again. */
async function storesOf(
  opened: OpenedConnection,
  code: Code,
  { readOnly, config }: { readOnly: boolean; config: DatabaseConfig },
): Promise<Stores | undefined> {
  const { close } = opened;
  try {
    if (!(await makeReady(opened, code, readOnly))) return undefined;
    const stores = await withRedisAndCaches(code.stores, config);
    return {
      ...stores,
      async close() {
        await stores.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The stores of that database. Pending migrations are applied first, by the process that owns it.
 * @throws AppError as openConnection does
 * @throws AppError when a shared database's owner did not become ready
 */
export async function openStores(config: DatabaseConfig, options: OpenOptions = {}): Promise<Stores> {
  const { readOnly = false } = options;
  // Opening a folder that holds no database would make one.
  if (readOnly && config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'pg'))) {
    throw notUpToDate();
  }
  const open = () => openConnection(config, { shareRunning: false, ...options });
  const opening = open();
  opening.catch(() => {});
  const code = await loadCode(config);
  try {
    let stores = await storesOf(await opening, code, { readOnly, config });
    for (let waited = 0; !stores && waited < SHARE_TIMEOUT_MS; waited += SHARE_RETRY_MS) {
      await delay(SHARE_RETRY_MS);
      stores = await storesOf(await open(), code, { readOnly, config });
    }
    if (stores) return stores;
    throw new AppError('database_not_ready', 503, 'the process that has the database open does not answer');
  } catch (error) {
    await code.stores.close();
    throw error;
  }
}
