// Owns: the endpoint that says what a token is worth (row C5). Does not: say whose it is; that is introspection.
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { originOf } from '../clients/redirect-uris.js';
import type { ResourceServers } from '../clients/resource-servers.js';
import type { Config } from '../config/load.js';
import type { KeySet } from '../keys/signing-keys.js';
import { type Clock, fromEpochSeconds } from '../lib/clock.js';
import type { Stores } from '../store/ports/index.js';
import { callStore } from './adapter/failure.js';
import { createJwtReader } from './jwt-reader.js';
import type { RequestScopes } from './request-scope.js';
import type { SecretKeys } from './secret-keys.js';
import { MalformedRequest, tokenOf } from './token-in-request.js';
import { createVerdicts, type Verdict } from './token-verdicts.js';

export interface ValidationDeps {
  config: Pick<Config, 'issuer' | 'features'>;
  provider: Provider;
  keys: KeySet;
  secretKeys: SecretKeys;
  scopes: RequestScopes;
  stores: Stores;
  resourceServers: ResourceServers;
  clock: Clock;
}

const ALLOWED_METHODS = 'GET, POST';

function preflight(ctx: KoaContextWithOIDC, origin: string): void {
  // Which client it is about, and so whether its page may read the answer, only the request itself tells.
  ctx.set('Access-Control-Allow-Origin', origin);
  ctx.set('Access-Control-Allow-Methods', ALLOWED_METHODS);
  ctx.set('Access-Control-Allow-Headers', 'authorization, content-type');
  ctx.set('Access-Control-Max-Age', '3600');
  ctx.status = 204;
}

function answer(ctx: KoaContextWithOIDC, { status, type, clientId, exp, scope }: Verdict): void {
  const isKnown = status !== 'unknown' && status !== 'bad_signature';
  ctx.body = {
    valid: status === 'valid',
    status,
    ...(isKnown && {
      token_type: type,
      client_id: clientId,
      ...(exp !== undefined && { expires_at: fromEpochSeconds(exp).toISOString() }),
      ...(scope !== undefined && { scope }),
    }),
  };
}

/** Answers the endpoint, and passes everything else on. With the feature off, there is nothing at its address. */
export function validateTokens(deps: ValidationDeps) {
  const { config, scopes, stores } = deps;
  const jwts = createJwtReader({
    issuer: config.issuer,
    signing: deps.keys.signing,
    secretKeys: deps.secretKeys,
  });
  const judge = createVerdicts({ ...deps, jwts });
  const isQueryAllowed = config.features.has('query_token');

  /** Pages of the token's client may read the answer: those it may be called back at. */
  async function mayRead(origin: string, clientId: string | undefined): Promise<boolean> {
    const client = clientId === undefined ? undefined : await stores.clients.find(clientId);
    return client?.redirect_uris.some((uri) => originOf(uri) === origin) ?? false;
  }

  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (scopes.current()?.route !== 'validation') return next();
    if (!config.features.has('validate_token')) {
      ctx.status = 404;
      ctx.body = { error: 'not_found', error_description: 'there is nothing at this address' };
      return;
    }
    const origin = ctx.get('origin');
    ctx.vary('Origin');
    ctx.set('Cache-Control', 'no-store');
    if (ctx.method === 'OPTIONS') return preflight(ctx, origin === '' ? '*' : origin);
    try {
      const { token, clientId: named } = await tokenOf(ctx, { isQueryAllowed });
      const verdict = await callStore(() => judge(token));
      const clientId = verdict.clientId ?? named;
      if (origin !== '' && (await callStore(() => mayRead(origin, clientId)))) {
        ctx.set('Access-Control-Allow-Origin', origin);
      }
      answer(ctx, verdict);
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error;
      ctx.status = 400;
      ctx.body = { error: 'invalid_request', error_description: error.message };
    }
  };
}
