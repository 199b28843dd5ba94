// Owns: deleting what has expired, a little at a time, so that nobody who logs in waits for it.
// Does not: know what expires (targets.ts), nor keep other instances from cleaning meanwhile (the stores do).
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import { StoreUnavailableError } from '../lib/errors.js';
import { randomFraction } from '../lib/ids.js';
import type { Closable } from '../lib/lifecycle.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { BACKLOG_CAP, createJanitorMetrics } from './metrics.js';
import type { JanitorTarget } from './targets.js';

const DEFAULT_BATCH = 1_000;
const MIN_PAUSE_MS = 5;
/** A process that lives shorter than its interval still cleans. */
const FIRST_RUN_MS = 10_000;

export interface JanitorDeps {
  /** Cleaned one after the other. */
  targets: readonly JanitorTarget[];
  clock: Clock;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  metrics: Pick<Metrics, 'counter' | 'gauge'>;
  /** From the end of a run to the next, give or take a tenth, so that instances do not march in step. 0: never. */
  intervalMs: number;
  /** Records deleted in one call at most. */
  batch?: number;
  /** Waits; ends early, without an error, once `signal` is aborted. */
  pause?(ms: number, signal: AbortSignal): Promise<void>;
}

export interface JanitorReport {
  /** `busy`: another instance was at it. `failed`: `error` says why. `stopped`: told to. */
  outcome: 'done' | 'busy' | 'failed' | 'stopped';
  /** By kind; kinds the run did not come to are absent. */
  deleted: { [kind: string]: number };
  ms: number;
  error?: unknown;
}

export interface RunOptions {
  signal?: AbortSignal;
  /** Told after each batch how many records of a kind it deleted. */
  progress?(kind: string, count: number): void;
}

/** Cleans up. Whatever ends a run early, the next one goes on where it was: all it knows is in the store. */
export interface Janitor extends Closable {
  /** From now on runs by itself. */
  start(): void;
  /** Runs now; a run that is under way is joined instead. Never rejects. */
  runOnce(options?: RunOptions): Promise<JanitorReport>;
  /** Ends after the batch under way. */
  close(): Promise<void>;
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  // Rejects only when aborted.
  await delay(ms, undefined, { signal }).catch(() => {});
}

export function createJanitor({
  targets,
  clock,
  logger,
  metrics,
  intervalMs,
  batch = DEFAULT_BATCH,
  pause = pauseFor,
}: JanitorDeps): Janitor {
  const record = createJanitorMetrics(
    metrics,
    targets.map(({ kind }) => kind),
  );
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<JanitorReport> | undefined;

  const cutoff = ({ retentionMs }: JanitorTarget) => new Date(clock.now().getTime() - retentionMs);

  /** Does `work`, then nothing for as long again: at least half of the time the store is everybody else's. */
  async function paced<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work();
    await pause(Math.max(MIN_PAUSE_MS, performance.now() - begun), signal);
    return result;
  }

  async function sweep(
    signal: AbortSignal,
    deleted: JanitorReport['deleted'],
    progress: RunOptions['progress'],
  ): Promise<'done' | 'busy' | 'stopped'> {
    for (const target of targets) {
      const { kind, store } = target;
      // One cutoff for the whole sweep: it ends, however fast records expire meanwhile.
      const before = cutoff(target);
      for (let count = batch; count === batch; ) {
        if (signal.aborted) return 'stopped';
        const taken = await paced(signal, () => store.deleteExpired(before, batch));
        if (taken === undefined) return 'busy';
        count = taken;
        deleted[kind] = (deleted[kind] ?? 0) + count;
        record.deleted(kind, count);
        progress?.(kind, count);
      }
    }
    return 'done';
  }

  async function measureBacklog(signal: AbortSignal): Promise<void> {
    for (const target of targets) {
      if (signal.aborted) return;
      const count = await paced(signal, () => target.store.countExpired(cutoff(target), BACKLOG_CAP));
      record.backlog(target.kind, count);
    }
  }

  function report(result: JanitorReport): void {
    const { outcome, deleted, ms, error } = result;
    if (outcome !== 'stopped') record.ended(outcome, clock.now());
    if (outcome === 'failed') {
      const level = error instanceof StoreUnavailableError ? 'warn' : 'error';
      logger[level]({ error, deleted, ms }, 'cleaning failed; the next run goes on');
    } else if (Object.values(deleted).some((count) => count > 0)) {
      logger.info({ outcome, deleted, ms }, 'deleted what had expired');
    }
  }

  async function run(signal: AbortSignal, progress: RunOptions['progress']): Promise<JanitorReport> {
    const begun = performance.now();
    const deleted: JanitorReport['deleted'] = {};
    const end = (rest: Pick<JanitorReport, 'outcome' | 'error'>): JanitorReport => {
      const result = { ...rest, deleted, ms: Math.round(performance.now() - begun) };
      report(result);
      return result;
    };
    try {
      const outcome = await sweep(signal, deleted, progress);
      await measureBacklog(signal);
      return end({ outcome });
    } catch (error) {
      return end({ outcome: 'failed', error });
    }
  }

  function runOnce({ signal, progress }: RunOptions = {}): Promise<JanitorReport> {
    const either = signal ? AbortSignal.any([closing.signal, signal]) : closing.signal;
    running ??= run(either, progress).finally(() => {
      running = undefined;
    });
    return running;
  }

  function schedule(ms: number): void {
    if (closing.signal.aborted) return;
    timer = setTimeout(
      () => void runOnce().then(() => schedule(intervalMs)),
      ms * (0.9 + 0.2 * randomFraction()),
    );
    timer.unref();
  }

  return {
    start() {
      if (intervalMs > 0 && !timer) schedule(Math.min(intervalMs, FIRST_RUN_MS));
    },
    runOnce,
    async close() {
      closing.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
