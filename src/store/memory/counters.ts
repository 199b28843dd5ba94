// Owns: counters in memory.
import type { Count, CounterStore } from '../ports/index.js';

export function createMemoryCounterStore(): CounterStore {
  const counts = new Map<string, Count>();
  const expired = (before: Date) =>
    [...counts].filter(([, { endsAt }]) => endsAt < before).sort(([, a], [, b]) => +a.endsAt - +b.endsAt);
  return {
    async increment(name, { now, windowMs }) {
      const running = counts.get(name);
      const isOver = !running || running.endsAt <= now;
      const next = isOver
        ? { count: 1, endsAt: new Date(now.getTime() + windowMs) }
        : { ...running, count: running.count + 1 };
      counts.set(name, next);
      return { ...next };
    },
    async takeBack(name) {
      const running = counts.get(name);
      if (running && running.count > 0) counts.set(name, { ...running, count: running.count - 1 });
    },
    async reset(name) {
      counts.delete(name);
    },
    async deleteExpired(before, batch) {
      const gone = expired(before).slice(0, batch);
      for (const [name] of gone) counts.delete(name);
      return gone.length;
    },
    countExpired: async (before, atMost) => Math.min(expired(before).length, atMost),
  };
}
