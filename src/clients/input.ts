// Owns: the shape in which a client is described: RFC 7591 member names. Used by seed files, the command line and the
// Admin API.
import { z } from 'zod';
import { acrToken } from '../config/acr-values.js';
import { parseOrRefuse } from '../lib/problems.js';
import { isSafeText } from '../lib/text.js';
import { AUTH_METHODS, CLIENT_SIGNING_ALGS, SECRET_SIGNING_ALGS } from './authentication.js';
import { GRANT_TYPES } from './grant-types.js';
import { jwksSchema } from './jwks.js';
import { mutualTlsMembers } from './mutual-tls.js';
import { PROFILES } from './profile.js';
import { responseTypesSchema } from './response-types.js';
import { checkRules } from './rules.js';
import { OWNER, SUBJECT_TYPES } from './subjects.js';

const text = (max: number) =>
  z.string().min(1).max(max).refine(isSafeText, 'holds characters that are not allowed');

const httpsUrl = text(512).refine(
  (value) => /^https:\/\//.test(value) && URL.canParse(value) && !new URL(value).username,
  'must be an https URL',
);

/** A link people follow: https, or loopback http for development. */
const link = text(512).refine(
  (value) =>
    URL.canParse(value) &&
    !new URL(value).username &&
    (value.startsWith('https://') || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(value)),
  'must be an https URL',
);

/** Where logout tokens are posted to. @see https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration */
const backchannelUri = link.refine((value) => !value.includes('#'), 'must not have a fragment');

/** @see https://openid.net/specs/openid-connect-core-1_0.html#ThirdPartyInitiatedLogin */
const initiateLoginUri = httpsUrl.refine((value) => !value.includes('#'), 'must not have a fragment');

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export const CLIENT_ID = /^[\w.~-]{1,64}$/;

/** A secret that somebody chose. */
export const secretSchema = z
  .string()
  .refine((value) => value.length >= 32, 'must have 32 characters or more')
  .refine((value) => Buffer.byteLength(value) <= 72, 'must not be longer than 72 bytes (bcrypt)')
  .refine((value) => /^[\x21-\x7e]+$/.test(value), 'must be printable ASCII without spaces');

export const clientInputSchema = z
  .strictObject({
    client_id: z.string().regex(CLIENT_ID, 'must be 1 to 64 of A-Z a-z 0-9 . _ ~ -'),
    client_name: text(255),
    client_secret: secretSchema.optional(),
    client_uri: link.optional(),
    logo_uri: httpsUrl.optional(),
    policy_uri: link.optional(),
    tos_uri: link.optional(),
    redirect_uris: z.array(text(512)).max(50).default([]),
    post_logout_redirect_uris: z.array(text(512)).max(50).default([]),
    scope: z.string().max(512).regex(scopeToken, 'must be scopes separated by single spaces').optional(),
    grant_types: z.array(z.enum(GRANT_TYPES)).default(['authorization_code', 'refresh_token']),
    response_types: responseTypesSchema.optional(),
    application_type: z.enum(['web', 'native']).default('web'),
    token_endpoint_auth_method: z.enum(AUTH_METHODS).default('client_secret_basic'),
    token_endpoint_auth_signing_alg: z.enum([...CLIENT_SIGNING_ALGS, ...SECRET_SIGNING_ALGS]).optional(),
    jwks: jwksSchema.optional(),
    jwks_uri: link.refine((value) => !value.includes('#'), 'must not have a fragment').optional(),
    id_token_signed_response_alg: z.enum(['RS256', 'ES256', 'EdDSA', 'HS256']).optional(),
    introspection_signed_response_alg: z.enum(['RS256', 'ES256', 'EdDSA']).optional(),
    default_max_age: z.int().min(0).optional(),
    default_acr_values: z.array(acrToken).min(1).max(10).optional(),
    require_auth_time: z.boolean().optional(),
    authorization_details_types: z.array(text(100)).min(1).max(20).optional(),
    contacts: z.array(text(200)).max(10).optional(),
    require_pkce: z.boolean().optional(),
    require_pushed_authorization_requests: z.boolean().optional(),
    require_signed_request_object: z.boolean().optional(),
    request_object_signing_alg: z.enum(CLIENT_SIGNING_ALGS).optional(),
    authorization_signed_response_alg: z.enum(['RS256', 'ES256', 'EdDSA']).optional(),
    dpop_bound_access_tokens: z.boolean().optional(),
    ...mutualTlsMembers,
    backchannel_logout_uri: backchannelUri.optional(),
    backchannel_logout_session_required: z.boolean().optional(),
    profile: z.enum(PROFILES).optional(),
    initiate_login_uri: initiateLoginUri.optional(),
    subject_type: z.enum(SUBJECT_TYPES).optional(),
    sector_identifier_uri: httpsUrl
      .refine((value) => !value.includes('#'), 'must not have a fragment')
      .optional(),
    owner: z.string().regex(OWNER, 'must be 1 to 64 of A-Z a-z 0-9 . _ ~ -').optional(),
    is_first_party: z.boolean().optional(),
    is_active: z.boolean().default(true),
  })
  // Even beside a missing member or an unknown one: every problem is to be told at once.
  .superRefine(checkRules, { when: ({ value }) => typeof value === 'object' && value !== null });

/** Whether a description may have this member. */
export const isMember = (name: string): boolean => Object.hasOwn(clientInputSchema.shape, name);

/** A client as described by an operator, checked. */
export type ClientInput = z.output<typeof clientInputSchema>;

/** A client to be made: defaults may be left out, the id too. */
export type ClientDraft = Omit<z.input<typeof clientInputSchema>, 'client_id'> & { client_id?: string };

/** A description, checked. @throws ValidationError that tells every problem: list items one by one */
export function parseClient(value: unknown): ClientInput {
  return parseOrRefuse(clientInputSchema, value, 'the client cannot be used');
}
