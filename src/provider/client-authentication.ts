// Owns: which ways of client authentication are on, and what an assertion of a client must say.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { CLIENT_SIGNING_ALGS, SECRET_SIGNING_ALGS } from '../clients/authentication.js';
import type { Config } from '../config/load.js';
import { type Clock, toEpochSeconds } from '../lib/clock.js';
import { assertFapiAssertion } from './fapi.js';
import { certificateMethods } from './mutual-tls.js';
import type { SecretKeys } from './secret-keys.js';

/** An assertion is remembered until it expires, so that it is good once: not for longer than this, in seconds. */
const MAX_ASSERTION_SECONDS = 3_600;

/** Clocks may be so far apart, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 30;

/**
 * The library's settings of client authentication. Assertions are signed, name client and provider, expire, and are
 * good once (adapter/replay-adapter.ts).
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function createClientAuthentication(
  { features, mtls }: Pick<Config, 'features' | 'mtls'>,
  clock: Clock,
  secretKeys: Pick<SecretKeys, 'wasRight'>,
) {
  const byKey = features.has('private_key_jwt');
  const bySecret = features.has('client_secret_jwt');
  return {
    clientAuthMethods: [
      'client_secret_basic' as const,
      'client_secret_post' as const,
      ...(bySecret ? ['client_secret_jwt' as const] : []),
      ...(byKey ? ['private_key_jwt' as const] : []),
      ...certificateMethods(mtls),
      'none' as const,
    ],
    clientAuthSigningAlgValues: [
      ...(byKey ? CLIENT_SIGNING_ALGS : []),
      ...(bySecret ? SECRET_SIGNING_ALGS : []),
    ],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    async assertJwtClientAuthClaimsAndHeader(
      ctx: KoaContextWithOIDC,
      claims: Record<string, unknown>,
      header: Record<string, unknown>,
    ): Promise<void> {
      if (
        Number(claims.exp) - toEpochSeconds(clock.now()) >
        MAX_ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS
      ) {
        throw new errors.InvalidClientAuth('the client assertion must expire within an hour');
      }
      assertFapiAssertion(ctx, claims, header);
      secretKeys.wasRight();
    },
  };
}
