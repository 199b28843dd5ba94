// Owns: which claims each scope opens, and which scopes exist.
import { UNIONID } from '../clients/subjects.js';
import type { Feature } from '../config/features.js';
import { SCOPE_CLAIMS } from '../users/claims.js';

/**
 * The library's `claims` setting. acr, amr and auth_time are in every ID token.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims
 */
export function claimsByScope(features: ReadonlySet<Feature> = new Set()): Record<string, string[]> {
  const { openid, profile, email, phone } = SCOPE_CLAIMS;
  return {
    openid: [...openid, 'acr', 'amr', 'auth_time'],
    profile,
    email,
    phone,
    ...(features.has(UNIONID) && { [UNIONID]: [UNIONID] }),
  };
}

/** Those of OpenID Connect, and our own. */
export const SCOPES = ['openid', 'profile', 'email', 'phone', 'offline_access', UNIONID];

/** Those that are on. */
export const scopesOf = (features: ReadonlySet<Feature>): string[] =>
  SCOPES.filter((scope) => scope !== UNIONID || features.has(UNIONID));
