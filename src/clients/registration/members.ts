// Owns: which members of its description a client may set that registers itself, and reading them from a request.
// Does not: judge them (policy.ts, and the rules of all clients).
import { BadRequestError } from '../../lib/errors.js';
import type { ClientDescription } from '../description.js';
import { isMember } from '../input.js';
import { mutualTlsMembers } from '../mutual-tls.js';

/**
 * Everything else is the operators': id and secret, the profile, whether it is first-party or active, and whatever
 * comes to be a member without being named here.
 */
const SETTABLE = [
  'client_name',
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'contacts',
  'redirect_uris',
  'post_logout_redirect_uris',
  'scope',
  'grant_types',
  'response_types',
  'application_type',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
  'tls_client_certificate_bound_access_tokens',
  'jwks',
  'jwks_uri',
  'id_token_signed_response_alg',
  'introspection_signed_response_alg',
  'authorization_signed_response_alg',
  'request_object_signing_alg',
  'default_max_age',
  'require_auth_time',
  'require_pkce',
  'require_pushed_authorization_requests',
  'require_signed_request_object',
  'dpop_bound_access_tokens',
  ...Object.keys(mutualTlsMembers),
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
  'initiate_login_uri',
];

/** What protects a client stays on, once it is: operators take it off. */
const PROTECTIONS = [
  'require_pkce',
  'require_pushed_authorization_requests',
  'require_signed_request_object',
  'dpop_bound_access_tokens',
  'tls_client_certificate_bound_access_tokens',
];

export const isSettable = (name: string): boolean => SETTABLE.includes(name) && isMember(name);

/** What only answers may hold. @see https://www.rfc-editor.org/rfc/rfc7592#section-2.2 */
const OF_ANSWERS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];

/**
 * The members of `body` that count: unknown and forbidden ones do not, null and empty text mean that there is none.
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export function askedOf(body: Readonly<Record<string, unknown>>): ClientDescription {
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => isSettable(name) && value !== null && value !== ''),
  );
}

/** What an update must and must not say of itself. @throws BadRequestError */
export function assertUpdateOf(clientId: string, body: Readonly<Record<string, unknown>>): void {
  const stray = OF_ANSWERS.find((name) => body[name] !== undefined);
  if (stray !== undefined) throw new BadRequestError(`${stray} must not be sent back`);
  if (body.client_id !== clientId) throw new BadRequestError('client_id must be sent, as it was answered');
}

/** A client's description after an update: what was asked for, and of what was there the operators' part. */
export function afterUpdate(before: ClientDescription, asked: ClientDescription): ClientDescription {
  const kept = Object.entries(before).filter(
    ([name, value]) => !isSettable(name) || (PROTECTIONS.includes(name) && value === true),
  );
  return { ...asked, ...Object.fromEntries(kept) };
}
