// DPoP proofs (RFC 9449), good ones and others.
import { createHash, randomUUID } from 'node:crypto';
import { type ClientKey, now, signed } from './client-keys.js';

export interface ProofInit {
  method?: string;
  nonce?: string | undefined;
  accessToken?: string;
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
}

/** A proof that whoever sends a request to `url` has the key. */
export function proof(
  key: ClientKey,
  url: string,
  { method = 'POST', nonce, accessToken, claims = {}, header = {} }: ProofInit = {},
): Promise<string> {
  const { kid: _kid, use: _use, alg: _alg, ...jwk } = key.publicJwk;
  const ath =
    accessToken === undefined ? undefined : createHash('sha256').update(accessToken).digest('base64url');
  const payload = { jti: randomUUID(), htm: method, htu: url, iat: now(), nonce, ath, ...claims };
  return signed({ ...key, kid: undefined as never }, payload, { typ: 'dpop+jwt', jwk, ...header });
}

/** The nonce that the token endpoint hands out at this moment. */
export async function nonceFrom(tokenEndpoint: string, key: ClientKey, fields: Record<string, string>) {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { dpop: await proof(key, tokenEndpoint) },
    body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', redirect_uri: 'x', ...fields }),
  });
  await response.arrayBuffer();
  const nonce = response.headers.get('dpop-nonce');
  if (nonce === null) throw new Error(`no nonce: ${response.status}`);
  return nonce;
}
