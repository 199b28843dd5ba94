// Owns: the metrics of back-channel logout.
import type { Metrics } from '../telemetry/metrics.js';

/** Counting more than this many would cost more than the exact number is worth. */
export const BACKLOG_CAP = 100_000;

export const ATTEMPT_OUTCOMES = ['sent', 'failed', 'given_up'] as const;

export interface DeliveryMetrics {
  attempted(outcome: (typeof ATTEMPT_OUTCOMES)[number]): void;
  backlog(count: number, oldestMs: number): void;
}

/** The series of every outcome begin at 0, so that a first failure is a change. */
export function createDeliveryMetrics(metrics: Pick<Metrics, 'counter' | 'gauge'>): DeliveryMetrics {
  const attempts = metrics.counter({
    name: 'link2ur_op_logout_attempts_total',
    help: 'Logout tokens this instance tried to deliver, by outcome; failed ones are tried again',
    labels: ['outcome'],
  });
  const pending = metrics.gauge({
    name: 'link2ur_op_logout_pending',
    help: `Logout tokens that are to be delivered; ${BACKLOG_CAP} means that or more`,
  });
  const oldest = metrics.gauge({
    name: 'link2ur_op_logout_oldest_pending_seconds',
    help: 'How long the oldest of them has been waiting',
  });
  for (const outcome of ATTEMPT_OUTCOMES) attempts.add(0, { outcome });
  return {
    attempted: (outcome) => attempts.add(1, { outcome }),
    backlog(count, oldestMs) {
      pending.set(count, {});
      oldest.set(oldestMs / 1000, {});
    },
  };
}
