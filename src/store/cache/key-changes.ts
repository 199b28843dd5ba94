// Owns: telling this process that keys have changed. Does not: remember any key.
import type { KeyStore } from '../ports/index.js';
import type { Changes } from './changes.js';

/** Takes the place of a cache: what would be forgotten is told to whoever uses keys. */
export interface KeyChanges {
  drop(): void;
  clear(): void;
  /** `keys`, with every change told here and elsewhere. */
  tellOf(keys: KeyStore, changes: Pick<Changes, 'note'>): KeyStore;
}

export function createKeyChanges(): KeyChanges {
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  return {
    drop: tell,
    clear: tell,
    tellOf(keys, changes) {
      const note = () => changes.note({ kind: 'key', id: 'all' });
      return {
        ...keys,
        async add(key) {
          await keys.add(key);
          await note();
        },
        async change(key, to, dates) {
          const isChanged = await keys.change(key, to, dates);
          if (isChanged) await note();
          return isChanged;
        },
        subscribe(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      };
    },
  };
}
