// Owns: how often a device may ask whether it has been answered.
// @see https://www.rfc-editor.org/rfc/rfc8628#section-3.5

/** Seconds between two polls, as a device is told at first. */
export const POLL_SECONDS = 5;
/** What each poll that comes too early adds, for all that follow. */
const SLOW_DOWN_SECONDS = 5;
/** A network delivers one poll sooner and the next one later. */
const JITTER_MS = 500;

/** What is remembered of a device's polls. */
export interface Polls {
  /** The last one, epoch milliseconds. */
  at: number;
  /** Seconds until the next one. */
  interval: number;
}

/** One more poll, now. What is returned takes the place of `polls` in the same step in which they were read. */
export function afterPoll(polls: Polls | undefined, now: Date): { polls: Polls; isTooFast: boolean } {
  const at = now.getTime();
  if (!polls) return { polls: { at, interval: POLL_SECONDS }, isTooFast: false };
  const isTooFast = at - polls.at < polls.interval * 1000 - JITTER_MS;
  const interval = polls.interval + (isTooFast ? SLOW_DOWN_SECONDS : 0);
  return { polls: { at, interval }, isTooFast };
}
