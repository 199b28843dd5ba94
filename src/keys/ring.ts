// Owns: the keys in use by this process, kept in step with those stored. Does not: decide what becomes of keys.
import { setTimeout as delay } from 'node:timers/promises';
import { createDeferred } from '../lib/deferred.js';
import { StoreUnavailableError } from '../lib/errors.js';
import { randomFraction } from '../lib/ids.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { Closable } from '../lib/lifecycle.js';
import type { KeyRecord, KeyStore } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import type { KeyService } from './service.js';
import { type KeySet, openKeySet } from './signing-keys.js';

/** How often the store is looked at where no word of a change arrives, give or take a tenth. */
const POLL_MS = 2_000;
const START_TRIES = 20;
const START_RETRY_MS = 250;

export interface KeyRingDeps {
  keys: Pick<KeyService, 'ensure' | 'advance'>;
  store: Pick<KeyStore, 'list' | 'subscribe'>;
  encryption: Pick<KeyEncryption, 'open'>;
  /** Those of the configuration, where it names some. */
  cookieKeys: readonly string[] | undefined;
  logger: Pick<Logger, 'info' | 'warn'>;
  pollMs?: number;
}

export interface KeyRing extends Closable {
  /** The keys to begin with; made first on a new installation. @throws AppError wrong_key_encryption_key */
  load(): Promise<KeySet>;
  /** From now on tells `onSwap` the keys whenever others are in use. */
  follow(onSwap: (keys: KeySet) => void): void;
  /** From now on looks at the store every few seconds, and does what has become due. */
  start(): void;
}

/** Differs whenever keys are used otherwise than before; says nothing of what they are sealed with. */
function nameOf(records: readonly KeyRecord[]): string {
  return JSON.stringify(records.map(({ kid, state, retiredAt }) => [kid, state, retiredAt]));
}

/** Tries again while the store cannot answer, for as long as a start may take. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || tries >= START_TRIES) throw error;
      await delay(START_RETRY_MS);
    }
  }
}

export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { keys, store, encryption, cookieKeys, logger, pollMs = POLL_MS } = deps;
  let inUse: string | undefined;
  let set: KeySet | undefined;
  let changed = createDeferred<void>();
  let isClosed = false;
  let isFailing = false;
  let timer: NodeJS.Timeout | undefined;
  let following: Promise<void> | undefined;
  let advancing: Promise<void> | undefined;
  let unsubscribe = () => {};

  /** The keys, unless they are those in use. */
  async function read(): Promise<{ name: string; set: KeySet } | undefined> {
    const records = await store.list();
    const name = nameOf(records);
    if (name === inUse) return undefined;
    return { name, set: await openKeySet(records, encryption, cookieKeys) };
  }

  /** What fails is tried again in a moment; it is told of once. */
  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      isFailing = false;
    } catch (error) {
      if (!isFailing && !isClosed) logger.warn({ error }, 'keys cannot be looked after; those in use stay');
      isFailing = true;
    }
  }

  /**
   * Where not every key opens, those in use stay, but for what is gone: somebody may know a key that was revoked.
   * The last key of an algorithm stays even so: without one nobody could log in.
   */
  async function dropGone(onSwap: (keys: KeySet) => void): Promise<void> {
    if (!set) return;
    const records = await store.list();
    const gone = new Set(records.filter(({ state }) => state === 'gone').map(({ kid }) => kid));
    const rest = set.signing.filter(({ kid }) => !gone.has(kid ?? ''));
    const algs = (keys: KeySet['signing']) => new Set(keys.map(({ alg }) => alg)).size;
    if (rest.length === set.signing.length || algs(rest) < algs(set.signing)) return;
    set = { ...set, signing: rest };
    onSwap(set);
  }

  async function follow(onSwap: (set: KeySet) => void): Promise<void> {
    // Its own flow: whoever wakes it may be in the middle of a unit of work.
    while (!isClosed) {
      await changed.promise;
      changed = createDeferred<void>();
      if (isClosed) return;
      await guarded(async () => {
        const found = await read().catch(async (error) => {
          await dropGone(onSwap);
          throw error;
        });
        if (!found) return;
        onSwap(found.set);
        set = found.set;
        inUse = found.name;
        logger.info({ kids: found.set.signing.map(({ kid }) => kid) }, 'other keys are in use');
      });
    }
  }

  function schedule(): void {
    if (isClosed) return;
    timer = setTimeout(
      () => {
        advancing = guarded(() => keys.advance()).then(() => {
          changed.resolve();
          schedule();
        });
      },
      pollMs * (0.9 + 0.2 * randomFraction()),
    );
    timer.unref();
  }

  return {
    async load() {
      // Where connections are scarce, those of the migrations may not have gone yet.
      const found = await patiently(async () => {
        await keys.ensure();
        return read();
      });
      if (!found) throw new Error('keys are loaded once');
      inUse = found.name;
      set = found.set;
      return found.set;
    },
    follow(onSwap) {
      unsubscribe = store.subscribe(() => changed.resolve());
      following = follow(onSwap);
    },
    start() {
      if (!timer) schedule();
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      unsubscribe();
      changed.resolve();
      await following;
      await advancing;
    },
  };
}
