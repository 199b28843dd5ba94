// Owns: remembering what was read for less than a second. Does not: know what it is or who changes it.
import { LRUCache } from 'lru-cache';

/**
 * How long anything is remembered, in milliseconds. Changes made through this service are known at once; this
 * is the bound where no word of a change arrives (the site's own users table, a lost connection): a second.
 */
const REMEMBERED_MS = 900;

/**
 * How much is remembered of a kind, and for how long. The clock is read each time: the library of these caches would
 * otherwise set a timer for every millisecond in which one is looked at.
 */
export const REMEMBERED = { max: 10_000, ttl: REMEMBERED_MS, ttlResolution: 0 };

export interface Cache<V extends object> {
  /**
   * What is remembered under `key`, else what `load` finds, frozen; undefined is not remembered. Callers at the
   * same moment share one load, unless they ask for one of their own (`ownLoad`): whoever holds a transaction must
   * not wait for somebody who may be waiting for its end.
   */
  get(
    key: string,
    load: () => Promise<V | undefined>,
    options?: { ownLoad: boolean },
  ): Promise<V | undefined>;
  /** Forgets `key`, and what is being loaded for it at this moment. */
  drop(key: string): void;
  clear(): void;
}

/** So that no reader can change what the next one gets. */
function freeze<V extends object>(value: V): V {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null && !(member instanceof Date)) freeze(member);
  }
  return Object.freeze(value);
}

export function createCache<V extends object>(): Cache<V> {
  const entries = new LRUCache<string, V>(REMEMBERED);
  const loading = new Map<string, Promise<V | undefined>>();

  async function loadAnew(key: string, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const start = performance.now();
    const found = load().then((value) => value && freeze(value));
    loading.set(key, found);
    try {
      const value = await found;
      // Dropped meanwhile: it may be what was there before the change.
      if (value !== undefined && loading.get(key) === found) {
        // Counted from when it was asked for: by the time the answer is there it may be old already.
        entries.set(key, value, { start });
      }
      return value;
    } finally {
      if (loading.get(key) === found) loading.delete(key);
    }
  }

  return {
    get: async (key, load, { ownLoad } = { ownLoad: false }) =>
      entries.get(key) ?? (ownLoad ? undefined : loading.get(key)) ?? loadAnew(key, load),
    drop(key) {
      entries.delete(key);
      loading.delete(key);
    },
    clear() {
      entries.clear();
      loading.clear();
    },
  };
}
