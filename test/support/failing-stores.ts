// Stores that fail when they are told to.
import { StoreUnavailableError } from '../../src/lib/errors.js';
import type { Stores } from '../../src/store/ports/index.js';

/** `stores`, each call of which fails while `isDown`, but for those of `up`. */
export function failing(stores: Stores, state: { isDown: boolean; up: Set<string> }): Stores {
  const guard = <T extends object>(store: T, name: string): T =>
    new Proxy(store, {
      get(target, property) {
        const value = Reflect.get(target, property) as unknown;
        if (typeof value !== 'function') return value;
        return (...all: unknown[]) => {
          if (state.isDown && !state.up.has(name)) return Promise.reject(new StoreUnavailableError());
          return (value as (...all: unknown[]) => unknown).apply(target, all);
        };
      },
    });
  const guarded = Object.entries(stores).map(([name, store]) => [
    name,
    typeof store === 'function' ? store : guard(store as object, name),
  ]);
  return Object.fromEntries(guarded) as Stores;
}
