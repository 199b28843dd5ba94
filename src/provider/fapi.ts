// Owns: what holds for clients of the FAPI 2.0 security profile alone. What they must be is in clients/profile.ts.
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { isFapiAlg } from '../clients/profile.js';
import type { Feature } from '../config/features.js';

/** A code lives no longer, in seconds (section 5.3.2.1). */
export const FAPI_CODE_SECONDS = 60;

/** A request object is good for no longer, in seconds (FAPI 2.0 Message Signing, section 5.3.1). */
const MAX_REQUEST_SECONDS = 3_600;

type Claims = Record<string, unknown>;

export function isFapiClient(client: Client | undefined): boolean {
  return client?.profile === 'fapi2';
}

/**
 * The library's profile by client. With it on, tokens are taken out of no address whatsoever: who needs those has no
 * clients of the profile.
 */
export function createFapi(features: ReadonlySet<Feature>) {
  return {
    enabled: !features.has('query_token'),
    profile: (_ctx: KoaContextWithOIDC, client: Client | undefined) =>
      isFapiClient(client) ? ('2.0' as const) : undefined,
  };
}

/** @throws InvalidClientAuth unless the assertion is for the issuer alone, and signed as the profile wants it */
export function assertFapiAssertion({ oidc }: KoaContextWithOIDC, { aud }: Claims, { alg }: Claims): void {
  if (!oidc.isFapi('2.0')) return;
  if (aud !== oidc.issuer)
    throw new errors.InvalidClientAuth('the audience (aud) must be the issuer identifier');
  if (!isFapiAlg(alg))
    throw new errors.InvalidClientAuth('the client assertion must be signed PS256, ES256 or EdDSA');
}

/** @throws InvalidRequestObject unless it has a short life, and is signed as the profile wants it */
export async function assertFapiRequest({ oidc }: KoaContextWithOIDC, claims: Claims, { alg }: Claims) {
  if (!oidc.isFapi('2.0')) return;
  const refuse = (description: string) => {
    throw new errors.InvalidRequestObject(description);
  };
  for (const name of ['exp', 'nbf', 'aud']) {
    if (claims[name] === undefined) refuse(`the request object has no ${name}`);
  }
  const seconds = Number(claims.exp) - Number(claims.nbf);
  if (!(seconds > 0 && seconds <= MAX_REQUEST_SECONDS)) refuse('the request object is good for too long');
  // What was pushed unsigned is kept as a JWT of our own, without a signature; nobody else gets here with one.
  if (alg !== 'none' && !isFapiAlg(alg)) refuse('the request object must be signed PS256, ES256 or EdDSA');
}
