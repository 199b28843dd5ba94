// Redis for tests: the one that runs, looked into and emptied by prefix, and one of our own to be killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from '../app.js';
import { eventually } from './waiting.js';

export const TEST_REDIS_URL = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';

export interface RedisInspector {
  keys(prefix: string): Promise<string[]>;
  /** The value of a key that holds a string. */
  read(key: string): Promise<string | null>;
  /** Deletes every key with this prefix; how many there were. */
  deleteKeys(prefix: string): Promise<number>;
  close(): void;
}

/** @throws Error that says where no Redis answers */
export async function openRedis(url: string): Promise<RedisInspector> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 5_000 });
  // What fails is told by the call that fails.
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
  } catch (cause) {
    redis.disconnect();
    const message = `no Redis answers at ${new URL(url).host}: these tests need one. Name it in TEST_REDIS_URL`;
    throw new Error(message, { cause });
  }

  async function keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    let cursor = '0';
    do {
      const [next, some] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
      cursor = next;
      found.push(...some);
    } while (cursor !== '0');
    return found;
  }

  return {
    keys,
    read: (key) => redis.get(key),
    async deleteKeys(prefix) {
      const found = await keys(prefix);
      // One by one: in a cluster they are in different slots.
      await Promise.all(found.map((key) => redis.unlink(key)));
      return found.length;
    },
    close: () => redis.disconnect(),
  };
}

export interface OwnRedis {
  url: string;
  kill(): Promise<void>;
  /** Starts it again on the same port: it remembers nothing. */
  start(): Promise<void>;
}

/** A Redis server that keeps nothing on disk. Needs redis-server on the PATH. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  process.on('exit', () => server?.kill('SIGKILL'));

  async function start(): Promise<void> {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    server = spawn('redis-server', options, { stdio: 'ignore' });
    // ENOENT: then nothing answers, which is told below.
    server.on('error', () => {});
    await eventually(5_000, async () => (await openRedis(url)).close());
  }

  await start();
  return {
    url,
    start,
    async kill() {
      if (!server || server.exitCode !== null || server.signalCode !== null) return;
      const closed = once(server, 'close');
      server.kill('SIGKILL');
      await closed;
    },
  };
}
