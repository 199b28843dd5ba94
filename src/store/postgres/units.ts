// Owns: units of work: one transaction a flow, begun late. Does not: know any table.

import { createDeferred } from '../../lib/deferred.js';
import { createFlowValue } from '../../lib/flow.js';
import type { UnitOfWork } from '../ports/index.js';
import { toStoreError } from './errors.js';
import type { Pool } from './pool.js';
import type { Db, RichQueries } from './rich-queries.js';
import type { Run } from './statement.js';
import { beginTransaction, type Deferred, type Transaction as PlainTransaction } from './transaction.js';

/** Undoes Prisma's transaction without being an error of anybody's. */
class RollbackSignal extends Error {}

interface Transaction extends PlainTransaction {
  /** Only where the unit was begun at once. */
  db?: Db;
}

export interface Unit {
  /** Something was locked, used up or asked to be in: from now on writes belong to the transaction. */
  begun: boolean;
  /** It has been kept or undone. */
  isOver: boolean;
  transaction?: Promise<Transaction>;
  /** Statements of one transaction run one after another, as its connection does. */
  tail: Promise<unknown>;
  /** Statements that wait for the next one, to go out with it. */
  deferred: Deferred[];
  /** What it has locked and found unused: that stays so until its end, or until it uses it. */
  held: Set<string>;
}

export interface Units extends UnitOfWork {
  current(): Unit | undefined;
  /** Runs `work` in the unit's transaction, which it opens if need be. */
  enqueue<T>(unit: Unit, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Adds a statement to the unit's transaction whose result nobody looks at. */
  defer(unit: Unit, deferred: Deferred): void;
  /** Runs `work` in a transaction of its own, kept unless it throws. */
  alone<T>(work: (run: Run) => Promise<T>): Promise<T>;
}

/** A transaction of Prisma's, held open until it is finished. */
function beginRich(rich: RichQueries): Promise<Transaction> {
  const opened = createDeferred<Transaction>();
  const decision = createDeferred<boolean>();
  const done = rich.transaction(async (db, run) => {
    const finish = async (commit: boolean, last: readonly Deferred[] = []) => {
      try {
        for (const { statement, values } of commit ? last : []) await run(statement, values);
      } catch (error) {
        decision.resolve(false);
        throw error;
      }
      decision.resolve(commit);
      await done.catch((error) => {
        if (!(error instanceof RollbackSignal)) throw error;
      });
    };
    opened.resolve({ run, db, finish });
    if (!(await decision.promise)) throw new RollbackSignal();
  });
  done.catch((error) => opened.reject(error));
  return opened.promise;
}

export function createUnits(pool: Pool, rich: RichQueries): Units {
  const storage = createFlowValue<Unit>();

  function open(unit: Unit): Promise<Transaction> {
    // Its connection is somebody else's by now.
    if (unit.isOver) throw new Error('the unit of work this belongs to is over');
    unit.begun = true;
    if (!unit.transaction) {
      unit.transaction = beginTransaction(pool);
      unit.transaction.catch(() => {});
    }
    return unit.transaction;
  }

  function enqueue<T>(unit: Unit, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const opened = open(unit);
    const before = unit.deferred.splice(0);
    const result = unit.tail.then(async () => {
      const transaction = await opened;
      const sent = before.map(({ statement, values }) => transaction.run(statement, values));
      const [value] = await Promise.all([work(transaction), ...sent]);
      return value;
    });
    unit.tail = result.catch(() => {});
    return result;
  }

  return {
    current: () => storage.current(),
    enqueue,

    defer(unit, deferred) {
      void open(unit);
      unit.deferred.push(deferred);
    },

    async alone(work) {
      const transaction = await beginTransaction(pool);
      let value: Awaited<ReturnType<typeof work>>;
      try {
        value = await work(transaction.run);
      } catch (error) {
        await transaction.finish(false).catch(() => {});
        throw error;
      }
      await transaction.finish(true);
      return value;
    },

    async run(work, { atOnce = false } = {}) {
      const unit: Unit = {
        begun: atOnce,
        isOver: false,
        tail: Promise.resolve(),
        deferred: [],
        held: new Set(),
      };
      if (atOnce) {
        unit.transaction = beginRich(rich);
        unit.transaction.catch(() => {});
      }
      let commit = false;
      try {
        const result = await storage.run(unit, work);
        if (result.commit) await unit.tail;
        // A single statement needs no transaction around it.
        if (result.commit && result.last) {
          if (unit.transaction) await storage.run(unit, result.last);
          else await result.last();
        }
        commit = result.commit;
        return result.value;
      } finally {
        await unit.tail;
        unit.isOver = true;
        await finish(unit, commit);
      }
    },
  };
}

async function finish({ transaction, deferred }: Unit, commit: boolean): Promise<void> {
  if (!transaction) return;
  try {
    await (await transaction).finish(commit, deferred);
  } catch (error) {
    // What could not be undone was never done: the connection is closed, and PostgreSQL drops it all.
    if (commit) throw toStoreError(error);
  }
}
