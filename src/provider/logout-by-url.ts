// Owns: the other names under which a logout's address may name the app and where to return to (row C7). Does not:
// decide anything: the library and the user do, as for every logout that an app asks for.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Feature } from '../config/features.js';
import type { RequestScopes } from './request-scope.js';

/** As Authing's logout address has them. */
const ALIASES: Record<string, string> = {
  app_id: 'client_id',
  redirect_uri: 'post_logout_redirect_uri',
};

/**
 * Gives aliases in the address of a logout their names of the standard. Where both are given there are two values of
 * one parameter, which the library refuses. Nothing is easier by an alias: the return address must be registered, and
 * the user is asked unless an ID token proves who asks.
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
 */
export function logoutByUrl({ features, scopes }: { features: ReadonlySet<Feature>; scopes: RequestScopes }) {
  return (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (features.has('logout_by_url') && scopes.current()?.route === 'end_session' && ctx.method !== 'POST') {
      const given = [...new URLSearchParams(ctx.querystring)];
      if (given.some(([name]) => Object.hasOwn(ALIASES, name))) {
        const named = given.map(([name, value]) => [ALIASES[name] ?? name, value]);
        ctx.querystring = new URLSearchParams(named).toString();
      }
    }
    return next();
  };
}
