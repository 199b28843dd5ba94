// Owns: whose turn it is. One thing runs at a time, first come first served; whoever holds the database
// after its turn (a transaction, an unfinished batch) has every further turn until it lets go.
import { setImmediate } from 'node:timers/promises';
import type { Closable } from '../../../lib/lifecycle.js';

// PGlite computes on this thread, so a queue that never empties would starve timers and sockets.
const TURNS_BETWEEN_YIELDS = 16;

/** One contender for the database. */
export interface TurnTaker {
  /** Whether `takeTurn` has something to do now. */
  hasWork(): boolean;
  /** Does one piece of work. Does not reject. */
  takeTurn(): Promise<void>;
  /** Whether nobody else may have a turn until this one has had another. */
  holdsDatabase(): boolean;
}

export interface TurnQueue extends Closable {
  /** To be called whenever `taker` may have got work. */
  request(taker: TurnTaker): void;
  /** How many are waiting for a turn. */
  waiting(): number;
  /** Lets the running turn finish and gives no other. */
  close(): Promise<void>;
}

export function createTurnQueue(): TurnQueue {
  const waiting = new Set<TurnTaker>();
  let holder: TurnTaker | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  function next(): TurnTaker | undefined {
    if (closed) return undefined;
    if (holder) return holder.hasWork() ? holder : undefined;
    for (const taker of waiting) {
      waiting.delete(taker);
      if (taker.hasWork()) return taker;
    }
    return undefined;
  }

  async function run(first: TurnTaker): Promise<void> {
    let turns = 0;
    for (let taker: TurnTaker | undefined = first; taker; taker = next()) {
      await taker.takeTurn();
      holder = taker.holdsDatabase() ? taker : undefined;
      // Behind those who came meanwhile. The holder needs no place: it is asked first.
      if (!holder && taker.hasWork()) waiting.add(taker);
      turns += 1;
      if (turns % TURNS_BETWEEN_YIELDS === 0) await setImmediate();
    }
    // In the same tick as the last `next`, so that no request falls between.
    running = undefined;
  }

  return {
    request(taker) {
      if (taker !== holder) waiting.add(taker);
      if (running) return;
      const first = next();
      if (first) running = run(first);
    },
    waiting: () => waiting.size,
    async close() {
      closed = true;
      await running;
    },
  };
}
