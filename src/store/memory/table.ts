// Owns: rows by key, copied in and out so that callers share no state, and undone with their unit of work.
import type { Expirable } from '../ports/index.js';
import type { MemoryUnits } from './units.js';

export interface Table<Row extends object> {
  /** A copy of the row. */
  get(key: string): Row | undefined;
  /** Stores a copy of the row. */
  put(key: string, row: Row): void;
  /** Whether there was one to delete. */
  delete(key: string): boolean;
  /**
   * The keys of the rows that match, in the order of `rank`, else the oldest first. Both functions see the rows
   * themselves: they must only look.
   */
  keys(matches: (row: Readonly<Row>) => boolean, rank?: (row: Readonly<Row>) => number): string[];
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
    keys(matches, rank) {
      const matching = [...rows].filter(([, row]) => matches(row));
      if (rank) matching.sort(([, a], [, b]) => rank(a) - rank(b));
      return matching.map(([key]) => key);
    },
  };
}

/** What is expirable of a table whose rows expire at `dateOf`; `remove` deletes one, and says whether it was there. */
export function createExpirable<Row extends object>(
  table: Table<Row>,
  dateOf: (row: Readonly<Row>) => Date,
  remove: (key: string) => boolean = table.delete,
): Expirable {
  const expiredKeys = (before: Date, atMost: number) =>
    table
      .keys(
        (row) => dateOf(row) < before,
        (row) => dateOf(row).getTime(),
      )
      .slice(0, atMost);

  return {
    deleteExpired: async (before, batch) => expiredKeys(before, batch).filter(remove).length,
    countExpired: async (before, atMost) => expiredKeys(before, atMost).length,
  };
}

/** One table key of several parts, whatever characters they hold. */
export function compoundKey(...parts: string[]): string {
  return JSON.stringify(parts);
}
