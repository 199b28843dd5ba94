// Owns: looking at a Redis before anything is done with it.
import { openRedis } from './client.js';

export interface RedisCondition {
  version: string;
  /** What it does when it is full; undefined: it does not tell. */
  evictionPolicy: string | undefined;
}

/** @throws AppError when it cannot be used */
export async function examineRedis(url: string): Promise<RedisCondition> {
  const client = await openRedis(url);
  try {
    const info = await client.use((redis) => redis.info());
    const fieldOf = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
    return { version: fieldOf('redis_version') ?? '', evictionPolicy: fieldOf('maxmemory_policy') };
  } finally {
    await client.close();
  }
}
