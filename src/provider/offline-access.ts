// Owns: when offline_access is kept although the user was not asked for it in this very request.
import { decodeJwt } from 'jose';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';

const OFFLINE = 'offline_access';

/** Whether an operator has marked the client as our own: nobody else can. */
export function isFirstParty(client: Client): boolean {
  return client.is_first_party === true;
}

/** The scope as it was asked for: in the address, in the form that pushes a request, or in a request object. */
function requestedScope({ oidc, query }: KoaContextWithOIDC): string {
  const { PushedAuthorizationRequest: pushed } = oidc.entities as { PushedAuthorizationRequest?: unknown };
  const { request: inside } = (pushed ?? {}) as { request?: string };
  const sent = (oidc.body ?? query) as { scope?: unknown; request?: unknown };
  const object = inside ?? sent.request;
  // The library has judged it by now.
  return String((typeof object === 'string' ? decodeJwt(object).scope : sent.scope) ?? '');
}

/**
 * The library drops offline_access from every request without prompt=consent. Core allows "other conditions" in its
 * place: an app of our own needs no consent, so it keeps the scope. Runs after the library's own checks.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess
 */
export function keepOfflineAccess(ctx: KoaContextWithOIDC, _scope: unknown, client: Client): void {
  const { params } = ctx.oidc;
  if (!params || !isFirstParty(client) || !client.grantTypeAllowed('refresh_token')) return;
  const isRequested = requestedScope(ctx).split(' ').includes(OFFLINE);
  const scopes = String(params.scope ?? '').split(' ');
  const isRegistered = client.scope === undefined || client.scope.split(' ').includes(OFFLINE);
  // Without a code there is nothing to redeem for a refresh token.
  const { response_type: type } = params;
  const hasCode = typeof type !== 'string' || type.split(' ').includes('code');
  if (!isRequested || !isRegistered || !hasCode || scopes.includes(OFFLINE)) return;
  params.scope = [...scopes.filter((scope) => scope !== ''), OFFLINE].join(' ');
}
