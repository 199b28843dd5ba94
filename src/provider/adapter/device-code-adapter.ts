// Owns: device codes: asked for, entered in a browser, answered once, polled and exchanged once.
// Does not: draw pages, nor issue tokens (library).
// @see https://www.rfc-editor.org/rfc/rfc8628
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { AuditEvent } from '../../audit/service.js';
import { fromEpochSeconds, toEpochSeconds } from '../../lib/clock.js';
import { StoreUnavailableError } from '../../lib/errors.js';
import { hashOf, randomCode } from '../../lib/ids.js';
import type { JsonObject, StoredArtifact } from '../../store/ports/index.js';
import { createDeviceAttempts } from '../device-attempts.js';
import { AlreadyAnswered, USER_CODE } from '../device-codes.js';
import { afterPoll, type Polls } from '../device-polls.js';
import { createArtifactAdapter } from './artifact-adapter.js';
import { createClientLife } from './client-life.js';
import type { AdapterDeps } from './deps.js';
import { assertStorable, callStore } from './failure.js';

const KIND = 'DeviceCode';
/** Taken by a device code: no other one has the same user code meanwhile. */
const USER_CODE_TAKEN = 'DeviceUserCode';
/** Which browser entered a user code first. */
const ENTERED = 'DeviceCodeEntered';

/** So much longer than it is good for, a device is told that its code has expired, rather than that there is none. */
const KEPT_MS = 3_600_000;

/** Begins the name a browser's request knows a code by; no device code of ours holds this character. */
const MARK = '#';
/** Where a code goes by that name: whoever reads it in the store cannot use it for tokens. */
const BROWSER_ROUTES = new Set<string | undefined>(['code_verification', 'device_resume']);

/** A failure of ours is no answer of the user's: they can try again. */
const NO_ANSWERS = new Set<unknown>(['server_error', 'temporarily_unavailable']);

const MOST_COLLISIONS = 5;

const isAnswered = ({ payload }: StoredArtifact) =>
  payload.accountId !== undefined || payload.error !== undefined;

