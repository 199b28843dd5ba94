// Owns: what JWT access tokens say beyond what the library puts into them (iss, aud, sub, client_id, scope, jti, times).
import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import type { UserStore } from '../store/ports/index.js';
import { userClaims } from '../users/claims.js';
import { callStore } from './adapter/failure.js';

/** By scope of the token. Of an e-mail address that is not known, nothing is said. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  profile: ['name'],
  email: ['email', 'email_verified'],
};

/**
 * When the user authenticated, and how well, as far as the token's origin tells: a resource server can then answer
 * `insufficient_user_authentication`.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-6
 */
export function authenticationClaims(
  { oidc }: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
): Record<string, string | number> {
  if (token.kind !== 'AccessToken') return {};
  const { AuthorizationCode, RefreshToken, DeviceCode } = oidc.entities;
  // One that comes straight from the authorization endpoint is of the login at hand.
  const atHand =
    oidc.route === 'authorization' || oidc.route === 'resume'
      ? { acr: oidc.acr, authTime: oidc.session?.authTime() }
      : {};
  const { acr, authTime } = AuthorizationCode ?? RefreshToken ?? DeviceCode ?? atHand;
  return { ...(acr !== undefined && { acr }), ...(authTime !== undefined && { auth_time: authTime }) };
}

interface Parts {
  payload: Record<string, unknown>;
}

/**
 * The library's `formats.customizers.jwt`: the grant, so that all of its tokens can be refused at once, and who the user
 * is if the client asked for that at this resource and the user allowed it.
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-2.2
 */
export function createAccessTokenClaims({ users }: { users: Pick<UserStore, 'find'> }) {
  return async (
    _ctx: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
    parts: Parts,
  ): Promise<void> => {
    if (!('grantId' in token) || typeof token.grantId !== 'string') return;
    const { grantId, accountId } = token;
    parts.payload.grant_id = grantId;
    const wanted = [...token.scopes].flatMap((scope) => CLAIMS[scope] ?? []);
    if (wanted.length === 0) return;
    const user = await callStore(() => users.find(accountId));
    const known = user ? userClaims(user, {}) : {};
    for (const name of wanted) if (known[name] !== undefined) parts.payload[name] = known[name];
  };
}
