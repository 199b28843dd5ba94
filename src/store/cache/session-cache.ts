// Owns: remembering sessions, by uid and by the keys they were found under.
import { LRUCache } from 'lru-cache';
import type { StoredSession } from '../ports/index.js';
import { REMEMBERED } from './cache.js';

type Load = () => Promise<StoredSession | undefined>;

export interface SessionCache {
  getByKey(key: string, load: Load): Promise<StoredSession | undefined>;
  getByUid(uid: string, load: Load): Promise<StoredSession | undefined>;
  /** Forgets a session with every key it was found under. */
  drop(uid: string): void;
  clear(): void;
}

interface Entry {
  session: StoredSession;
  /** The keys it is known to have. */
  keys: Set<string>;
}

export function createSessionCache(): SessionCache {
  const entries = new LRUCache<string, Entry>(REMEMBERED);
  const uids = new LRUCache<string, string>(REMEMBERED);
  // Counts changes of any session: what was being read at a change is not remembered.
  let changes = 0;

  async function loadAnew(load: Load, key?: string): Promise<StoredSession | undefined> {
    const before = changes;
    const start = performance.now();
    const session = await load();
    if (!session || changes !== before) return session;
    const known = entries.get(session.uid);
    const keys = known?.session.version === session.version ? known.keys : new Set<string>();
    if (key !== undefined) {
      keys.add(key);
      uids.set(key, session.uid, { start });
    }
    entries.set(session.uid, { session, keys }, { start });
    return session;
  }

  return {
    async getByKey(key, load) {
      const entry = entries.get(uids.get(key) ?? '');
      return entry?.keys.has(key) ? entry.session : loadAnew(load, key);
    },
    getByUid: async (uid, load) => entries.get(uid)?.session ?? loadAnew(load),
    drop(uid) {
      changes += 1;
      entries.delete(uid);
    },
    clear() {
      changes += 1;
      entries.clear();
      uids.clear();
    },
  };
}
