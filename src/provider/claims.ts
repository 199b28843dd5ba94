// Owns: which claims each scope opens, and which scopes exist.
import { SCOPE_CLAIMS } from '../users/claims.js';

/**
 * The library's `claims` setting. acr, amr and auth_time are in every ID token.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims
 */
export function claimsByScope(): Record<string, string[]> {
  const { openid, profile, email, phone } = SCOPE_CLAIMS;
  return { openid: [...openid, 'acr', 'amr', 'auth_time'], profile, email, phone };
}

export const SCOPES = ['openid', 'profile', 'email', 'phone', 'offline_access'];
