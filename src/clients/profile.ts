// Owns: what a client takes upon itself by a security profile. Does not: enforce it (provider/, the library).
import type { ClientRecord } from '../store/ports/index.js';
import { DEVICE_CODE } from './grant-types.js';
import type { Described, Report, Rule } from './rule.js';
import { includes, textItems } from './rule.js';

/** @see https://openid.net/specs/fapi-security-profile-2_0-final.html */
export const PROFILES = ['fapi2'] as const;

/** What FAPI 2.0 lets anybody sign with (section 5.4.1). */
const FAPI_ALGS = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

const FAPI_METHODS = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];

/** RS256 unless somebody chose; the profile has no place for it. */
const SIGNED_BY_DEFAULT = 'ES256';

export const isFapiAlg = (alg: unknown): boolean => FAPI_ALGS.includes(String(alg));

/** The members that follow from the client's profile, for what stands in its metadata. */
export function profileMembers({ metadata }: Pick<ClientRecord, 'metadata'>): Record<string, unknown> {
  if (metadata.profile !== 'fapi2') return {};
  const { tls_client_certificate_bound_access_tokens: isByCertificate } = metadata;
  return {
    require_pushed_authorization_requests: true,
    require_pkce: true,
    ...(isByCertificate !== true && { dpop_bound_access_tokens: true }),
    id_token_signed_response_alg: metadata.id_token_signed_response_alg ?? SIGNED_BY_DEFAULT,
    authorization_signed_response_alg: metadata.authorization_signed_response_alg ?? SIGNED_BY_DEFAULT,
  };
}

const ALGS = [
  'id_token_signed_response_alg',
  'token_endpoint_auth_signing_alg',
  'request_object_signing_alg',
  'authorization_signed_response_alg',
];

function checkSwitches(client: Described, report: Report): void {
  for (const field of ['require_pushed_authorization_requests', 'require_pkce']) {
    if (client[field] === false) report([field], 'cannot be false with the profile fapi2');
  }
  const isByCertificate = client.tls_client_certificate_bound_access_tokens === true;
  if (client.dpop_bound_access_tokens === false && !isByCertificate)
    report(['dpop_bound_access_tokens'], 'cannot be false with the profile fapi2');
}

/** @see https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1 */
export const fapiClients: Rule = (client, report) => {
  if (client.profile !== 'fapi2') return;
  if (!FAPI_METHODS.includes(String(client.token_endpoint_auth_method)))
    report(
      ['token_endpoint_auth_method'],
      `must be one of ${FAPI_METHODS.join(', ')} with the profile fapi2`,
    );
  for (const field of ALGS) {
    if (client[field] !== undefined && !isFapiAlg(client[field]))
      report([field], 'must be PS256, ES256 or EdDSA with the profile fapi2');
  }
  checkSwitches(client, report);
  if (includes(client.grant_types, DEVICE_CODE))
    report(['grant_types'], 'a client of the profile fapi2 has no device codes');
  for (const [index, type] of textItems(client.response_types)) {
    if (type !== 'code') report(['response_types', index], 'must be code with the profile fapi2');
  }
  for (const [index, uri] of textItems(client.redirect_uris)) {
    if (uri.startsWith('http:') && client.application_type !== 'native')
      report(['redirect_uris', index], 'must be https with the profile fapi2');
  }
};
