// Owns: the words all store ports share.

/** JSON as it is stored. */
export type JsonObject = { [key: string]: unknown };

export interface UnitOptions {
  /** Every call belongs to the unit from the first on, not only from the first lock on. */
  atOnce?: boolean;
}

export interface UnitResult<T> {
  commit: boolean;
  value: T;
  /** The last thing to write if the unit is kept; when it fails the unit is undone and its error passed on. */
  last?: (() => Promise<void>) | undefined;
}

/**
 * Runs work that must be stored whole or not at all.
 *
 * Inside `run`, every store call of the same asynchronous flow takes part once the work has locked or
 * consumed something: before that, calls are ordinary. The work is kept when `run`'s function returns
 * `commit: true`; it is undone when that is false or the function throws.
 */
export interface UnitOfWork {
  run<T>(work: () => Promise<UnitResult<T>>, options?: UnitOptions): Promise<T>;
}

/** Records that are of no use once their time has passed. */
export interface Expirable {
  /**
   * Deletes records that expired before `before`, the oldest first, `batch` at most a call. Returns how many
   * went; undefined when another process is deleting them at this moment, and then nothing is done.
   */
  deleteExpired(before: Date, batch: number): Promise<number | undefined>;
  /** How many records expired before `before`; counting stops at `atMost`. */
  countExpired(before: Date, atMost: number): Promise<number>;
}

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Where the next page begins; undefined: there is none. */
  next?: string | undefined;
}
