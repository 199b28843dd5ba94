// Owns: browser sessions in memory. Does not: decide how saves merge (../session-merge.ts).
import type { SessionSave, SessionStore, StoredSession } from '../ports/index.js';
import { mergeSession, sessionKeysAfter } from '../session-merge.js';
import { createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

interface SessionRow extends StoredSession {
  keys: string[];
}

function toSession(row: SessionRow | undefined): StoredSession | undefined {
  if (!row) return undefined;
  const { keys: _, ...session } = row;
  return session;
}

export function createMemorySessionStore(units: MemoryUnits): SessionStore {
  const rows = createTable<SessionRow>(units);
  const uidByKey = createTable<{ uid: string }>(units);

  /** Stores the row and points exactly its keys at it. */
  function put(row: SessionRow, previousKeys: string[]): void {
    for (const key of previousKeys) uidByKey.delete(key);
    for (const key of row.keys) uidByKey.put(key, { uid: row.uid });
    rows.put(row.uid, row);
  }

  function end(uid: string): boolean {
    for (const key of rows.get(uid)?.keys ?? []) uidByKey.delete(key);
    return rows.delete(uid);
  }

  function save(request: SessionSave): void {
    const { key, base, record } = request;
    const stored = rows.get(record.uid);
    if (stored) {
      const session = mergeSession(base, stored, record);
      const keys = sessionKeysAfter(request, stored, stored.keys);
      put({ ...session, version: stored.version + 1, keys }, stored.keys);
    } else if (!base) {
      put({ ...record, version: 1, keys: [key] }, []);
    }
    // Otherwise the session ended since it was read: a late save must not bring it back.
  }

  return {
    async find(key) {
      const uid = uidByKey.get(key)?.uid;
      return uid === undefined ? undefined : toSession(rows.get(uid));
    },
    async findByUid(uid) {
      return toSession(rows.get(uid));
    },
    async save(request) {
      save(request);
    },
    async destroy(key) {
      const uid = uidByKey.get(key)?.uid;
      return uid !== undefined && end(uid) ? [uid] : [];
    },
    async destroyByUser(userId) {
      return rows.keys((row) => row.userId === userId).filter(end);
    },
    ...createExpirable(rows, (row) => row.expiresAt, end),
  };
}
