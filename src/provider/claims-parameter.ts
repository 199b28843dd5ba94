// Owns: which single claims a client may ask for: those of the scopes it is registered for.
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import type { Feature } from '../config/features.js';
import { claimsByScope } from './claims.js';
import { registeredScopes } from './resources.js';

const PLACES = ['id_token', 'userinfo'];

/**
 * Leaves out of the parameter `claims` what the client could not have by a scope either: what it is registered for would
 * be worth nothing else. Runs after the library's own checks; whoever registers no scope may have them all.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter
 */
export function dropUnregisteredClaims(
  { oidc: { params } }: KoaContextWithOIDC,
  client: Client,
  features: ReadonlySet<Feature>,
): void {
  if (typeof params?.claims !== 'string' || client.scope === undefined) return;
  const registered = registeredScopes(client);
  const names = Object.entries(claimsByScope(features)).flatMap(([scope, claims]) =>
    scope === 'openid' || registered.has(scope) ? [] : claims,
  );
  const asked = JSON.parse(params.claims) as Record<string, Record<string, unknown> | undefined>;
  for (const place of PLACES) for (const name of names) delete asked[place]?.[name];
  params.claims = JSON.stringify(asked);
}
