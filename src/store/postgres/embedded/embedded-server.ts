// Owns: the embedded database as one thing that opens and closes: lock, engine, socket, in this order.
// Does not: know tables or migrations; whoever uses it connects with the ordinary `pg` driver.
import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { type Closable, createLifecycle } from '../../../lib/lifecycle.js';
import { openDatabaseFolder } from './database-folder.js';
import { type EmbeddedConnection, embeddedConnection } from './embedded-connection.js';
import { isErrno } from './errno.js';
import { openFolderLock } from './folder-lock.js';
import { openProtocolServer, type ProtocolServerStats } from './protocol-server.js';

export interface EmbeddedServerOptions {
  /** The data folder; made if need be, and nobody else's to read. */
  dataDir: string;
  /** How long opening may take, in milliseconds; the first start ever takes seconds. Default 60000. */
  startTimeoutMs?: number;
  /** Whether a commit waits for the disk. Without it a power cut may lose the folder. Default true. */
  fsync?: boolean;
  /** How long a client may sit in a transaction, in milliseconds. Default 15000. */
  idleInTransactionMs?: number;
  /** Told once when the engine has stopped: the process should exit, the next start recovers. */
  onError?(error: unknown): void;
}

export interface EmbeddedServer extends Closable {
  readonly socketDir: string;
  readonly connection: EmbeddedConnection;
  stats(): ProtocolServerStats;
}

/**
 * Opens the embedded database of `dataDir` and offers it on the socket in `<dataDir>/run`.
 * @throws {FolderLockedError} when another live process has it open
 * @throws {ConfigError} when the folder's path is too long for a Unix socket
 */
export async function openEmbeddedServer({
  dataDir,
  startTimeoutMs = 60_000,
  fsync = true,
  idleInTransactionMs = 15_000,
  onError = () => undefined,
}: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const folder = resolve(dataDir);
  const connection = embeddedConnection(folder);
  const lifecycle = createLifecycle();
  try {
    await makePrivate(folder);
    lifecycle.add(await openFolderLock(connection.host));
    const opening = openDatabaseFolder(join(folder, 'pg'), { fsync });
    // Registered before it is open: after a time-out PGlite may still be at work in the folder, so the lock
    // must stay until it is done and closed, however long that takes.
    lifecycle.onClose(() => opening.then(closeDatabase, () => undefined));
    const db = await withTimeout(opening, startTimeoutMs);
    const path = join(connection.host, `.s.PGSQL.${connection.port}`);
    const server = lifecycle.add(await openProtocolServer({ db, path, idleInTransactionMs, onError }));
    return {
      socketDir: connection.host,
      connection,
      stats: () => server.stats(),
      close: () => lifecycle.close(),
    };
  } catch (error) {
    const closed = lifecycle.close();
    if (error instanceof StartTimeoutError) closed.catch(onError);
    else await closed;
    throw error;
  }
}

/** The embedded database did not open in time. */
export class StartTimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`the embedded database did not open within ${timeoutMs} ms; is the disk full?`);
    this.name = 'StartTimeoutError';
  }
}

async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await chmod(folder, 0o700);
  } catch (error) {
    // A mounted volume may belong to root. What is inside is private all the same.
    if (!isErrno(error, 'EPERM')) throw error;
  }
}

async function closeDatabase(db: PGlite): Promise<void> {
  if (!db.closed) await db.close();
}

function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StartTimeoutError(timeoutMs)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
