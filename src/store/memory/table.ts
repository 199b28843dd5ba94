// Owns: rows by key, copied in and out so that callers share no state, and undone with their unit of work.
import type { MemoryUnits } from './units.js';

export interface Table<Row extends object> {
  /** A copy of the row. */
  get(key: string): Row | undefined;
  /** Stores a copy of the row. */
  put(key: string, row: Row): void;
  /** Whether there was one to delete. */
  delete(key: string): boolean;
  /** The keys of the rows that match, oldest first. `matches` sees the rows themselves: it must only look. */
  keys(matches: (row: Readonly<Row>) => boolean): string[];
}

export function createTable<Row extends object>({ onUndo }: Pick<MemoryUnits, 'onUndo'>): Table<Row> {
  const rows = new Map<string, Row>();

  function set(key: string, row: Row | undefined): void {
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
  }

  function write(key: string, row: Row | undefined): void {
    const previous = rows.get(key);
    set(key, row);
    onUndo(() => {
      // What somebody else wrote over it since is not ours to undo.
      if (rows.get(key) === row) set(key, previous);
    });
  }

  return {
    get(key) {
      const row = rows.get(key);
      return row && structuredClone(row);
    },
    put(key, row) {
      write(key, structuredClone(row));
    },
    delete(key) {
      const existed = rows.has(key);
      if (existed) write(key, undefined);
      return existed;
    },
    keys(matches) {
      return [...rows].filter(([, row]) => matches(row)).map(([key]) => key);
    },
  };
}

/** The keys of at most `batch` rows that expired before `before`. */
export function expiredKeys<Row extends { expiresAt: Date }>(
  table: Pick<Table<Row>, 'keys'>,
  before: Date,
  batch: number,
): string[] {
  return table.keys((row) => row.expiresAt < before).slice(0, batch);
}

/** Deletes at most `batch` rows that expired before `before`; how many went. */
export function deleteExpiredRows<Row extends { expiresAt: Date }>(
  table: Table<Row>,
  before: Date,
  batch: number,
): number {
  return expiredKeys(table, before, batch).filter((key) => table.delete(key)).length;
}

/** One table key of several parts, whatever characters they hold. */
export function compoundKey(...parts: string[]): string {
  return JSON.stringify(parts);
}
