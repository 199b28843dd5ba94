// Owns: the janitor's metrics.
import type { Metrics } from '../telemetry/metrics.js';

/** Counting more than this many expired records would cost more than the exact number is worth. */
export const BACKLOG_CAP = 100_000;

/** How a run ended, as it is counted. */
export const COUNTED_OUTCOMES = ['done', 'busy', 'failed'] as const;

export interface JanitorMetrics {
  deleted(kind: string, count: number): void;
  backlog(kind: string, count: number): void;
  ended(outcome: (typeof COUNTED_OUTCOMES)[number], at: Date): void;
}

/** The series of every kind and outcome begin at 0, so that a first failure is a change. */
export function createJanitorMetrics(
  metrics: Pick<Metrics, 'counter' | 'gauge'>,
  kinds: readonly string[],
): JanitorMetrics {
  const deleted = metrics.counter({
    name: 'link2ur_op_janitor_deleted_total',
    help: 'Expired records this instance deleted',
    labels: ['kind'],
  });
  const backlog = metrics.gauge({
    name: 'link2ur_op_janitor_backlog',
    help: `Expired records still stored when the last run of this instance ended; ${BACKLOG_CAP} means that or more`,
    labels: ['kind'],
  });
  const runs = metrics.counter({
    name: 'link2ur_op_janitor_runs_total',
    help: 'Runs of the janitor by outcome; busy: another instance was at it',
    labels: ['outcome'],
  });
  const lastRun = metrics.gauge({
    name: 'link2ur_op_janitor_last_run_timestamp_seconds',
    help: 'When the last run that did not fail ended',
  });
  for (const kind of kinds) deleted.add(0, { kind });
  for (const outcome of COUNTED_OUTCOMES) runs.add(0, { outcome });

  return {
    deleted: (kind, count) => deleted.add(count, { kind }),
    backlog: (kind, count) => backlog.set(count, { kind }),
    ended(outcome, at) {
      runs.add(1, { outcome });
      if (outcome !== 'failed') lastRun.set(at.getTime() / 1000, {});
    },
  };
}
