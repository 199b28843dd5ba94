// Owns: deleting and counting what has expired, for any table. Does not: decide when (the janitor does).
import type { Expirable } from '../ports/index.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

/** Any number that nothing else in this database locks: 'l2uj'. */
export const JANITOR_LOCK = 0x6c32756a;

/**
 * `Expirable` for `table`, by its indexed column `column`. Table and column are constants of this code.
 *
 * One statement does it all: it takes the janitor's lock, which ends with it, so that a killed process holds
 * up nobody, and passes over rows that somebody is using.
 */
export function createExpirable(
  database: Pick<Database, 'writeReturning' | 'read'>,
  table: string,
  column = 'expires_at',
): Expirable {
  const remove = statement(
    `${table}_delete_expired`,
    `WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${JANITOR_LOCK}) AS mine),
     gone AS (
       DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} < $1 AND (SELECT mine FROM turn)
         ORDER BY ${column} LIMIT $2 FOR UPDATE SKIP LOCKED))
       RETURNING 1)
     SELECT (SELECT mine FROM turn) AS mine, (SELECT count(*)::int FROM gone) AS gone`,
  );
  const count = statement(
    `${table}_count_expired`,
    `SELECT count(*)::int AS expired FROM (SELECT 1 FROM ${table} WHERE ${column} < $1 LIMIT $2) AS e`,
  );
  return {
    async deleteExpired(before, batch) {
      const [row] = await database.writeReturning<{ mine: boolean; gone: number }>(remove, [before, batch]);
      return row?.mine ? row.gone : undefined;
    },
    async countExpired(before, atMost) {
      const [row] = await database.read<{ expired: number }>(count, [before, atMost]);
      return row?.expired ?? 0;
    },
  };
}
