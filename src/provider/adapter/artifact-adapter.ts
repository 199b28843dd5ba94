// Owns: the library's short-lived records. The id is a bearer value: it is hashed, and never stored.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { fromEpochSeconds, toEpochSeconds } from '../../lib/clock.js';
import { hashOf } from '../../lib/ids.js';
import type { JsonObject, StoredArtifact } from '../../store/ports/index.js';
import { keyOfPushed, nameOfPushed, PUSHED_REQUEST } from '../pushed-requests.js';
import { findInTurn } from '../request-scope.js';
import { ROUTES } from '../routes.js';
import { createClientLife } from './client-life.js';
import type { AdapterDeps } from './deps.js';
import { assertStorable, callStore } from './failure.js';

/** Used up by being exchanged at the token endpoint. */
const EXCHANGED = new Set(['AuthorizationCode']);

/** What introspection and revocation look among. */
const TOKENS = new Set(['AccessToken', 'ClientCredentials']);

/** Tokens that hang on no grant, whose end would be theirs, but on their client alone. */
const OF_CLIENT = 'ClientCredentials';

/**
 * Kept so much longer than they are good for: an interaction's page can then start it anew, and a pushed request stays
 * used up for as long as somebody who came with it may take to log in.
 */
const KEPT_MS: Record<string, number> = { Interaction: 24 * 3_600_000, [PUSHED_REQUEST]: 24 * 3_600_000 };

function toPayload(
  id: string,
  { payload: { clientSince: _since, ...payload }, consumedAt }: StoredArtifact,
  restored: JsonObject = {},
): AdapterPayload {
  return {
    ...payload,
    ...restored,
    jti: id,
    ...(consumedAt ? { consumed: toEpochSeconds(consumedAt) } : {}),
  } as AdapterPayload;
}

/** What is stored of a payload: all but the values somebody could use. */
function strip(kind: string, payload: AdapterPayload): JsonObject {
  const { jti: _jti, consumed: _consumed, ...rest } = payload as AdapterPayload & { consumed?: unknown };
  if (kind !== 'Interaction') return rest;
  const { returnTo: _returnTo, ...interaction } = rest as AdapterPayload & { parJti?: string };
  if (interaction.parJti !== undefined) interaction.parJti = nameOfPushed(interaction.parJti);
  const { cookie: _cookie, ...session } = (rest.session ?? {}) as { cookie?: string };
  return rest.session ? { ...interaction, session } : interaction;
}

export function createArtifactAdapter(kind: string, { stores, clock, scopes, issuer }: AdapterDeps): Adapter {
  const { artifacts, grants } = stores;
  const clientLife = createClientLife(stores);
  const isInteraction = kind === 'Interaction';
  const keyOf = (id: string) => (kind === PUSHED_REQUEST ? keyOfPushed(id, scopes.current()) : hashOf(id));

  const clientSince = async (clientId: unknown): Promise<JsonObject> =>
    kind === OF_CLIENT ? clientLife.since(clientId) : {};

  const isOrphan = async (found: StoredArtifact): Promise<boolean> =>
    kind === OF_CLIENT && clientLife.isOver(found);

  return {
    upsert: (id, payload, expiresIn) =>
      callStore(async () => {
        assertStorable(payload);
        const { grantId } = payload;
        const expiresAt = payload.exp
          ? fromEpochSeconds(payload.exp)
          : new Date(clock.now().getTime() + (expiresIn ?? 0) * 1000);
        await artifacts.upsert(kind, keyOf(id), {
          payload: { ...strip(kind, payload), ...(await clientSince(payload.clientId)) },
          grantId: isInteraction ? undefined : grantId,
          expiresAt: new Date(expiresAt.getTime() + (KEPT_MS[kind] ?? 0)),
        });
      }),

    find: (id) =>
      callStore(async () => {
        const scope = scopes.current();
        const isUse = EXCHANGED.has(kind) && scope?.route === 'token';
        const find = () => artifacts[isUse ? 'findForUse' : 'find'](kind, keyOf(id));
        const found = await (TOKENS.has(kind) ? findInTurn(scope, find) : find());
        if (!found || (isInteraction && found.consumedAt) || (await isOrphan(found))) return undefined;
        // The way back names the uid, so it is not stored but made again.
        const way = found.payload.deviceCode === undefined ? ROUTES.authorization : ROUTES.device;
        const restored = isInteraction ? { returnTo: `${issuer}${way}/${id}` } : {};
        return toPayload(id, found, restored);
      }),

    findByUserCode: async () => undefined,
    findByUid: async () => undefined,

    /** Single use: whoever does not win here takes the whole grant down with it. */
    consume: (id) =>
      callStore(async () => {
        const now = clock.now();
        if (await artifacts.consume(kind, keyOf(id), now)) return;
        if (kind === PUSHED_REQUEST) throw new errors.InvalidRequestUri('the request_uri was already used');
        const found = await artifacts.find(kind, hashOf(id));
        if (found?.grantId) await grants.revoke(found.grantId, now);
        throw new errors.InvalidGrant('already consumed');
      }),

    destroy: (id) =>
      callStore(async () => {
        // Finished, it is kept until it expires: the Back button can then start it again.
        if (isInteraction) await artifacts.consume(kind, hashOf(id), clock.now());
        else await artifacts.destroy(kind, keyOf(id));
      }),

    revokeByGrantId: (grantId) => callStore(() => artifacts.revokeByGrantId(kind, grantId)),
  };
}
