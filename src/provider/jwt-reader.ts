// Owns: telling which of the JWTs this provider signs a token is, by its signature. Does not: know whether it still
// counts (token-standing.ts).
import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JWK,
  type JWTPayload,
} from 'jose';
import { SIGNING_ALGS } from '../keys/signing-keys.js';

/** `none`: no JWT of this provider's. Claims of a bad signature are anybody's. */
export type JwtReading =
  | { is: 'none' }
  | { is: 'access_token' | 'id_token' | 'other' | 'bad_signature'; claims: JWTPayload };

export interface JwtReader {
  read(token: string): Promise<JwtReading>;
}

/** Whether a token has the form of a JWT; values of ours that are none have no dots. */
export function isJwt(token: string): boolean {
  try {
    decodeProtectedHeader(token);
    return true;
  } catch {
    return false;
  }
}

const publicPart = ({ kid, alg, kty, crv, x, y, n, e }: JWK): JWK =>
  Object.fromEntries(
    Object.entries({ kid, alg, kty, crv, x, y, n, e, use: 'sig' }).filter(([, value]) => value !== undefined),
  ) as JWK;

/** What a JWT is, by its header. @see https://www.rfc-editor.org/rfc/rfc9068#section-2.1 */
function kindOf(typ: unknown, { sub, iat }: JWTPayload): 'access_token' | 'id_token' | 'other' {
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : 'jwt';
  if (type === 'at+jwt') return 'access_token';
  return type === 'jwt' && sub !== undefined && iat !== undefined ? 'id_token' : 'other';
}

/** @param signing the keys in use and those that still verify */
export function createJwtReader({ issuer, signing }: { issuer: string; signing: readonly JWK[] }): JwtReader {
  const keys = createLocalJWKSet({ keys: signing.map(publicPart) });
  return {
    async read(token) {
      let claims: JWTPayload;
      let typ: unknown;
      try {
        ({ typ } = decodeProtectedHeader(token));
        claims = decodeJwt(token);
      } catch {
        return { is: 'none' };
      }
      if (claims.iss !== issuer) return { is: 'none' };
      try {
        // Pinned: neither `none`, nor a public key taken for a secret.
        await compactVerify(token, keys, { algorithms: [...SIGNING_ALGS] });
      } catch {
        return { is: 'bad_signature', claims };
      }
      return { is: kindOf(typ, claims), claims };
    },
  };
}
