// Owns: one transaction on one connection, and the truth about how it ended. Does not: know units of work.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Pool } from './pool.js';
import { type Run, type Statement, statement, unprepared, type Value } from './statement.js';

const BEGIN = unprepared('BEGIN');
const COMMIT = unprepared('COMMIT');
const ROLLBACK = unprepared('ROLLBACK');
const STATUS = statement('transaction_status', 'SELECT pg_xact_status($1::text::xid8) AS status');

/** How long the fate of a transaction is asked for whose COMMIT was not answered. */
const STATUS_MS = { pause: 100, inAll: 3_000 };

/** A statement whose result nobody looks at: it succeeds, or fails the transaction. */
export interface Deferred {
  /** By which it can be recalled. */
  name?: string | undefined;
  statement: Statement;
  values: readonly Value[];
}

export interface Transaction {
  run: Run;
  /** Ends it, after the statements in `last`; when it cannot be kept, it is undone and this throws. */
  finish(commit: boolean, last?: readonly Deferred[]): Promise<void>;
}

/**
 * Whether PostgreSQL kept the transaction after all. Asked until it says so: what broke the connection may keep it from
 * answering for a moment. False when nobody can tell by then.
 */
async function wasCommitted(pool: Pool, xid: string): Promise<boolean> {
  const until = performance.now() + STATUS_MS.inAll;
  do {
    const answer = await pool.run<{ status: string | null }>(STATUS, [xid]).catch(() => undefined);
    const status = answer?.rows[0]?.status;
    // While the broken connection is still being noticed over there, it is "in progress".
    if (answer && status !== 'in progress') return status === 'committed';
    await delay(STATUS_MS.pause);
  } while (performance.now() < until);
  return false;
}

/**
 * Begins a transaction on a connection of the pool. What is asked of it at once goes out together: BEGIN with the
 * first statement, the last statements with COMMIT. Every write to the socket spared is one wake-up less of
 * PostgreSQL, which costs more than the statement.
 */
export async function beginTransaction(pool: Pool): Promise<Transaction> {
  const connection = await pool.take();
  let isBroken = false;
  /** Its id, once a statement has told it. */
  let xid: string | undefined;

  async function send<Row>(sql: Statement, values: readonly Value[]) {
    try {
      const result = await connection.run<Row>(sql, values);
      xid ??= (result.rows[0] as { xid?: string } | undefined)?.xid;
      return result;
    } catch (error) {
      // No answer of PostgreSQL's, so nobody knows where this connection is. Closing it undoes everything.
      if (!(error instanceof pg.DatabaseError)) isBroken = true;
      throw error;
    }
  }

  const begun = send(BEGIN, []).catch((error) => {
    // What has gone out after it was part of no transaction: there is no going on with this connection.
    isBroken = true;
    throw error;
  });
  begun.catch(() => {});
  const run: Run = async <Row>(sql: Statement, values: readonly Value[]) => {
    const [result] = await Promise.all([send<Row>(sql, values), begun]);
    return result;
  };

  async function commit(last: readonly Deferred[]): Promise<void> {
    if (isBroken) throw new Error('the transaction is lost with its connection');
    try {
      const sent = last.map(({ statement: sql, values }) => run(sql, values));
      // The first that fails says why; the COMMIT after it then undoes everything.
      const [{ command }] = await Promise.all([run(COMMIT, []), ...sent]);
      // PostgreSQL answers the COMMIT of a transaction that has failed with ROLLBACK.
      if (command === 'ROLLBACK') throw new Error('the transaction was rolled back');
    } catch (error) {
      // The answer is missing, not necessarily the commit. Saying it failed when it did not costs a login.
      const isKept = isBroken && xid !== undefined && (await wasCommitted(pool, xid));
      if (!isKept) throw error;
    }
  }

  return {
    run,
    async finish(keep, last = []) {
      try {
        if (keep) await commit(last);
        else if (!isBroken) await run(ROLLBACK, []);
      } finally {
        connection.giveBack(isBroken);
      }
    },
  };
}
