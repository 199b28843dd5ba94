// Owns: what an app may ask for by name, in the parameter `claims`. Does not: ask the user about it (policy.ts).
import type { ClaimsParameter, Client, KoaContextWithOIDC } from 'oidc-provider';
import type { Feature } from '../config/features.js';
import { claimsByScope } from './claims.js';

type Places = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Places => typeof value === 'object' && value !== null;

/**
 * The library's `claimsParameter`. A claim comes to a client that is registered for its scope; for others it is left out,
 * as one that is not known: none of them is ever owed to anybody.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter
 */
export function createClaimsParameter(features: ReadonlySet<Feature>) {
  const scopeOf = new Map(
    Object.entries(claimsByScope(features)).flatMap(([scope, claims]) =>
      claims.map((claim) => [claim, scope] as const),
    ),
  );

  function keepToRegistered({ oidc }: KoaContextWithOIDC, claims: ClaimsParameter, client: Client): void {
    if (client.scope === undefined || !oidc.params) return;
    const registered = new Set(['openid', ...client.scope.split(' ')]);
    const isForClient = (claim: string) => registered.has(scopeOf.get(claim) ?? 'openid');
    const places = Object.entries(claims as Places).map(([place, wanted]) => [
      place,
      isObject(wanted)
        ? Object.fromEntries(Object.entries(wanted).filter(([claim]) => isForClient(claim)))
        : wanted,
    ]);
    oidc.params.claims = JSON.stringify(Object.fromEntries(places));
  }

  return { enabled: true, assertClaimsParameter: keepToRegistered };
}
