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
import { isSafeText } from '../lib/text.js';
import type { SecretKeys } from './secret-keys.js';

/** `none`: no JWT of this provider's. Claims of a bad signature are anybody's. */
export type JwtReading =
  | { is: 'none' }
  | { is: 'access_token' | 'id_token' | 'other' | 'bad_signature'; claims: JWTPayload };

export interface JwtReader {
  read(token: string): Promise<JwtReading>;
}

/** Whether a token has the form of a JWT; values of ours that are none have no dots. */
export function isJwt(token: string): boolean {
  // An error costs more than all the rest of looking at a token of ours.
  if (!token.includes('.')) return false;
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

/**
 * Whether it is an ID token signed with a secret of the one client it is for. Only those are: a client that could sign
 * more with its secret could make itself access tokens.
 */
async function isSignedBySecret(
  token: string,
  { aud }: JWTPayload,
  secretKeys: Pick<SecretKeys, 'ofIdTokens'>,
) {
  if (typeof aud !== 'string' || !isSafeText(aud)) return false;
  for (const key of await secretKeys.ofIdTokens(aud)) {
    const secret = await key.open();
    const isRight = await compactVerify(token, secret, { algorithms: ['HS256'] }).then(
      () => true,
      () => false,
    );
    if (isRight) return true;
  }
  return false;
}

export interface JwtReaderDeps {
  issuer: string;
  /** The keys in use and those that still verify. */
  signing: readonly JWK[];
  /** Those of clients that get ID tokens signed HS256. */
  secretKeys: Pick<SecretKeys, 'ofIdTokens'>;
}

export function createJwtReader({ issuer, signing, secretKeys }: JwtReaderDeps): JwtReader {
  const keys = createLocalJWKSet({ keys: signing.map(publicPart) });
  return {
    async read(token) {
      let claims: JWTPayload;
      let typ: unknown;
      let alg: unknown;
      try {
        ({ typ, alg } = decodeProtectedHeader(token));
        claims = decodeJwt(token);
      } catch {
        return { is: 'none' };
      }
      if (claims.iss !== issuer) return { is: 'none' };
      if (alg === 'HS256') {
        const isIdToken =
          kindOf(typ, claims) === 'id_token' && (await isSignedBySecret(token, claims, secretKeys));
        return { is: isIdToken ? 'id_token' : 'bad_signature', claims };
      }
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
