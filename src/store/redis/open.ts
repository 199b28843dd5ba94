// Owns: putting Redis in front of PostgreSQL: artifacts in Redis, everything else where it was.

import { StoreUnavailableError } from '../../lib/errors.js';
import { randomToken } from '../../lib/ids.js';
import type { Stores } from '../ports/index.js';
import { createRedisArtifactStore } from './artifacts.js';
import type { RedisClient } from './client.js';
import { createRedisCounterStore } from './counters.js';
import { createScripts } from './scripts.js';
import { createRedisUnits, type PostgresUnits } from './units.js';

const PROBE_MS = 5_000;

export interface RedisDeps {
  client: RedisClient;
  prefix: string;
  postgres: Stores & { unitOfWork: PostgresUnits };
}

/** The stores of `postgres`, with the artifacts in Redis under keys that begin with `prefix`. */
export function addRedis({ client, prefix, postgres }: RedisDeps): Stores {
  const scripts = createScripts(client);
  const units = createRedisUnits({ postgres: postgres.unitOfWork, client, scripts });
  return {
    ...postgres,
    unitOfWork: units,
    artifacts: createRedisArtifactStore({
      client,
      scripts,
      units,
      prefix,
      inPostgres: postgres.artifacts,
      isLiveGrant: async (id) => (await postgres.grants.find(id)) !== undefined,
    }),
    counters: createRedisCounterStore({ client, scripts, prefix, inPostgres: postgres.counters }),
    async check() {
      await Promise.all([postgres.check(), probe(client, `${prefix}probe:${randomToken(12)}`)]);
    },
    async close() {
      await client.close();
      await postgres.close();
    },
  };
}

/** Writes, reads and deletes `key`. */
async function probe(client: RedisClient, key: string): Promise<void> {
  await client.use(async (redis) => {
    await redis.set(key, '1', 'PX', PROBE_MS);
    const found = await redis.get(key);
    await redis.unlink(key);
    if (found !== '1') throw new StoreUnavailableError({ detail: 'what was written could not be read' });
  });
}
