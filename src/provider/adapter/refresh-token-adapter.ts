// Owns: refresh tokens: rotation, reuse, and the fixed grace window for an honest retry.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { fromEpochSeconds, toEpochSeconds } from '../../lib/clock.js';
import { hashOf } from '../../lib/ids.js';
import { expandKey, openSealed, seal } from '../../lib/sealed.js';
import type { JsonObject, StoredRefreshToken } from '../../store/ports/index.js';
import { findInTurn } from '../request-scope.js';
import type { AdapterDeps } from './deps.js';
import { assertStorable, callStore } from './failure.js';

/** Members with a column of their own; the rest of the library's payload goes to `details`. */
const TYPED = new Set([
  'jti',
  'kind',
  'accountId',
  'clientId',
  'grantId',
  'sessionUid',
  'scope',
  'rotations',
  'iat',
  'exp',
  'consumed',
]);

const PURPOSE = 'refresh-token-successor';

function toPayload(id: string, token: StoredRefreshToken, consumed: boolean): AdapterPayload {
  return {
    ...token.details,
    jti: id,
    kind: 'RefreshToken',
    accountId: token.userId,
    clientId: token.clientId,
    grantId: token.grantId,
    ...(token.sessionUid === undefined ? {} : { sessionUid: token.sessionUid }),
    scope: token.scopes.join(' '),
    rotations: token.rotations,
    iat: toEpochSeconds(token.issuedAt),
    exp: toEpochSeconds(token.expiresAt),
    ...(consumed && token.consumedAt ? { consumed: toEpochSeconds(token.consumedAt) } : {}),
  } as AdapterPayload;
}

/** What only the holder of `predecessor` can open. */
function sealSuccessor(predecessor: string, successor: string) {
  const key = hashOf(predecessor);
  return { key, successorSealed: seal(expandKey(predecessor, PURPOSE), successor, key) };
}

export function createRefreshTokenAdapter({
  stores,
  clock,
  scopes,
  refreshTokenGrace,
}: AdapterDeps): Adapter {
  const { refreshTokens, grants } = stores;

  /** The successor, when `token` was first used less than the grace window ago. */
  function graceSuccessor(id: string, token: StoredRefreshToken): string | undefined {
    if (!token.consumedAt || !token.successorSealed) return undefined;
    const age = clock.now().getTime() - token.consumedAt.getTime();
    if (age >= refreshTokenGrace * 1000) return undefined;
    return openSealed(expandKey(id, PURPOSE), token.successorSealed, hashOf(id));
  }

  return {
    upsert: (id, payload) =>
      callStore(async () => {
        assertStorable(payload);
        const details: JsonObject = Object.fromEntries(
          Object.entries(payload).filter(([name]) => !TYPED.has(name)),
        );
        const predecessor = scopes.current()?.consumedRefreshToken;
        const record = {
          userId: String(payload.accountId),
          clientId: String(payload.clientId),
          grantId: String(payload.grantId),
          sessionUid: payload.sessionUid,
          scopes: payload.scope ? payload.scope.split(' ') : [],
          rotations: Number(payload.rotations ?? 0),
          issuedAt: fromEpochSeconds(Number(payload.iat)),
          expiresAt: fromEpochSeconds(Number(payload.exp)),
          details,
        };
        const replaces =
          predecessor === undefined || predecessor === id ? undefined : sealSuccessor(predecessor, id);
        await refreshTokens.upsert(hashOf(id), record, replaces);
      }),

    find: (id) =>
      callStore(async () => {
        const scope = scopes.current();
        const isUse = scope?.route === 'token';
        const key = hashOf(id);
        const token = await (isUse
          ? refreshTokens.findForUse(key)
          : findInTurn(scope, () => refreshTokens.find(key)));
        if (!token) return undefined;
        const successor = isUse ? graceSuccessor(id, token) : undefined;
        if (scope && successor) scope.graceSuccessor = successor;
        return toPayload(id, token, successor === undefined);
      }),

    consume: (id) =>
      callStore(async () => {
        const key = hashOf(id);
        const now = clock.now();
        if (!(await refreshTokens.consume(key, now))) {
          const token = await refreshTokens.find(key);
          if (token) await grants.revoke(token.grantId, now);
          throw new errors.InvalidGrant('refresh token already used');
        }
        const scope = scopes.current();
        if (scope) scope.consumedRefreshToken = id;
      }),

    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    destroy: (id) => callStore(() => refreshTokens.destroy(hashOf(id))),
    revokeByGrantId: (grantId) => callStore(() => refreshTokens.revokeByGrantId(grantId)),
  };
}
