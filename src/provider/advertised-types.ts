// Owns: which response types discovery speaks of: those that some client may use at this moment.
import type { KoaContextWithOIDC } from 'oidc-provider';
import { isFrontChannel } from '../clients/response-types.js';
import type { ClientStore } from '../store/ports/index.js';
import type { RequestScopes } from './request-scope.js';

/** How long discovery waits for the store, in milliseconds; after that it says what was last known. */
const PATIENCE_MS = 500;

/** How long a store that did not answer is left alone, in milliseconds. */
const PAUSE_MS = 1_000;

interface AllowedTypesDeps {
  clients: Pick<ClientStore, 'responseTypes'>;
  /** Milliseconds since some moment. */
  monotonic?: () => number;
}

/** The response types in use: at most a second old, or older while the store cannot answer. Never fails. */
export function createAllowedTypes({ clients, monotonic = () => performance.now() }: AllowedTypesDeps) {
  let known: readonly string[] = [];
  let askAgainAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      known = await clients.responseTypes();
    } catch {
      askAgainAt = monotonic() + PAUSE_MS;
    }
  }

  return async (): Promise<readonly string[]> => {
    if (monotonic() < askAgainAt) return known;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, 'late');
    });
    if ((await Promise.race([asking, patience])) === 'late') askAgainAt = monotonic() + PAUSE_MS;
    clearTimeout(timer);
    return known;
  };
}

/**
 * Takes out of the discovery document what no active client may use: response types beyond `code`, and with the last
 * of those that bring tokens the grant type implicit. `fragment` stays: a code may come there, too.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
 */
export function advertiseAllowed({
  scopes,
  ...deps
}: AllowedTypesDeps & { scopes: Pick<RequestScopes, 'current'> }) {
  const allowedTypes = createAllowedTypes(deps);
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const body = ctx.body as { response_types_supported?: string[]; grant_types_supported?: string[] };
    if (scopes.current()?.route !== 'discovery' || !body?.response_types_supported) return;
    const allowed = await allowedTypes();
    const types = body.response_types_supported.filter((type) => type === 'code' || allowed.includes(type));
    body.response_types_supported = types;
    if (types.some(isFrontChannel)) return;
    body.grant_types_supported = (body.grant_types_supported ?? []).filter((type) => type !== 'implicit');
  };
}
