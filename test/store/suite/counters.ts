// Owns: the suite of CounterStore. Times are real: a store may forget by itself when a window ends.
import { expect } from 'chai';
import { atOnce, newId, type Use } from './support.js';

const LONG = 60_000;
const SHORT = 80;

const increment = (use: Use, name: string, windowMs = LONG) =>
  use().counters.increment(name, { now: new Date(), windowMs });

export function describeCounters(use: Use): void {
  describe('counters', () => {
    it('count up within a window that ends when it was to end at its first count', async () => {
      const name = newId();
      const first = await increment(use, name);
      expect(first.count).to.equal(1);
      expect(first.endsAt.getTime()).to.be.closeTo(Date.now() + LONG, 5_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const second = await increment(use, name, 10 * LONG);
      expect(second.count).to.equal(2);
      expect(second.endsAt.getTime()).to.be.closeTo(first.endsAt.getTime(), 15);
    });

    it('give each of 50 concurrent callers a count of its own', async () => {
      const name = newId();
      const counts = await atOnce(50, () => increment(use, name));
      const sorted = counts.map(({ count }) => count).sort((a, b) => a - b);
      expect(sorted).to.deep.equal(Array.from({ length: 50 }, (_, i) => i + 1));
    });

    it('begin anew when the window is over, once for all who come then', async () => {
      const name = newId();
      await increment(use, name, SHORT);
      await increment(use, name, SHORT);
      await new Promise((resolve) => setTimeout(resolve, 2 * SHORT));
      const counts = await atOnce(10, () => increment(use, name));
      expect(Math.min(...counts.map(({ count }) => count))).to.equal(1);
      expect(Math.max(...counts.map(({ count }) => count))).to.equal(10);
    });

    it('are kept apart by name, and begin anew when they are reset', async () => {
      const [one, other] = [`ip:203.0.113.7:${newId()}`, `客户端 ${newId()}`];
      await increment(use, one);
      await increment(use, one);
      expect((await increment(use, other)).count).to.equal(1);
      await use().counters.reset(one);
      await use().counters.reset(newId());
      expect((await increment(use, one)).count).to.equal(1);
      expect((await increment(use, other)).count).to.equal(2);
    });

    it('take a count back, never below none, and leave the window as it was', async () => {
      const name = newId();
      const { counters } = use();
      const first = await increment(use, name);
      await atOnce(9, () => increment(use, name));
      await atOnce(4, () => counters.takeBack(name));
      const next = await increment(use, name, 10 * LONG);
      expect(next.count).to.equal(7);
      expect(next.endsAt.getTime()).to.be.closeTo(first.endsAt.getTime(), 1_000);
      await atOnce(20, () => counters.takeBack(name));
      expect((await increment(use, name)).count).to.equal(1);
      const unknown = newId();
      await counters.takeBack(unknown);
      expect((await increment(use, unknown)).count).to.equal(1);
    });

    it('are of no use to the janitor while their window runs', async () => {
      const name = newId();
      await increment(use, name);
      expect(await use().counters.countExpired(new Date(), 1_000)).to.be.a('number');
      await use().counters.deleteExpired(new Date(), 1_000);
      expect((await increment(use, name)).count).to.equal(2);
    });
  });
}
