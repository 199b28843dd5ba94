// Owns: the bounded pool of connections to PostgreSQL, its time-outs, and running a statement on one of them.
import { Socket } from 'node:net';
import pg, { type PoolConfig } from 'pg';
import type { Closable } from '../../lib/lifecycle.js';
import type { Run, Statement, Value } from './statement.js';

/** How long a store call may take before it counts as "the database cannot answer", in milliseconds. */
export interface Timeouts {
  /** Getting a connection: from the pool, or a new one. */
  connectMs: number;
  /** One statement's answer. */
  queryMs: number;
}

export interface Pool extends Closable {
  /** Runs one statement on any connection. */
  run: Run;
  /** A connection for several statements; it must be given back. */
  take(): Promise<{ run: Run; giveBack(isBroken: boolean): void }>;
  /** For Prisma, which shares the connections. */
  pg: pg.Pool;
}

/** `timestamp` without a zone is UTC, whatever zone this process runs in: so Prisma, and so the site, writes it. */
const TIMESTAMP = 1114;
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === TIMESTAMP) return (value: string) => new Date(`${value.replace(' ', 'T')}Z`);
    return pg.types.getTypeParser(oid, format as 'text');
  },
} as pg.CustomTypesConfig;

/** The query `pg` would make of { name, text, values } itself, but for its deep copy of them. */
function queryOf({ name, text }: Statement, values: readonly Value[]): pg.Query {
  return Object.assign(new pg.Query(text, values as unknown[]), { name });
}

/** The part of `pg`'s clients and of its pool that takes a query object and calls back. */
interface Queryable {
  query(query: pg.Query, values: undefined, done: (error: unknown, result: pg.QueryResult) => void): void;
}

function runner(client: Queryable): Run {
  return async (statement: Statement, values: readonly Value[]) => {
    try {
      const { rows, rowCount, command } = await new Promise<pg.QueryResult>((resolve, reject) => {
        const done = (error: unknown, result: pg.QueryResult) => (error ? reject(error) : resolve(result));
        client.query(queryOf(statement, values), undefined, done);
      });
      return { rows, count: rowCount ?? 0, command };
    } catch (error) {
      // From the socket's point of view nobody asked: from here on it can be seen who did.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  };
}

type Written = (error?: Error | null) => void;

/** Statements sent in one turn of the event loop go out in one write. */
class GatheringSocket extends Socket {
  override write(chunk: unknown, encoding?: BufferEncoding | Written, done?: Written): boolean {
    // `pg` itself corks only prepared statements.
    if (this.writableCorked === 0) {
      this.cork();
      this.uncork();
    }
    return super.write(chunk as string, encoding as BufferEncoding, done);
  }

  override uncork(): void {
    process.nextTick(() => super.uncork());
  }
}

/** A pool of at most `connection.max` connections. Nothing is connected before the first statement. */
export function openPool(connection: PoolConfig, { connectMs, queryMs }: Timeouts): Pool {
  const pool = new pg.Pool({
    max: 10,
    idleTimeoutMillis: 30_000,
    ...connection,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
    // A statement need not wait for the answer to the one before.
    pipeline: true,
    stream: () => new GatheringSocket(),
    types,
  });
  // An idle connection that breaks is replaced when the next one is needed.
  pool.on('error', () => {});
  return {
    run: runner(pool as unknown as Queryable),
    async take() {
      const client = await pool.connect();
      // Between two statements a broken connection has nobody to tell; the next statement will fail.
      const ignore = () => {};
      client.on('error', ignore);
      return {
        run: runner(client as unknown as Queryable),
        giveBack(isBroken) {
          client.off('error', ignore);
          client.release(isBroken);
        },
      };
    },
    pg: pool,
    close: () => pool.end(),
  };
}
