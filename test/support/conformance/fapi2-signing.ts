// Modules that message signing has beyond the security profile: pushed requests that are signed (RFC 9101).
import { UnsecuredJWT } from 'jose';
import { makeClientKey, now, signed } from '../client-keys.js';
import {
  asRs256,
  type CallOptions,
  expectRefusal,
  type FapiBench,
  type FapiModules,
  flow,
  type Json,
  push,
} from './fapi2-bench.js';

const MINUTE = 60;

/** A push of such a request object is refused. */
const refused =
  (make: (bench: FapiBench) => CallOptions | Promise<CallOptions>) =>
  async (bench: FapiBench): Promise<void> => {
    expectRefusal(await push(bench, await make(bench)), 'invalid_request_object', 'invalid_request');
  };

/** A request object with these claims is refused. */
const refusedClaims = (make: (bench: FapiBench) => Json) => refused((bench) => ({ request: make(bench) }));

function withBrokenSignature(jwt: string): string {
  const [header, payload, signature = ''] = jwt.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[10] = (bytes[10] ?? 0) ^ 0x5a;
  return [header, payload, bytes.toString('base64url')].join('.');
}

export const fapiSigningModules: FapiModules = {
  async 'ensure-request-object-with-multiple-aud-succeeds'(bench) {
    await flow(bench, { request: { aud: [bench.app.issuer, 'https://other.example'] } });
  },
  async 'ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted'(bench) {
    await flow(bench, { request: { nbf: now() + 8 } });
  },

  'ensure-request-object-without-exp-fails': refusedClaims(() => ({ exp: undefined })),
  'ensure-request-object-without-nbf-fails': refusedClaims(() => ({ nbf: undefined })),
  'ensure-expired-request-object-fails': refusedClaims(() => ({
    nbf: now() - 10 * MINUTE,
    iat: now() - 10 * MINUTE,
    exp: now() - 5 * MINUTE,
  })),
  'ensure-request-object-with-bad-aud-fails': refusedClaims(() => ({ aud: 'https://other.example' })),
  'ensure-request-object-with-exp-over-60-fails': refusedClaims(() => ({ exp: now() + 70 * MINUTE })),
  'ensure-request-object-with-nbf-over-60-fails': refusedClaims(() => ({ nbf: now() - 70 * MINUTE })),

  'ensure-signed-request-object-with-RS256-fails': refused(async ({ first }) => {
    const key = await asRs256(first.key);
    return { sign: (claims) => signed(key, claims) };
  }),
  'ensure-request-object-signature-algorithm-is-not-none': refused(() => ({
    sign: (claims) => new UnsecuredJWT(claims).encode(),
  })),
  'ensure-request-object-with-invalid-signature-fails': refused(({ first }) => ({
    sign: async (claims) => withBrokenSignature(await signed(first.key, claims)),
  })),
  // Signed by a key of somebody else's, known to the provider or not.
  async 'ensure-matching-key-in-authorization-request'(bench) {
    for (const key of [bench.second.key, await makeClientKey('PS256')]) {
      await refused(() => ({ sign: (claims) => signed(key, claims) }))(bench);
    }
  },
  'ensure-unsigned-request-at-par-endpoint-fails': refused(() => ({ isUnsigned: true })),
  'par-authorization-request-containing-request_uri': refusedClaims(() => ({
    request_uri: 'urn:ietf:params:oauth:request_uri:x',
  })),
};