export function createDeviceCodeAdapter(deps: AdapterDeps): Adapter {
  const { stores, clock, scopes, noteDevice } = deps;
  const { artifacts, unitOfWork } = stores;
  const clientLife = createClientLife(stores);
  const attempts = createDeviceAttempts({ counters: stores.counters, clock });
  const exchanged = createArtifactAdapter(KIND, deps);

  const isExpired = ({ payload }: StoredArtifact) =>
    fromEpochSeconds(Number(payload.exp)).getTime() <= clock.now().getTime();

  function keyOf(id: string): string {
    const isName = id.startsWith(MARK) && BROWSER_ROUTES.has(scopes.current()?.route);
    return isName ? id.slice(MARK.length) : hashOf(id);
  }

  function toPayload(id: string, { payload, consumedAt }: StoredArtifact): AdapterPayload {
    const { clientSince: _since, polls: _polls, ...rest } = payload;
    const consumed = consumedAt && { consumed: toEpochSeconds(consumedAt) };
    return { ...rest, jti: id, ...consumed } as AdapterPayload;
  }

  /** A user code that no other device has, the library's own unless there is one; it hears of another (device-flow.ts). */
  async function takeUserCode(proposed: string, expiresAt: Date): Promise<string> {
    let code = proposed;
    for (let n = 0; n < MOST_COLLISIONS; n += 1) {
      if (await artifacts.claim(USER_CODE_TAKEN, hashOf(code), { now: clock.now(), expiresAt })) return code;
      code = randomCode(USER_CODE.alphabet, USER_CODE.length);
      const scope = scopes.current();
      if (scope) scope.otherUserCode = code;
    }
    throw new StoreUnavailableError({ detail: 'no user code is free' });
  }

  async function create(id: string, { jti: _jti, userCode, ...payload }: AdapterPayload): Promise<void> {
    const expiresAt = new Date(fromEpochSeconds(Number(payload.exp)).getTime() + KEPT_MS);
    const code = await takeUserCode(String(userCode), expiresAt);
    const key = hashOf(id);
    const record = { ...payload, name: `${MARK}${key}`, ...(await clientLife.since(payload.clientId)) };
    await artifacts.upsert(KIND, key, { payload: record, userCodeKey: hashOf(code), expiresAt });
  }

  /** What the user, or the request itself, has decided: the first answer stands. Its user code leads nowhere from then on. */
  async function answer(key: string, payload: AdapterPayload): Promise<void> {
    const {
      jti: _jti,
      userCode: _code,
      inFlight: _flight,
      consumed: _consumed,
      grantId,
      ...rest
    } = payload as AdapterPayload & { consumed?: unknown };
    await unitOfWork.run(async () => {
      const found = await artifacts.findForUse(KIND, key);
      if (!found || found.consumedAt || isAnswered(found)) throw new AlreadyAnswered();
      const { clientSince } = found.payload;
      const { expiresAt } = found;
      await artifacts.upsert(KIND, key, { payload: { ...rest, grantId, clientSince }, grantId, expiresAt });
      return { commit: true, value: undefined };
    });
    const { error, clientId } = payload;
    if (error !== 'access_denied') return;
    noteDevice('denied');
    note({ type: 'device.denied', clientId });
  }

  function note(event: Pick<AuditEvent, 'type' | 'details' | 'clientId'>): void {
    const scope = scopes.current();
    const userId = scope?.ctx?.oidc.session?.accountId;
    const actor = userId === undefined ? 'system' : `user:${userId}`;
    scope?.audit.push({ ...event, actor, userId, ip: scope.ip, requestId: scope.requestId });
  }

  /** Whether the browser at hand was the first to enter this code. The session's uid stays through a login. */
  async function isFirst(entered: StoredArtifact | undefined, key: string, expiresAt: Date, browser: string) {
    const now = clock.now();
    if (entered && entered.expiresAt > now) return entered.payload.browser === browser;
    const payload: JsonObject = { browser };
    if (await artifacts.claim(ENTERED, key, { now, expiresAt, payload })) return true;
    return (await artifacts.find(ENTERED, key))?.payload.browser === browser;
  }

  /** A device asks whether it has been answered. @throws what it is told while it has not, or when it was refused */
  async function poll(key: string, found: StoredArtifact): Promise<void> {
    const isOwn = scopes.current()?.ctx?.oidc.client?.clientId === found.payload.clientId;
    if (!isOwn) return;
    if (isExpired(found)) throw new errors.ExpiredToken('device code is expired');
    if (found.consumedAt) return;
    const { error, errorDescription, accountId } = found.payload;
    // The browser has lost the login it was to be answered with, and no other may answer: the device begins again.
    if (error === 'invalid_request') throw new errors.ExpiredToken('device code is not good any more');
    // Told each time it asks, as nothing is used up by it.
    if (error !== undefined) {
      throw new errors.CustomOIDCProviderError(String(error), errorDescription as string | undefined);
    }
    if (accountId !== undefined) return;
    const { polls, isTooFast } = afterPoll(found.payload.polls as Polls | undefined, clock.now());
    await artifacts.upsert(KIND, key, { ...found, payload: { ...found.payload, polls } });
    if (!isTooFast) return;
    noteDevice('slowed');
    throw new errors.SlowDown();
  }

  return {
    ...exchanged,

    upsert: (id, payload) =>
      callStore(async () => {
        assertStorable(payload);
        if (!id.startsWith(MARK)) return create(id, payload);
        // The library's mark that somebody is at it: ours is which browser entered it first.
        if (payload.accountId === undefined && payload.error === undefined) return;
        if (!NO_ANSWERS.has(payload.error)) await answer(keyOf(id), payload);
      }),

    find: (id) =>
      callStore(async () => {
        const isPoll = scopes.current()?.route === 'token';
        const key = keyOf(id);
        // Whoever polls has the record to themselves until the answer is out.
        const found = await artifacts[isPoll ? 'findForUse' : 'find'](KIND, key);
        if (!found || (await clientLife.isOver(found))) return undefined;
        if (isPoll) await poll(key, found);
        return toPayload(id, found);
      }),

    /** Unknown, expired, answered and entered elsewhere are all the same: there is no such code. */
    findByUserCode: (userCode) =>
      callStore(async () => {
        const scope = scopes.current();
        const session = scope?.ctx?.oidc.session;
        if (!scope || !session) return undefined;
        const person = session.accountId ?? session.uid;
        const onLock = (by: string) => {
          noteDevice('locked');
          note({ type: 'device.locked', details: { by } });
        };
        const wasRight = await attempts.begin({ person, ip: scope.ip, onLock });
        const key = hashOf(userCode);
        const [found, entered] = await Promise.all([
          artifacts.findByUserCode(KIND, key),
          artifacts.find(ENTERED, key),
        ]);
        if (!found || isExpired(found) || isAnswered(found) || (await clientLife.isOver(found)))
          return undefined;
        if (!(await isFirst(entered, key, found.expiresAt, hashOf(session.uid)))) return undefined;
        await wasRight();
        return toPayload(String(found.payload.name), { ...found, payload: { ...found.payload, userCode } });
      }),
  };
}
