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

function sidOf(sid: unknown): string | undefined {
  return typeof sid === 'string' ? sid : undefined;
}

type Place = Pick<StoredSession, 'issuedAt' | 'uid'>;

/** Whether `a` comes before `b` in lists. */
function isLater(a: Place, b: Place): boolean {
  const difference = a.issuedAt.getTime() - b.issuedAt.getTime();
  return difference > 0 || (difference === 0 && a.uid > b.uid);
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

  function take(uid: string): StoredSession | undefined {
    const session = toSession(rows.get(uid));
    return session && end(uid) ? session : undefined;
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
    async endAuthorizations(userId, clientId) {
      const uids = rows.keys((row) => row.userId === userId && Object.hasOwn(row.authorizations, clientId));
      return uids.flatMap((uid) => {
        const row = rows.get(uid);
        if (!row) return [];
        const { [clientId]: ended, ...authorizations } = row.authorizations;
        rows.put(uid, { ...row, authorizations, version: row.version + 1 });
        return [{ uid, sid: sidOf(ended?.sid) }];
      });
    },
    async destroyNext(before, size) {
      const uids = rows.keys((row) => row.issuedAt < before).slice(0, size);
      return uids.flatMap((uid) => (take(uid) ? [uid] : []));
    },
    async destroyByUser(userId) {
      return rows.keys((row) => row.userId === userId).flatMap((uid) => take(uid) ?? []);
    },
    async destroyByUid(uid) {
      return take(uid);
    },
    async list({ userId, clientId, liveAt, after, limit }) {
      const uids = rows.keys(
        (row) =>
          row.userId !== undefined &&
          (userId === undefined || row.userId === userId) &&
          (clientId === undefined || Object.hasOwn(row.authorizations, clientId)) &&
          (liveAt === undefined || row.expiresAt > liveAt) &&
          (after === undefined || isLater(after, row)),
      );
      const found = uids.flatMap((uid) => toSession(rows.get(uid)) ?? []);
      return found.sort((a, b) => (isLater(a, b) ? -1 : 1)).slice(0, limit);
    },
    ...createExpirable(rows, (row) => row.expiresAt, end),
  };
}
