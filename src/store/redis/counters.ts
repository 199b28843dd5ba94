// Owns: counters in Redis, which forgets them by itself when their window ends.
import type { CounterStore, Expirable } from '../ports/index.js';
import type { RedisClient } from './client.js';
import type { Scripts } from './scripts.js';

export interface RedisCounterDeps {
  client: Pick<RedisClient, 'use'>;
  scripts: Pick<Scripts, 'count' | 'countBack'>;
  prefix: string;
  /** Where counters were before there was Redis. */
  inPostgres: Expirable;
}

export function createRedisCounterStore({
  client,
  scripts,
  prefix,
  inPostgres,
}: RedisCounterDeps): CounterStore {
  const keyOf = (name: string) => `${prefix}counter:${name}`;
  return {
    async increment(name, { now, windowMs }) {
      const { count, leftMs } = await scripts.count(keyOf(name), windowMs);
      return { count, endsAt: new Date(now.getTime() + leftMs) };
    },
    takeBack: (name) => scripts.countBack(keyOf(name)),
    async reset(name) {
      await client.use((redis) => redis.unlink(keyOf(name)));
    },
    deleteExpired: (before, batch) => inPostgres.deleteExpired(before, batch),
    countExpired: (before, atMost) => inPostgres.countExpired(before, atMost),
  };
}
