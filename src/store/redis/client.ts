// Owns: the connection to Redis: time-outs, reconnecting, and what counts as "cannot answer".
// Does not: know any key.
import { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../lib/errors.js';
import type { Closable } from '../../lib/lifecycle.js';
import { DEFINITIONS } from './scripts.js';

const CONNECT_TIMEOUT_MS = 1_000;
const COMMAND_TIMEOUT_MS = 1_000;
/** A connection that owes an answer for so long is given up for a new one. */
const SOCKET_TIMEOUT_MS = 2_000;
const RECONNECT_MS = { first: 50, most: 500 };

export interface RedisClient extends Closable {
  /** Runs commands; what goes wrong because Redis cannot answer becomes StoreUnavailableError. */
  use<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
  /** A second connection, for subscriptions. */
  forSubscriptions(): Redis;
}

/** Errors in what we asked, not in whether Redis could answer. */
const OUR_MISTAKE = /^(ERR|WRONGTYPE|NOPROTO|CROSSSLOT|EXECABORT)\b/;

function toStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailableError) return error;
  const { name, message = '' } = error as { name?: string; message?: string };
  if (name === 'ReplyError' && OUR_MISTAKE.test(message)) return error;
  if (error instanceof TypeError || error instanceof SyntaxError) return error;
  return new StoreUnavailableError({ detail: 'redis did not answer', cause: error });
}

/**
 * Connects to the Redis at `url`. From then on it reconnects by itself; meanwhile every command fails at once.
 * @throws StoreUnavailableError when it cannot be reached now
 */
export async function openRedis(url: string): Promise<RedisClient> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(RECONNECT_MS.first * attempt, RECONNECT_MS.most),
    maxRetriesPerRequest: 0,
    // A request is answered with 503 now rather than late: nothing waits for a Redis that is away.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    scripts: DEFINITIONS,
  });
  // Every command reports its own failure; this is the connection's, which is being made again.
  redis.on('error', () => {});
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw toStoreError(error);
  }
  return {
    async use(work) {
      try {
        return await work(redis);
      } catch (error) {
        throw toStoreError(error);
      }
    },
    forSubscriptions: () =>
      redis.duplicate({
        enableOfflineQueue: true,
        maxRetriesPerRequest: null,
        commandTimeout: undefined as never,
      }),
    async close() {
      redis.disconnect();
    },
  };
}
