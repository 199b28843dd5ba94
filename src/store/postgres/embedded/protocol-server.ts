// Owns: offering an open PGlite on a Unix socket to ordinary PostgreSQL clients.
// Does not: own the folder (the caller holds its lock) or the database (the caller closes it).
//
// PGlite has one backend session. Each connection gets its transactions, errors, statement names and portals
// to itself. What PostgreSQL keeps per session in SQL is shared by all: SET, temporary tables, LISTEN,
// advisory locks, PREPARE and DISCARD. An unnamed statement lasts until its Sync, or its transaction's end.
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Closable } from '../../../lib/lifecycle.js';
import { type Farewell, openProtocolConnection, type ProtocolConnection } from './protocol-connection.js';
import { createProtocolEngine, type RawDatabase } from './protocol-engine.js';
import { checkSocketPath } from './socket-path.js';
import { createTurnQueue } from './turn-queue.js';

export interface ProtocolServerOptions {
  /** An open PGlite that nobody else talks to. */
  db: RawDatabase;
  /** The socket's path; a file left there by a dead owner is replaced. */
  path: string;
  /** How long a client may sit in a transaction, in milliseconds, while others wait. Default 15000. */
  idleInTransactionMs?: number;
  /** How many clients at once. Default 50. */
  maxConnections?: number;
  /** Told once when the engine has stopped: nothing works until the database is opened again. */
  onError(error: unknown): void;
}

export interface ProtocolServerStats {
  /** Clients being served. */
  connections: number;
  /** Clients waiting for their turn. */
  waiting: number;
  /** Units carried out since the start. */
  units: number;
  /** Clients sent away for sitting in a transaction. */
  evicted: number;
}

export interface ProtocolServer extends Closable {
  stats(): ProtocolServerStats;
  /** Stops accepting, gives clients a moment to leave, ends those that stay, rolls back what is open. */
  close(): Promise<void>;
}

/** How long clients may take to leave by themselves when the server closes. */
const GOODBYE_MS = 200;

const SHUTTING_DOWN: Farewell = {
  code: '57P01',
  message: 'terminating connection due to administrator command',
};

/**
 * Starts serving.
 * @throws {ConfigError} when the path is too long for a Unix socket
 */
export async function openProtocolServer({
  db,
  path,
  idleInTransactionMs = 15_000,
  maxConnections = 50,
  onError,
}: ProtocolServerOptions): Promise<ProtocolServer> {
  checkSocketPath(path);
  const engine = await createProtocolEngine(db);
  const queue = createTurnQueue();
  const connections = new Map<Socket, ProtocolConnection>();
  const served = new Set<Socket>();
  let lastId = 0;
  let units = 0;
  let evicted = 0;
  let reported = false;
  let closing: Promise<void> | undefined;

  function admit(socket: Socket): Farewell | undefined {
    if (closing) return SHUTTING_DOWN;
    if (engine.isBroken()) return { code: '57P03', message: 'the database engine has stopped' };
    if (served.size >= maxConnections) return { code: '53300', message: 'sorry, too many clients already' };
    served.add(socket);
    return undefined;
  }

  function report(error: unknown): void {
    // Every open connection finds the engine broken in turn; one report is enough.
    if (!reported) onError(error);
    reported = true;
  }

  function serve(socket: Socket): void {
    lastId += 1;
    const connection = openProtocolConnection({
      socket,
      id: lastId,
      engine,
      queue,
      idleInTransactionMs,
      admit: () => admit(socket),
      onUnit() {
        units += 1;
      },
      onEvicted() {
        evicted += 1;
      },
      onBroken: report,
    });
    connections.set(socket, connection);
    socket.on('close', () => {
      connections.delete(socket);
      served.delete(socket);
    });
  }

  const server = createServer({ allowHalfOpen: true }, serve);
  await rm(path, { force: true });
  await listen(server, path);
  await chmod(path, 0o600);

  async function shutDown(): Promise<void> {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    // `pool.end()` of pg resolves before its goodbyes have arrived. A FATAL error to a client that is leaving
    // becomes an unhandled 'error' event in this very process.
    const hurry = new AbortController();
    await Promise.race([
      stopped,
      setTimeout(GOODBYE_MS, undefined, { signal: hurry.signal }).catch(() => {}),
    ]);
    hurry.abort();
    await queue.close();
    for (const connection of connections.values()) connection.end(SHUTTING_DOWN);
    await stopped;
    // Node says that the server is closed before it says so of the last socket.
    served.clear();
    if (!engine.isBroken()) await engine.rollBack();
  }

  return {
    stats: () => ({ connections: served.size, waiting: queue.waiting(), units, evicted }),
    close() {
      closing ??= shutDown();
      return closing;
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
