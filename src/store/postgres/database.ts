// Owns: the connection to PostgreSQL through Prisma, units of work and time-outs. Does not: know any table.
import { AsyncLocalStorage } from 'node:async_hooks';
import { PrismaPg } from '@prisma/adapter-pg';
import type { PoolConfig } from 'pg';
import { createDeferred } from '../../lib/deferred.js';
import type { Closable } from '../../lib/lifecycle.js';
import type { UnitOfWork } from '../ports/index.js';
import { toStoreError } from './errors.js';
import { type Prisma, PrismaClient } from './generated/client.js';

const CONNECT_TIMEOUT_MS = 3_000;
const QUERY_TIMEOUT_MS = 8_000;
const TRANSACTION_TIMEOUT_MS = 15_000;

export type Db = Prisma.TransactionClient;

/** Undoes the transaction without being an error of anybody's. */
class RollbackSignal extends Error {}

interface Unit {
  transaction?: Promise<Db>;
  finish?: (commit: boolean) => Promise<void>;
  /** Queries of one transaction run one after another, as its connection does. */
  tail: Promise<unknown>;
}

export interface Database extends UnitOfWork, Closable {
  /** Runs one query; inside a unit that has begun, as part of it. */
  query<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** As query, but inside a unit this begins its transaction: for locking and single use. */
  queryInUnit<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Several queries, all or none: the unit's transaction if it has begun, else one of their own. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>;
}

/** Opens a bounded pool of connections. Nothing is connected before the first query. */
export function openDatabase(connection: PoolConfig): Database {
  const prisma = new PrismaClient({
    adapter: new PrismaPg({
      max: 10,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: 30_000,
      query_timeout: QUERY_TIMEOUT_MS,
      ...connection,
    }),
    errorFormat: 'minimal',
  });
  // Loads Prisma's query compiler now rather than at the first query. It connects to nothing yet.
  prisma.$connect().catch(() => {});
  const units = new AsyncLocalStorage<Unit>();

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  function begin(unit: Unit): Promise<Db> {
    const decision = createDeferred<boolean>();
    const opened = createDeferred<Db>();
    const done = prisma.$transaction(
      async (db) => {
        opened.resolve(db);
        if (!(await decision.promise)) throw new RollbackSignal();
      },
      { maxWait: CONNECT_TIMEOUT_MS, timeout: TRANSACTION_TIMEOUT_MS },
    );
    done.catch((error) => opened.reject(error));
    opened.promise.catch(() => {});
    unit.finish = async (commit) => {
      decision.resolve(commit);
      try {
        await done;
      } catch (error) {
        if (!(error instanceof RollbackSignal)) throw error;
      }
    };
    return opened.promise;
  }

  function enqueue<T>(unit: Unit, work: (db: Db) => Promise<T>): Promise<T> {
    const result = unit.tail.then(async () => work(await (unit.transaction as Promise<Db>)));
    unit.tail = result.catch(() => {});
    return result;
  }

  return {
    query: (work) =>
      guarded(() => {
        const unit = units.getStore();
        return unit?.transaction ? enqueue(unit, work) : work(prisma);
      }),

    queryInUnit: (work) =>
      guarded(() => {
        const unit = units.getStore();
        if (!unit) return work(prisma);
        unit.transaction ??= begin(unit);
        return enqueue(unit, work);
      }),

    transaction: (work) =>
      guarded(() => {
        const unit = units.getStore();
        if (unit?.transaction) return enqueue(unit, work);
        return prisma.$transaction(work, { maxWait: CONNECT_TIMEOUT_MS, timeout: TRANSACTION_TIMEOUT_MS });
      }),

    async run(work, { atOnce = false } = {}) {
      const unit: Unit = { tail: Promise.resolve() };
      if (atOnce) unit.transaction = begin(unit);
      let commit = false;
      try {
        const result = await units.run(unit, work);
        commit = result.commit;
        return result.value;
      } finally {
        await unit.tail;
        if (unit.finish) await guarded(async () => unit.finish?.(commit));
      }
    },

    close: () => prisma.$disconnect(),
  };
}
