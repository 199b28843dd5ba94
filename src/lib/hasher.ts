// Owns: bcrypt off the event loop, shared fairly between callers. Does not: know clients or users.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { StoreUnavailableError, ValidationError } from './errors.js';
import { createFairQueue } from './fair-queue.js';
import type { HasherTask } from './hasher-worker.js';
import type { Closable } from './lifecycle.js';
import { isSafeText } from './text.js';

/** bcrypt ignores what comes after the 72nd byte. */
const MAX_BYTES = 72;
const DEFAULT_COST = 10;
/** A stored hash of a higher cost would hold a worker for seconds or days: it counts as malformed. */
const MAX_COST = 15;
const MAX_THREADS = 4;
const WAITING_PER_KEY = 32;
const WAITING_IN_ALL = 256;
const IDLE_MS = 60_000;
const HASH_KEY = '#hash';
const HASH_FORM = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** What stands in for a value that cannot match; any value costs bcrypt the same. */
const STAND_IN = 'x';

export interface HasherOptions {
  /** Worker threads; each keeps one core busy. Default: cores - 1, between 1 and 4. */
  threads?: number;
  /** bcrypt cost of new hashes and of the dummy (rounds = 2^cost, 4 to 15). Default 10. */
  cost?: number;
  /** How long an unused worker lives, in milliseconds. The next call starts a new one. Default 60,000. */
  idleMs?: number;
}

/**
 * bcrypt hashes and comparisons. Nothing here blocks the event loop: work is done by worker threads, and
 * waits for them in turns by `key` (who is asking), so that one caller's flood does not hold up the others.
 * Every method rejects with TooManyRequestsError when too much is waiting already. Closing lets running work
 * finish and refuses the rest with StoreUnavailableError.
 */
export interface Hasher extends Closable {
  /**
   * The bcrypt hash of `value` under a fresh salt.
   * @throws ValidationError when the value is empty, longer than 72 bytes of UTF-8 (bcrypt would ignore the
   * rest) or holds NUL or lone surrogates (which bcrypt confuses with other values).
   */
  hash(value: string): Promise<string>;
  /**
   * Whether `value` is what `hash` was made from. A value that `hash()` would refuse and a malformed stored
   * hash are false, after the same work as every other comparison.
   */
  compare(value: string, hash: string, key: string): Promise<boolean>;
  /**
   * Does the work of a comparison and returns false: for a client or user that does not exist. `cost` is
   * that of the hashes it should be mistaken for; default: that of new hashes.
   */
  compareDummy(value: string, key: string, cost?: number): Promise<false>;
}

/** The bcrypt cost of a stored hash, or undefined when it is malformed or unreasonably expensive. */
export function bcryptCostOf(hash: string): number | undefined {
  const cost = Number(HASH_FORM.exec(hash)?.[1]);
  return cost >= 4 && cost <= MAX_COST ? cost : undefined;
}

/** Opens the worker pool. No thread is started before the first call. */
export function openHasher({ threads, cost = DEFAULT_COST, idleMs = IDLE_MS }: HasherOptions = {}): Hasher {
  const concurrency = threads ?? Math.min(MAX_THREADS, Math.max(1, availableParallelism() - 1));
  const queue = createFairQueue({ concurrency, perKey: WAITING_PER_KEY, total: WAITING_IN_ALL });
  // No 'error' listener on purpose: it fires only when a worker cannot start, and then nothing works.
  const pool = new Piscina<HasherTask, string | boolean>({
    filename: new URL('./hasher-worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: concurrency,
    idleTimeout: idleMs,
    recordTiming: false,
    execArgv: [],
    env: {}, // bcrypt needs none of our secrets
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  });

  let isClosed = false;

  function run(key: string, task: HasherTask): Promise<string | boolean> {
    return queue.run(key, async () => {
      // Asked when the turn comes, so that what still waits at the end is refused and not run.
      if (isClosed) throw new StoreUnavailableError({ detail: 'the hasher is closed' });
      return pool.run(task);
    });
  }

  async function compareDummy(key: string, dummyCost: number): Promise<false> {
    await run(key, { kind: 'compare', value: STAND_IN, hash: dummyHash(dummyCost) });
    return false;
  }

  return {
    async hash(value) {
      const reason = refusal(value);
      if (reason) throw new ValidationError('the value cannot be hashed', [{ field: 'value', reason }]);
      return String(await run(HASH_KEY, { kind: 'hash', value, cost }));
    },
    async compare(value, hash, key) {
      if (bcryptCostOf(hash) === undefined) return compareDummy(key, cost);
      const possible = refusal(value) === undefined;
      const matches = await run(key, { kind: 'compare', value: possible ? value : STAND_IN, hash });
      return possible && matches === true;
    },
    compareDummy: (_value, key, dummyCost = cost) => compareDummy(key, dummyCost),
    close() {
      isClosed = true;
      return pool.close();
    },
  };
}

/** Why `value` cannot be told apart from other values by its bcrypt hash; undefined when it can. */
function refusal(value: string): string | undefined {
  if (value === '') return 'must not be empty';
  if (Buffer.byteLength(value) > MAX_BYTES) return `must not be longer than ${MAX_BYTES} bytes`;
  if (!isSafeText(value)) return 'must not hold NUL or lone surrogates';
  return undefined;
}

/** A well-formed hash of the given cost that was made from nothing. */
function dummyHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
