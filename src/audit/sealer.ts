// Owns: sealing the audit trail by itself, a little at a time, and leaving its head in the log now and then.
// Does not: keep other instances from sealing meanwhile (the store does).
import type { Clock } from '../lib/clock.js';
import { StoreUnavailableError } from '../lib/errors.js';
import { randomFraction } from '../lib/ids.js';
import type { Closable } from '../lib/lifecycle.js';
import type { Logger } from '../telemetry/logger.js';
import type { AuditTrail } from './trail.js';

const INTERVAL_MS = 10_000;
/** At one go: what is left of a great backlog waits for the next, so that requests are not kept waiting. */
const EVENTS_AT_ONCE = 20_000;
const HEAD_EVERY_MS = 3_600_000;

export interface Sealer extends Closable {
  /** From now on seals by itself. */
  start(): void;
  /** Seals now; never rejects. */
  runOnce(): Promise<void>;
  /** Ends after the block under way. */
  close(): Promise<void>;
}

export function createSealer({
  trail,
  clock,
  logger,
  intervalMs = INTERVAL_MS,
}: {
  trail: Pick<AuditTrail, 'seal' | 'head'>;
  clock: Clock;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  intervalMs?: number;
}): Sealer {
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let told: { at: number; hash: string } | undefined;

  /** Whoever rewrites the database does not reach the log, too: `audit verify --head` compares. */
  async function tellHead(): Promise<void> {
    const at = clock.now().getTime();
    if (told && at - told.at < HEAD_EVERY_MS) return;
    const head = await trail.head();
    if (!head || head.hash === told?.hash) return;
    told = { at, hash: head.hash };
    logger.info({ event: 'audit.head', head: `${head.seq}:${head.hash}` }, 'the head of the audit trail');
  }

  async function run(): Promise<void> {
    try {
      await trail.seal({ wait: false, atMost: EVENTS_AT_ONCE, signal: closing.signal });
      await tellHead();
    } catch (error) {
      const level = error instanceof StoreUnavailableError ? 'warn' : 'error';
      logger[level]({ error }, 'sealing the audit trail failed; the next run goes on');
    }
  }

  function runOnce(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  function schedule(): void {
    if (closing.signal.aborted) return;
    timer = setTimeout(
      () => void runOnce().then(schedule),
      // Give or take a tenth, so that instances do not march in step.
      intervalMs * (0.9 + 0.2 * randomFraction()),
    );
    timer.unref();
  }

  return {
    start() {
      if (!timer) schedule();
    },
    runOnce,
    async close() {
      closing.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
