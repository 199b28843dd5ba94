// Owns: one transaction on one connection, and the truth about how it ended. Does not: know units of work.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Pool } from './pool.js';
import { type Run, statement } from './statement.js';

const BEGIN = statement('begin', 'BEGIN');
const COMMIT = statement('commit', 'COMMIT');
const ROLLBACK = statement('rollback', 'ROLLBACK');
const STATUS = statement('transaction_status', 'SELECT pg_xact_status($1::text::xid8) AS status');

/** How long the fate of a transaction is asked for whose COMMIT was not answered. */
const STATUS_MS = { pause: 100, inAll: 1_000 };

export interface Transaction {
  run: Run;
  /** Ends it; when it cannot be kept, it is undone and this throws. */
  finish(commit: boolean): Promise<void>;
}

/** Whether PostgreSQL kept the transaction after all. @throws while nobody can tell */
async function wasCommitted(pool: Pool, xid: string): Promise<boolean> {
  for (let waited = 0; waited < STATUS_MS.inAll; waited += STATUS_MS.pause) {
    const { rows } = await pool.run<{ status: string | null }>(STATUS, [xid]);
    // While the broken connection is still being noticed over there, it is "in progress".
    if (rows[0]?.status !== 'in progress') return rows[0]?.status === 'committed';
    await delay(STATUS_MS.pause);
  }
  return false;
}

export async function beginTransaction(pool: Pool): Promise<Transaction> {
  const connection = await pool.take();
  let isBroken = false;
  /** Its id, once a statement has told it. */
  let xid: string | undefined;

  const run: Run = async <Row>(sql: Parameters<Run>[0], values: Parameters<Run>[1]) => {
    try {
      const result = await connection.run<Row>(sql, values);
      xid ??= (result.rows[0] as { xid?: string } | undefined)?.xid;
      return result;
    } catch (error) {
      // No answer of PostgreSQL's, so nobody knows where this connection is. Closing it undoes everything.
      if (!(error instanceof pg.DatabaseError)) isBroken = true;
      throw error;
    }
  };

  async function commit(): Promise<void> {
    if (isBroken) throw new Error('the transaction is lost with its connection');
    try {
      const { command } = await run(COMMIT, []);
      // PostgreSQL answers the COMMIT of a transaction that has failed with ROLLBACK.
      if (command === 'ROLLBACK') throw new Error('the transaction was rolled back');
    } catch (error) {
      // The answer is missing, not necessarily the commit. Saying it failed when it did not costs a login.
      const isKept = isBroken && xid !== undefined && (await wasCommitted(pool, xid).catch(() => false));
      if (!isKept) throw error;
    }
  }

  try {
    await run(BEGIN, []);
  } catch (error) {
    connection.giveBack(true);
    throw error;
  }
  return {
    run,
    async finish(keep) {
      try {
        if (keep) await commit();
        else if (!isBroken) await run(ROLLBACK, []);
      } finally {
        connection.giveBack(isBroken);
      }
    },
  };
}
