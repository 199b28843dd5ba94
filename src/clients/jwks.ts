// Owns: which public keys of a client may be registered. Does not: fetch or use them.
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { z } from 'zod';

const MAX_KEYS = 10;
const MAX_CHARACTERS = 16_384;
const MIN_RSA_BITS = 2048;
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const CURVES: Record<string, string[]> = { EC: ['P-256', 'P-384', 'P-521'], OKP: ['Ed25519'] };

type Jwk = Record<string, unknown>;

/** Why the key cannot be registered. @see https://www.rfc-editor.org/rfc/rfc7517#section-4 */
function problemOf(jwk: Jwk): string | undefined {
  if (PRIVATE.some((member) => member in jwk)) return 'is a secret: give the public key only';
  const { kty, crv } = jwk;
  if (kty !== 'RSA' && !CURVES[String(kty)]?.includes(String(crv))) {
    return 'must be an RSA, P-256, P-384, P-521 or Ed25519 key';
  }
  try {
    const { asymmetricKeyDetails: details } = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    if ((details?.modulusLength ?? MIN_RSA_BITS) >= MIN_RSA_BITS) return undefined;
    return `must have ${MIN_RSA_BITS} bits or more`;
  } catch {
    return 'is not a public key';
  }
}

/** @see https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata (jwks) */
export const jwksSchema = z
  .strictObject({
    keys: z
      .array(z.looseObject({ kty: z.string() }))
      .min(1)
      .max(MAX_KEYS),
  })
  .superRefine(({ keys }, context) => {
    const report = (message: string, ...path: (string | number)[]) =>
      context.addIssue({ code: 'custom', path, message });
    const kids = new Set<unknown>();
    for (const [index, key] of keys.entries()) {
      const problem = problemOf(key);
      if (problem !== undefined) report(problem, 'keys', index);
      if (key.kid !== undefined && kids.has(key.kid)) report('has the kid of another key', 'keys', index);
      kids.add(key.kid);
    }
    if (JSON.stringify(keys).length > MAX_CHARACTERS) report('are too long', 'keys');
  });
