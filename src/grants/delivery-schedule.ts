// Owns: when a logout token is tried to be delivered, and for how long. Pure.
import { randomFraction } from '../lib/ids.js';

/** Milliseconds. */
export interface DeliverySchedule {
  /** From the first attempt that failed to the next, give or take a fifth; doubled each time … */
  firstRetryMs: number;
  /** … up to this. */
  maxRetryMs: number;
  /** From then on, whatever fails is given up. */
  giveUpMs: number;
  /** How long a delivery is one instance's to make; when that is killed, others go on with it afterwards. */
  leaseMs: number;
  /** How often each instance looks for what is due. */
  pollMs: number;
}

export const DELIVERY_SCHEDULE: DeliverySchedule = {
  firstRetryMs: 5_000,
  maxRetryMs: 6 * 3_600_000,
  giveUpMs: 24 * 3_600_000,
  leaseMs: 30_000,
  pollMs: 2_000,
};

/**
 * When to try again after `attempts` that failed, the last of them at `now`; undefined: not any more. The last
 * attempt is never before `giveUpAt`.
 */
export function nextAttempt(
  { attempts, giveUpAt }: { attempts: number; giveUpAt: Date },
  now: Date,
  { firstRetryMs, maxRetryMs }: Pick<DeliverySchedule, 'firstRetryMs' | 'maxRetryMs'>,
): Date | undefined {
  if (now >= giveUpAt) return undefined;
  const delay = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(attempts - 1, 40));
  const jittered = delay * (0.8 + 0.4 * randomFraction());
  return new Date(Math.min(now.getTime() + jittered, giveUpAt.getTime()));
}
