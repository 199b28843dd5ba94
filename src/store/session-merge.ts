// Owns: what becomes of a session several requests changed at once. Pure; every session store uses it.
// Does not: lock, read or write anything.
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, SessionRecord, SessionSave } from './ports/index.js';

type Authorizations = SessionRecord['authorizations'];

/** Whether two values are the same once stored: absent members and `undefined` ones do not differ. */
export function isSame(a: unknown, b: unknown): boolean {
  if (isDeepStrictEqual(a, b)) return true;
  if (a === undefined || b === undefined) return false;
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

/** Client by client: what `next` changed since `base` wins, removals included; else what is stored stays. */
function mergeAuthorizations(base: Authorizations, stored: Authorizations, next: Authorizations) {
  // Maps: a client may be called `__proto__`.
  const before = new Map(Object.entries(base));
  const now = new Map(Object.entries(stored));
  for (const [clientId, authorization] of Object.entries(next)) {
    if (!isSame(before.get(clientId), authorization)) now.set(clientId, authorization);
    before.delete(clientId);
  }
  // What is left of base is what this save removed.
  for (const clientId of before.keys()) now.delete(clientId);
  return Object.fromEntries<JsonObject>(now);
}

/**
 * The session to store when `next` (made from `base`) is saved over `stored`.
 *
 * `base` is undefined when the save knows of no earlier version; then it only adds. When the accounts
 * differ nothing is merged: a save that logged somebody in replaces the whole; one that did not began
 * before somebody else logged in, and must neither undo that login nor give it authorizations of its own.
 */
export function mergeSession(
  base: SessionRecord | undefined,
  stored: SessionRecord,
  next: SessionRecord,
): SessionRecord {
  if (stored.userId !== next.userId) {
    const winner = base?.userId === next.userId ? stored : next;
    return pickAll((field) => winner[field], winner.authorizations);
  }
  return pickAll(
    (field) => (isSame(base?.[field], next[field]) ? stored[field] : next[field]),
    mergeAuthorizations(base?.authorizations ?? {}, stored.authorizations, next.authorizations),
  );
}

function pickAll(
  pick: <Field extends keyof SessionRecord>(field: Field) => SessionRecord[Field],
  authorizations: Authorizations,
): SessionRecord {
  return {
    uid: pick('uid'),
    userId: pick('userId'),
    acr: pick('acr'),
    amr: pick('amr'),
    authTime: pick('authTime'),
    transient: pick('transient'),
    authorizations,
    state: pick('state'),
    issuedAt: pick('issuedAt'),
    expiresAt: pick('expiresAt'),
  };
}

/** Whether the login differs: another account, or the same one authenticated anew. */
export function isOtherLogin(a: SessionRecord | undefined, b: SessionRecord): boolean {
  return a?.userId !== b.userId || a?.authTime?.getTime() !== b.authTime?.getTime();
}

/**
 * The keys a session is found under after a save, given those it has (`keys`).
 *
 * A login leaves no key alive that somebody may have planted before it (session fixation); two logins
 * of one account in parallel tabs both keep theirs, since each proved who it is. Any other save adds its
 * key when it still holds a live one, or when nobody logged in since it read the session.
 */
export function sessionKeysAfter(
  { key, rotatedFrom, base, record }: SessionSave,
  stored: SessionRecord,
  keys: readonly string[],
): string[] {
  const logsIn = isOtherLogin(base, record);
  const loggedInMeanwhile = isOtherLogin(base, stored);
  if (logsIn && (!loggedInMeanwhile || stored.userId !== record.userId)) return [key];
  const kept = keys.filter((other) => other !== rotatedFrom && other !== key);
  const isHolder = keys.includes(rotatedFrom ?? key);
  return isHolder || logsIn || !loggedInMeanwhile ? [...kept, key] : kept;
}
