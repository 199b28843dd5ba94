// When a logout token is tried again.
import { expect } from 'chai';
import { DELIVERY_SCHEDULE, nextAttempt } from '../../src/grants/delivery-schedule.js';

const NOW = new Date('2026-11-22T08:00:00.000Z');
const { firstRetryMs, maxRetryMs, giveUpMs } = DELIVERY_SCHEDULE;
const giveUpAt = new Date(NOW.getTime() + giveUpMs);

/** How long after the attempt before, in milliseconds. */
const delayAfter = (attempts: number) =>
  Number(nextAttempt({ attempts, giveUpAt }, NOW, DELIVERY_SCHEDULE)) - NOW.getTime();

describe('the schedule of logout tokens', () => {
  it('waits twice as long each time, give or take a fifth, and six hours at most', () => {
    for (const [attempts, ms] of [
      [1, firstRetryMs],
      [2, 2 * firstRetryMs],
      [8, 128 * firstRetryMs],
      [14, maxRetryMs],
      [9_999, maxRetryMs],
    ] as const) {
      expect(delayAfter(attempts), `after ${attempts}`).to.be.within(ms * 0.8, ms * 1.2);
    }
  });

  it('does not have all that failed together tried again together', () => {
    expect(new Set(Array.from({ length: 20 }, () => delayAfter(5))).size).to.be.above(10);
  });

  it('tries once more when the time is up, and not again', () => {
    const late = new Date(giveUpAt.getTime() - 1_000);
    expect(nextAttempt({ attempts: 12, giveUpAt }, late, DELIVERY_SCHEDULE)).to.deep.equal(giveUpAt);
    expect(nextAttempt({ attempts: 13, giveUpAt }, giveUpAt, DELIVERY_SCHEDULE)).to.equal(undefined);
  });

  it('makes between ten and twenty attempts in its day', () => {
    let now = NOW;
    let attempts = 0;
    for (
      let next: Date | undefined = NOW;
      next;
      next = nextAttempt({ attempts, giveUpAt }, now, DELIVERY_SCHEDULE)
    ) {
      now = next;
      attempts += 1;
    }
    expect(attempts).to.be.within(10, 20);
  });
});
