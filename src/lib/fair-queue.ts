// Owns: sharing a scarce resource fairly between keys. Does not: know what the tasks do.
import { TooManyRequestsError } from './errors.js';

const RETRY_AFTER_SECONDS = 1;

export interface FairQueueOptions {
  /** How many tasks run at once. */
  concurrency: number;
  /** How many tasks may wait under one key. */
  perKey: number;
  /** How many tasks may wait in all. */
  total: number;
}

export interface FairQueue {
  /**
   * Runs `task` when the turn of `key` comes and settles as it does. Tasks of one key start in order.
   * Between keys turns go round: a key with nothing running waits for at most one task of each other key,
   * however many those have queued.
   *
   * @throws TooManyRequestsError at once, without running `task`, when too many wait already.
   */
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

/** A queue in which a flood under one key does not hold up the others. */
export function createFairQueue({ concurrency, perKey, total }: FairQueueOptions): FairQueue {
  // The order of the keys is the order of their turns. A key is here only while it has something waiting.
  const waiting = new Map<string, Array<() => void>>();
  let running = 0;
  let queued = 0;

  function toBack(key: string): void {
    const jobs = waiting.get(key);
    if (!jobs) return;
    waiting.delete(key);
    if (jobs.length > 0) waiting.set(key, jobs);
  }

  function startNext(): void {
    while (running < concurrency) {
      const [turn] = waiting;
      if (!turn) return;
      const [key, jobs] = turn;
      const job = jobs.shift();
      toBack(key);
      queued -= 1;
      running += 1;
      job?.();
    }
  }

  function finished(key: string): void {
    running -= 1;
    // Once more, since a key that came while this task ran stands behind the one that ran it.
    toBack(key);
    startNext();
  }

  return {
    async run(key, task) {
      const jobs = waiting.get(key) ?? [];
      // Something waits only while every place is taken, so a free place means an empty queue.
      if (running >= concurrency && (jobs.length >= perKey || queued >= total)) {
        throw new TooManyRequestsError('too many attempts at once, try again shortly', RETRY_AFTER_SECONDS);
      }
      return new Promise((resolve, reject) => {
        jobs.push(() => {
          // The async wrapper turns a synchronous throw of the task into a rejection.
          (async () => task())()
            .then(resolve, reject)
            .finally(() => finished(key));
        });
        waiting.set(key, jobs);
        queued += 1;
        startNext();
      });
    },
  };
}
