// Owns: delivering the logout tokens that are to be sent: which, when, how many at once. Any number of instances do it
// side by side. Does not: decide who is told of what (grants/), or send one (delivery-attempt.ts).
import type { DeliverySchedule } from '../grants/delivery-schedule.js';
import type { Clock } from '../lib/clock.js';
import { randomFraction } from '../lib/ids.js';
import type { Closable } from '../lib/lifecycle.js';
import type { ClaimedDelivery, LogoutDeliveryStore } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import { BACKLOG_CAP, type DeliveryMetrics } from './delivery-metrics.js';

/** Logout tokens under way at once: to one app, and in all. */
const PER_CLIENT = 8;
const IN_ALL = 64;

const MEASURE_MS = 15_000;

export interface BackchannelLogout extends Closable {
  /** From now on looks by itself for what is due: what failed before, what others have left. */
  start(): void;
  /** Something is due: begins to send it, and returns. */
  wake(): void;
  /** Once nothing is being sent, and nothing is due that can be. */
  settled(): Promise<void>;
  /** Ends once what is being sent is through. */
  close(): Promise<void>;
}

export interface BackchannelLogoutDeps {
  deliveries: Pick<LogoutDeliveryStore, 'claim' | 'backlog'>;
  attempt(delivery: ClaimedDelivery): Promise<void>;
  clock: Clock;
  logger: Pick<Logger, 'warn' | 'error'>;
  schedule: Pick<DeliverySchedule, 'leaseMs' | 'pollMs'>;
  metrics: Pick<DeliveryMetrics, 'backlog'>;
}

export function createBackchannelLogout({
  deliveries,
  attempt,
  clock,
  logger,
  schedule,
  metrics,
}: BackchannelLogoutDeps): BackchannelLogout {
  const underWay = new Map<Promise<void>, string>();
  let looking: Promise<void> | undefined;
  let isToLookAgain = false;
  let isClosing = false;
  let timer: NodeJS.Timeout | undefined;
  let measuredAt = Number.NEGATIVE_INFINITY;

  function begin(delivery: ClaimedDelivery, claimedAt: number): void {
    // A process that was stopped in between (a debugger, a sleeping machine) may not have it any more.
    if (performance.now() - claimedAt > schedule.leaseMs / 2) return;
    const { id, clientId, requestId } = delivery;
    const work = attempt(delivery)
      .catch((error) => logger.error({ error, delivery: id, clientId, requestId }, 'delivery not noted'))
      .finally(() => {
        underWay.delete(work);
        wake();
      });
    underWay.set(work, clientId);
  }

  async function look(): Promise<void> {
    const limit = IN_ALL - underWay.size;
    if (limit <= 0) return;
    const claimedAt = performance.now();
    const now = clock.now();
    const claimed = await deliveries.claim({
      now,
      until: new Date(now.getTime() + schedule.leaseMs),
      limit,
      perClient: PER_CLIENT,
      // One client's come in waves: the next when the one before is through.
      busy: [...new Set(underWay.values())],
    });
    for (const delivery of claimed) begin(delivery, claimedAt);
  }

  function wake(): void {
    if (isClosing) return;
    if (looking) {
      isToLookAgain = true;
      return;
    }
    looking = look()
      .catch((error) => logger.warn({ error }, 'could not look for logout tokens to be sent'))
      .finally(() => {
        looking = undefined;
        if (!isToLookAgain) return;
        isToLookAgain = false;
        wake();
      });
  }

  async function measure(): Promise<void> {
    if (performance.now() - measuredAt < MEASURE_MS) return;
    measuredAt = performance.now();
    const { count, oldest } = await deliveries.backlog(BACKLOG_CAP);
    metrics.backlog(count, oldest ? Math.max(0, clock.now().getTime() - oldest.getTime()) : 0);
  }

  async function poll(): Promise<void> {
    wake();
    await looking;
    // Without an answer there is nothing to measure; the look has said so.
    await measure().catch(() => {});
    schedulePoll();
  }

  function schedulePoll(): void {
    if (isClosing) return;
    timer = setTimeout(() => void poll(), schedule.pollMs * (0.8 + 0.4 * randomFraction()));
    timer.unref();
  }

  async function settled(): Promise<void> {
    while (looking || underWay.size > 0) await Promise.all([looking, ...underWay.keys()]);
  }

  return {
    start() {
      if (!timer) schedulePoll();
    },
    wake,
    settled,
    async close() {
      clearTimeout(timer);
      // What was woken is looked for once more; what that finds is begun.
      await looking;
      isClosing = true;
      clearTimeout(timer);
      await settled();
    },
  };
}
