// Owns: remembering the resource servers: all of them are one thing.
import type { ResourceServerStore, StoredResourceServer } from '../ports/index.js';
import type { Cache } from './cache.js';
import type { Change, Changes } from './changes.js';

const ALL: Change = { kind: 'resource', id: 'all' };

export type ResourceServerCache = Cache<StoredResourceServer[]>;

export function cacheResourceServers(
  store: ResourceServerStore,
  cache: ResourceServerCache,
  { note, isInUnit, isWrittenHere }: Pick<Changes, 'note' | 'isInUnit' | 'isWrittenHere'>,
): ResourceServerStore {
  const noting = async <T>(write: Promise<T>) => {
    const result = await write;
    await note(ALL);
    return result;
  };
  return {
    ...store,
    list: async () =>
      isWrittenHere(ALL)
        ? store.list()
        : ((await cache.get(ALL.id, () => store.list(), { ownLoad: isInUnit() })) ?? []),
    create: (record, at) => noting(store.create(record, at)),
    save: (record, at) => noting(store.save(record, at)),
    delete: (identifier) => noting(store.delete(identifier)),
  };
}
