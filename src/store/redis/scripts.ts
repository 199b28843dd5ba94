// Owns: what must happen in Redis in one go. Each script touches the keys of one artifact only.
import type { Redis } from 'ioredis';
import type { ArtifactKeys } from './records.js';

/** How long a process that dies, or loses Redis, in the middle keeps others from what it was using. */
const LEASE_MS = 4_000;

// A record that is not there or used up already needs no protection.
const TAKE = `
local record, used = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if not record or used or redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2])
  or redis.call('GET', KEYS[3]) == ARGV[1] then return {1, record, used} end
return {0, false, false}`;

const GIVE_BACK = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

// -1: somebody else is using it now; 0: there is nothing to use up (any more); 1: used up by this call, and
// given back. The mark tells by whom, so that a call whose answer was lost can be repeated.
const CONSUME = `
local lock = redis.call('GET', KEYS[3])
if lock and lock ~= ARGV[2] then return -1 end
local left, mark = redis.call('PTTL', KEYS[1]), ARGV[1] .. ':' .. ARGV[2]
if left <= 0 then return 0 end
if not redis.call('SET', KEYS[2], mark, 'NX', 'PX', left) and redis.call('GET', KEYS[2]) ~= mark then return 0 end
if lock then redis.call('DEL', KEYS[3]) end
return 1`;

// Counts, and begins a window with its first count.
const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;

// Never makes a counter that would have no end.
const COUNT_BACK = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then return redis.call('DECR', KEYS[1]) end
return 0`;

export interface Taken {
  /** False while somebody else is using it. */
  isOurs: boolean;
  text: string | null;
  usedAt: string | null;
}

/** For the connection to know them by name. */
export const DEFINITIONS = {
  l2uTake: { numberOfKeys: 3, lua: TAKE },
  l2uGiveBack: { numberOfKeys: 1, lua: GIVE_BACK },
  l2uConsume: { numberOfKeys: 3, lua: CONSUME },
  l2uCount: { numberOfKeys: 1, lua: COUNT },
  l2uCountBack: { numberOfKeys: 1, lua: COUNT_BACK },
};

interface Commands {
  l2uTake(...args: (string | number)[]): Promise<[number, string | null, string | null]>;
  l2uGiveBack(...args: string[]): Promise<number>;
  l2uConsume(...args: (string | number)[]): Promise<number>;
  l2uCount(key: string, windowMs: number): Promise<[number, number]>;
  l2uCountBack(key: string): Promise<number>;
}

export interface Scripts {
  /** Keeps others from using the artifact until it is given back. */
  take(keys: ArtifactKeys, owner: string): Promise<Taken>;
  giveBack(keys: ArtifactKeys, owner: string): Promise<void>;
  /** @returns undefined while somebody else is using it */
  consume(keys: ArtifactKeys, at: Date, owner: string): Promise<boolean | undefined>;
  /** One more in the window that runs, and how much longer it does, in milliseconds. */
  count(key: string, windowMs: number): Promise<{ count: number; leftMs: number }>;
  /** One less in the window that runs. */
  countBack(key: string): Promise<void>;
}

/** @param client runs commands on a connection that knows DEFINITIONS */
export function createScripts(client: { use<T>(work: (redis: Redis) => Promise<T>): Promise<T> }): Scripts {
  const run = <T>(work: (commands: Commands) => Promise<T>) =>
    client.use((redis) => work(redis as unknown as Commands));
  return {
    async take({ record, used, lock }, owner) {
      const [isOurs, text, usedAt] = await run((redis) => redis.l2uTake(record, used, lock, owner, LEASE_MS));
      return { isOurs: isOurs === 1, text, usedAt };
    },
    async giveBack({ lock }, owner) {
      await run((redis) => redis.l2uGiveBack(lock, owner));
    },
    async consume({ record, used, lock }, at, owner) {
      const result = await run((redis) => redis.l2uConsume(record, used, lock, at.getTime(), owner));
      return result === -1 ? undefined : result === 1;
    },
    async count(key, windowMs) {
      const [count, leftMs] = await run((redis) => redis.l2uCount(key, windowMs));
      return { count, leftMs };
    },
    async countBack(key) {
      await run((redis) => redis.l2uCountBack(key));
    },
  };
}
