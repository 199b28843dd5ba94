// Owns: the library's Session over the session store: hashing its id, telling a rotation from a logout.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { fromEpochSeconds, toEpochSeconds } from '../../lib/clock.js';
import { hashOf } from '../../lib/ids.js';
import type { JsonObject, SessionRecord, StoredSession } from '../../store/ports/index.js';
import { isSame } from '../../store/session-merge.js';
import type { AdapterDeps } from './deps.js';
import { assertStorable, callStore } from './failure.js';

/** The library changes the authorizations it is given, member by member. */
function copyOf(authorizations: StoredSession['authorizations']): StoredSession['authorizations'] {
  const copies = Object.entries(authorizations).map(([clientId, authorization]) => [
    clientId,
    { ...authorization },
  ]);
  return Object.fromEntries(copies) as StoredSession['authorizations'];
}

function toPayload(id: string | undefined, session: StoredSession): AdapterPayload {
  const { userId, authTime, acr, amr, state, transient } = session;
  return {
    kind: 'Session',
    uid: session.uid,
    iat: toEpochSeconds(session.issuedAt),
    exp: toEpochSeconds(session.expiresAt),
    authorizations: copyOf(session.authorizations),
    ...(id === undefined ? {} : { jti: id }),
    ...(userId === undefined ? {} : { accountId: userId }),
    ...(authTime === undefined ? {} : { loginTs: toEpochSeconds(authTime) }),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
    ...(state === undefined ? {} : { state }),
    ...(transient ? { transient } : {}),
  } as AdapterPayload;
}

function toRecord(payload: AdapterPayload): SessionRecord {
  return {
    uid: String(payload.uid),
    userId: payload.accountId,
    acr: payload.acr,
    amr: payload.amr,
    authTime: payload.loginTs === undefined ? undefined : fromEpochSeconds(payload.loginTs),
    transient: payload.transient === true,
    authorizations: (payload.authorizations ?? {}) as SessionRecord['authorizations'],
    state: payload.state as JsonObject | undefined,
    issuedAt: fromEpochSeconds(Number(payload.iat)),
    expiresAt: fromEpochSeconds(Number(payload.exp)),
  };
}

/** A use that prolongs the session by less than this is not worth a write: it may end so much earlier. */
const PROLONGED_MS = 3_600_000;

/** Whether saving `record` over `base` would change nothing but when the session ends, and that by little. */
function isSavedAlready(base: StoredSession, { expiresAt, ...record }: SessionRecord): boolean {
  const { version: _version, expiresAt: stored, ...before } = base;
  const prolonged = expiresAt.getTime() - stored.getTime();
  return prolonged >= 0 && prolonged < PROLONGED_MS && isSame(before, record);
}

export function createSessionAdapter({ stores, scopes }: AdapterDeps): Adapter {
  const { sessions } = stores;

  function remember(session: StoredSession | undefined): void {
    if (session) scopes.current()?.sessions.set(session.uid, session);
  }

  return {
    upsert: (id, payload) =>
      callStore(async () => {
        assertStorable(payload);
        const scope = scopes.current();
        const record = toRecord(payload);
        const base = scope?.sessions.get(record.uid);
        if (base && scope?.rotatedFrom === undefined && isSavedAlready(base, record)) return;
        await sessions.save({ key: hashOf(id), rotatedFrom: scope?.rotatedFrom, base, record });
        if (!scope) return;
        delete scope.rotatedFrom;
        // If somebody else saved in between, the version is off and the next save merges again: also right.
        scope.sessions.set(record.uid, { ...structuredClone(record), version: (base?.version ?? 0) + 1 });
      }),

    find: (id) =>
      callStore(async () => {
        const session = await sessions.find(hashOf(id));
        remember(session);
        return session && toPayload(id, session);
      }),

    findByUid: (uid) =>
      callStore(async () => {
        const session = await sessions.findByUid(uid);
        return session && toPayload(undefined, session);
      }),

    /** The library destroys the old id right before it saves under the new one: that is a rotation. */
    destroy: (id) =>
      callStore(async () => {
        const scope = scopes.current();
        const session = scope?.ctx?.oidc?.session as { oldId?: string } | undefined;
        if (scope && session?.oldId === id) scope.rotatedFrom = hashOf(id);
        else await sessions.destroy(hashOf(id));
      }),

    findByUserCode: async () => undefined,
    consume: async () => {},
    revokeByGrantId: async () => {},
  };
}
