// Filling a table is many times faster without its indexes: they are taken off and put back as they were.
import type pg from 'pg';

interface Constraint {
  table: string;
  name: string;
  kind: 'f' | 'p' | 'u';
  definition: string;
}

const CONSTRAINTS = `
  SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, contype AS kind,
    pg_get_constraintdef(oid) AS definition
  FROM pg_constraint
  WHERE contype IN ('p', 'u') AND conrelid = ANY($1::regclass[])
    OR contype = 'f' AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[]))
  ORDER BY contype = 'f' DESC`;

const INDEXES = `
  SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index WHERE indrelid = ANY($1::regclass[])`;

/**
 * Takes indexes, keys and foreign keys off `tables`.
 * @returns how to put them back; rows that break one of them make that fail
 */
export async function liftIndexes(pool: pg.Pool, tables: readonly string[]): Promise<() => Promise<void>> {
  const { rows: constraints } = await pool.query<Constraint>(CONSTRAINTS, [tables]);
  // Foreign keys first: they hang on the keys.
  for (const { table, name } of constraints) await pool.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  const { rows: indexes } = await pool.query<{ name: string; definition: string }>(INDEXES, [tables]);
  for (const { name } of indexes) await pool.query(`DROP INDEX ${name}`);

  const add = ({ table, name, definition }: Constraint) =>
    pool.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
  return async () => {
    for (const constraint of constraints) if (constraint.kind !== 'f') await add(constraint);
    for (const { definition } of indexes) await pool.query(definition);
    for (const constraint of constraints) if (constraint.kind === 'f') await add(constraint);
  };
}
