// Keys of clients, and what clients sign with them: as libraries do, and as no library would.
import { randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';

export interface ClientKey {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK & { kty: string; kid: string };
}

/** A key pair for signatures by `alg`. */
export async function makeClientKey(alg = 'ES256'): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { alg, kid, privateKey, publicJwk: { ...(jwk as JWK & { kty: string }), kid, alg, use: 'sig' } };
}

export const jwksOf = (...keys: ClientKey[]) => ({ keys: keys.map(({ publicJwk }) => publicJwk) });

/** A JWT signed with the key; a claim that is undefined is left out. */
export function signed(
  key: Pick<ClientKey, 'alg' | 'kid' | 'privateKey'>,
  claims: Record<string, unknown>,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

export const now = () => Math.floor(Date.now() / 1000);

/** The claims of a good assertion of the client for the provider. */
export function assertionClaims(clientId: string, issuer: string, others: Record<string, unknown> = {}) {
  const base = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60 };
  return { ...base, ...others };
}

/** The fields by which a client authenticates with an assertion. */
export const byAssertion = (client_assertion: string) => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion,
});
