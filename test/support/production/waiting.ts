// Waiting for what other processes do: never longer than asked, and with a reason when it did not happen.
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/** Settles as `work` does, or rejects after `ms` with a sentence that says what was waited for. */
export async function inTime<T>(what: string, ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what}: not within ${ms} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

/**
 * Repeats `attempt` until it resolves.
 * @throws what the last attempt threw, once `ms` have passed
 */
export async function eventually<T>(ms: number, attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await delay(POLL_MS);
  }
}

/** How many of each: `{ 200: 3, 503: 1 }`. */
export function tally(values: (string | number | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}
