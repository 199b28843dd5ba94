// Owns: the port of counters: how often something happened within a window of time.
import type { Expirable } from './common.js';

export interface Count {
  /** This time included. */
  count: number;
  /** When the window ends and counting begins anew. */
  endsAt: Date;
}

/** Counters for limits, shared by all instances. Counted before a unit of work begins, not in it: what happened, happened. */
export interface CounterStore extends Expirable {
  /**
   * Counts one more under `name`. A window begins with its first count and lasts `windowMs`; of any number of
   * concurrent callers each gets a count of its own.
   * @param name up to 200 characters
   */
  increment(name: string, window: { now: Date; windowMs: number }): Promise<Count>;
  /** Takes one count back, if the window it was counted in still runs and has one: what was counted was none after all. */
  takeBack(name: string): Promise<void>;
  /** Begins anew, e.g. after a success. */
  reset(name: string): Promise<void>;
}
