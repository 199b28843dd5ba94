// Owns: the session records and tabs the session suites play with.
import type { SessionRecord, SessionStore, StoredSession } from '../../../src/store/ports/index.js';
import { HOUR, later, NOW, newId, newKey, present } from './support.js';

/** A session nobody has logged in to, unless `over` says otherwise. */
export function sessionRecord(over: Partial<SessionRecord> = {}): SessionRecord {
  return {
    uid: newId(),
    transient: false,
    authorizations: {},
    issuedAt: NOW,
    expiresAt: later(HOUR),
    ...over,
  };
}

/** The members of a login. */
export function login(userId: string, authTime: Date): Partial<SessionRecord> {
  return { userId, authTime, acr: 'urn:acr:1', amr: ['pwd'] };
}

/** Stores a new session; returns its key. */
export async function seedSession(
  sessions: SessionStore,
  over: Partial<SessionRecord> = {},
): Promise<string> {
  const key = newKey();
  await sessions.save({ key, record: sessionRecord(over) });
  return key;
}

/** One request's view of a session: read now, changed and saved later. */
export interface Tab {
  base: StoredSession;
  /** Saves `changes` under the key the session was read with. */
  save(changes: Partial<SessionRecord>): Promise<void>;
  /** As save, but under a new key, which it returns. */
  rotate(changes: Partial<SessionRecord>): Promise<string>;
}

export async function openTab(sessions: SessionStore, key: string): Promise<Tab> {
  const base = present(await sessions.find(key));
  const { version: _, ...read } = base;
  return {
    base,
    save: (changes) => sessions.save({ key, base, record: { ...read, ...changes } }),
    async rotate(changes) {
      const rotated = newKey();
      await sessions.save({ key: rotated, rotatedFrom: key, base, record: { ...read, ...changes } });
      return rotated;
    },
  };
}
