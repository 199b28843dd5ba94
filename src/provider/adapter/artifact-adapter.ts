// Owns: the library's short-lived records. The id is a bearer value: it is hashed, and never stored.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { fromEpochSeconds, toEpochSeconds } from '../../lib/clock.js';
import { hashOf } from '../../lib/ids.js';
import type { JsonObject, StoredArtifact } from '../../store/ports/index.js';
import { findInTurn } from '../request-scope.js';
import { ROUTES } from '../routes.js';
import type { AdapterDeps } from './deps.js';
import { assertStorable, callStore } from './failure.js';

/** Used up by being exchanged at the token endpoint. */
const EXCHANGED = new Set(['AuthorizationCode', 'DeviceCode']);

/** What introspection and revocation look among. */
const TOKENS = new Set(['AccessToken', 'ClientCredentials']);

/** An interaction is kept so much longer than it can be finished: its page can then start it anew. */
const INTERACTION_KEPT_MS = 24 * 3_600_000;

function toPayload(
  id: string | undefined,
  { payload, consumedAt }: StoredArtifact,
  restored: JsonObject = {},
): AdapterPayload {
  return {
    ...payload,
    ...restored,
    ...(id === undefined ? {} : { jti: id }),
    ...(consumedAt ? { consumed: toEpochSeconds(consumedAt) } : {}),
  } as AdapterPayload;
}

/** What is stored of a payload: all but the values somebody could use. */
function strip(kind: string, payload: AdapterPayload): JsonObject {
  const { jti: _jti, consumed: _consumed, ...rest } = payload as AdapterPayload & { consumed?: unknown };
  if (kind !== 'Interaction') return rest;
  const { returnTo: _returnTo, ...interaction } = rest;
  const { cookie: _cookie, ...session } = (rest.session ?? {}) as { cookie?: string };
  return rest.session ? { ...interaction, session } : interaction;
}

export function createArtifactAdapter(kind: string, { stores, clock, scopes, issuer }: AdapterDeps): Adapter {
  const { artifacts, grants } = stores;
  const isInteraction = kind === 'Interaction';

  return {
    upsert: (id, payload, expiresIn) =>
      callStore(async () => {
        assertStorable(payload);
        const { grantId, userCode } = payload;
        const expiresAt = payload.exp
          ? fromEpochSeconds(payload.exp)
          : new Date(clock.now().getTime() + (expiresIn ?? 0) * 1000);
        await artifacts.upsert(kind, hashOf(id), {
          payload: strip(kind, payload),
          grantId: isInteraction ? undefined : grantId,
          userCodeKey: userCode === undefined ? undefined : hashOf(userCode),
          expiresAt: isInteraction ? new Date(expiresAt.getTime() + INTERACTION_KEPT_MS) : expiresAt,
        });
      }),

    find: (id) =>
      callStore(async () => {
        const scope = scopes.current();
        const isUse = EXCHANGED.has(kind) && scope?.route === 'token';
        const find = () => artifacts[isUse ? 'findForUse' : 'find'](kind, hashOf(id));
        const found = await (TOKENS.has(kind) ? findInTurn(scope, find) : find());
        if (!found || (isInteraction && found.consumedAt)) return undefined;
        // The way back names the uid, so it is not stored but made again.
        const restored = isInteraction ? { returnTo: `${issuer}${ROUTES.authorization}/${id}` } : {};
        return toPayload(id, found, restored);
      }),

    findByUserCode: (userCode) =>
      callStore(async () => {
        const found = await artifacts.findByUserCode(kind, hashOf(userCode));
        return found && toPayload(undefined, found);
      }),

    findByUid: async () => undefined,

    /** Single use: whoever does not win here takes the whole grant down with it. */
    consume: (id) =>
      callStore(async () => {
        const now = clock.now();
        if (await artifacts.consume(kind, hashOf(id), now)) return;
        const found = await artifacts.find(kind, hashOf(id));
        if (found?.grantId) await grants.revoke(found.grantId, now);
        throw new errors.InvalidGrant('already consumed');
      }),

    destroy: (id) =>
      callStore(async () => {
        // Finished, it is kept until it expires: the Back button can then start it again.
        if (isInteraction) await artifacts.consume(kind, hashOf(id), clock.now());
        else await artifacts.destroy(kind, hashOf(id));
      }),

    revokeByGrantId: (grantId) => callStore(() => artifacts.revokeByGrantId(kind, grantId)),
  };
}
