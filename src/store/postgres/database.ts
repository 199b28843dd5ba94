// Owns: how the stores reach PostgreSQL: statements, units of work, rich queries. Does not: know any table.
import type { PoolConfig } from 'pg';
import type { Closable } from '../../lib/lifecycle.js';
import type { UnitOfWork } from '../ports/index.js';
import { toStoreError } from './errors.js';
import { openPool, type Timeouts } from './pool.js';
import { createRichQueries, type Db } from './rich-queries.js';
import type { Result, Run, Statement, Value } from './statement.js';
import { createUnits, type Unit } from './units.js';

export type { Db } from './rich-queries.js';

type Values = readonly Value[];

export interface Database extends UnitOfWork, Closable {
  /** The rows a statement finds; inside a unit's transaction, as it sees them. */
  read<Row>(statement: Statement, values: Values): Promise<Row[]>;
  /** How many rows a statement changed; inside a unit that has begun, as part of it. */
  write(statement: Statement, values: Values): Promise<number>;
  /**
   * As write, for a statement whose result nobody looks at. In a unit that has begun it goes out with the next one
   * that is, at the latest with COMMIT: only then does it fail.
   */
  writeSoon(statement: Statement, values: Values): Promise<void>;
  /** Runs a statement that is part of no unit. Not for a flow that may hold a transaction: it could wait for itself. */
  alone<Row>(statement: Statement, values: Values): Promise<Result<Row>>;
  /** As write, with the rows that its RETURNING names. */
  writeReturning<Row>(statement: Statement, values: Values): Promise<Row[]>;
  /** As writeReturning, but begins the unit: for locking and single use. */
  use<Row>(statement: Statement, values: Values): Promise<Result<Row>>;
  /** Remembers that this flow's unit has locked something and found it unused. */
  hold(name: string): void;
  /** Whether it has. */
  isHeld(name: string): boolean;
  /**
   * Uses something up, once: `statement` changes one row unless it has been used. What is held goes out with the
   * next statement, for then nobody else can have used it.
   */
  useUp(name: string, statement: Statement, values: Values): Promise<boolean>;
  /** Takes back what useUp has been given under `name` if it has not gone out; its values. */
  recall(name: string): Values | undefined;
  /** Several statements, all or none: the unit's transaction if it has begun, else one of their own. */
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T>;
  /** Prisma's queries. They can be part only of a unit that was begun at once. */
  rich<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Whether this flow is in a unit that has begun. */
  isInUnit(): boolean;
  /** Begins the unit this flow is in, if any. */
  beginUnit(): void;
  /** Whether that unit has a transaction to commit. */
  hasTransaction(): boolean;
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** Opens a bounded pool of connections. Nothing is connected before the first query. */
export function openDatabase(connection: PoolConfig, timeouts: Timeouts): Database {
  const pool = openPool(connection, timeouts);
  const rich = createRichQueries(pool, timeouts);
  const units = createUnits(pool, rich);

  const run = <Row>(statement: Statement, values: Values, belongs: (unit: Unit) => boolean) =>
    guarded<Result<Row>>(() => {
      const unit = units.current();
      return unit && belongs(unit)
        ? units.enqueue(unit, (transaction) => transaction.run<Row>(statement, values))
        : pool.run<Row>(statement, values);
    });

  const use = <Row>(statement: Statement, values: Values) => run<Row>(statement, values, () => true);

  async function writeSoon(statement: Statement, values: Values, name?: string): Promise<void> {
    const unit = units.current();
    if (unit?.begun) units.defer(unit, { statement, values, name });
    else await guarded(() => pool.run(statement, values));
  }

  return {
    read: async (statement, values) =>
      (await run<never>(statement, values, (unit) => unit.transaction !== undefined && !unit.isOver)).rows,
    write: async (statement, values) => (await run(statement, values, (unit) => unit.begun)).count,
    writeSoon: (statement, values) => writeSoon(statement, values),
    hold(name) {
      units.current()?.held.add(name);
    },
    isHeld: (name) => units.current()?.held.has(name) === true,
    async useUp(name, statement, values) {
      if (!units.current()?.held.delete(name)) return (await use(statement, values)).count === 1;
      await writeSoon(statement, values, name);
      return true;
    },
    recall(name) {
      const deferred = units.current()?.deferred ?? [];
      const index = deferred.findIndex((one) => one.name === name);
      return index === -1 ? undefined : deferred.splice(index, 1)[0]?.values;
    },
    alone: (statement, values) => guarded(() => pool.run(statement, values)),
    writeReturning: async (statement, values) =>
      (await run<never>(statement, values, (unit) => unit.begun)).rows,
    use,

    transaction: (work) =>
      guarded(() => {
        const unit = units.current();
        return unit?.begun ? units.enqueue(unit, ({ run: inUnit }) => work(inUnit)) : units.alone(work);
      }),

    rich: (work) =>
      guarded(() => {
        const unit = units.current();
        if (!unit?.begun) return rich.query(work);
        return units.enqueue(unit, ({ db }) => {
          if (!db) throw new Error('this query can be part of a unit of work only if that was begun at once');
          return work(db);
        });
      }),

    isInUnit: () => units.current()?.begun === true,
    hasTransaction: () => units.current()?.transaction !== undefined,
    beginUnit() {
      const unit = units.current();
      if (unit) unit.begun = true;
    },

    run: (work, options) => units.run(work, options),

    async close() {
      await rich.close();
      await pool.close();
    },
  };
}
