// Owns: the connection to Redis: time-outs, reconnecting, and what counts as "cannot answer".
// Does not: know any key.
import { Redis } from 'ioredis';
import { AppError, StoreUnavailableError } from '../../lib/errors.js';
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

/**
 * From here to the end of this turn of the event loop commands wait, and then go out in one write: what several
 * requests ask for at the same moment is one wake-up of Redis and one answer to read.
 */
function gather({ stream }: Redis): void {
  if (!stream || stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
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

/** SET with PXAT and GET. */
const LEAST_VERSION = [6, 2];

function notUsable(reason: string, cause?: unknown): AppError {
  return new AppError('redis_not_usable', 503, `the Redis at REDIS_URL ${reason}`, { cause });
}

/** @throws AppError when this Redis cannot do what is asked of it */
async function checkVersion(redis: Redis): Promise<void> {
  const info = await redis.info('server');
  const [, major = 0, minor = 0] = (/^redis_version:(\d+)\.(\d+)/m.exec(info) ?? []).map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_VERSION;
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw notUsable(`is version ${major}.${minor}; it has to be ${LEAST_VERSION.join('.')} or later`);
  }
}

/**
 * Connects to the Redis at `url`. From then on it reconnects by itself; meanwhile every command fails at once.
 * @throws AppError when it cannot be used now: it does not answer, refuses the password or is too old
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
    // After a failover the old master still answers, but does not write: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    scripts: DEFINITIONS,
  });
  // Every command reports its own failure; this is the connection's, which is being made again. What connect()
  // rejects with says only that there is none.
  let failure: Error | undefined;
  redis.on('error', (error: Error) => {
    failure = error;
  });
  try {
    await redis.connect();
    await checkVersion(redis);
  } catch (error) {
    redis.disconnect();
    if (error instanceof AppError) throw error;
    const reason = failure ?? (error as Error);
    throw notUsable(`cannot be used: ${reason.message}`, reason);
  }
  return {
    async use(work) {
      try {
        gather(redis);
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
