// Owns: which optional part of the protocol a client's settings need. Does not: know which are on (config/).
import type { Feature } from '../config/features.js';
import type { FieldProblem } from '../lib/errors.js';
import type { ClientRecord } from '../store/ports/index.js';
import { authMethodOf } from './authentication.js';
import { DEVICE_CODE } from './grant-types.js';
import { isFrontChannel } from './response-types.js';
import { isPairwise, UNIONID } from './subjects.js';

interface Need {
  field: string;
  feature: Feature;
  /** What it needs is that the feature is off. */
  isContrary?: boolean;
  isAsked(client: ClientRecord): boolean;
}

const method = (name: string, feature: Feature): Need => ({
  field: 'token_endpoint_auth_method',
  feature,
  isAsked: (client) => authMethodOf(client) === name,
});

const flag = (field: string, feature: Feature): Need => ({
  field,
  feature,
  isAsked: ({ metadata }) => metadata[field] === true,
});

const member = (field: string, feature: Feature): Need => ({
  field,
  feature,
  isAsked: ({ metadata }) => metadata[field] !== undefined,
});

const isFapi = ({ metadata }: ClientRecord) => metadata.profile === 'fapi2';
const isByCertificate = ({ metadata }: ClientRecord) =>
  metadata.tls_client_certificate_bound_access_tokens === true;
const profile = (feature: Feature): Need => ({ field: 'profile', feature, isAsked: isFapi });

const NEEDS: readonly Need[] = [
  {
    field: 'response_types',
    feature: 'implicit',
    isAsked: ({ response_types: types }) => types.some(isFrontChannel),
  },
  method('private_key_jwt', 'private_key_jwt'),
  method('tls_client_auth', 'mtls'),
  method('self_signed_tls_client_auth', 'mtls'),
  method('client_secret_jwt', 'client_secret_jwt'),
  {
    field: 'id_token_signed_response_alg',
    feature: 'hs256',
    isAsked: ({ metadata }) => metadata.id_token_signed_response_alg === 'HS256',
  },
  { field: 'subject_type', feature: 'pairwise', isAsked: isPairwise },
  {
    field: 'scope',
    feature: 'unionid',
    isAsked: ({ scope }) => scope?.split(' ').includes(UNIONID) === true,
  },
  profile('par'),
  // Of one kind or the other.
  { ...profile('dpop'), isAsked: (client) => isFapi(client) && !isByCertificate(client) },
  { ...profile('query_token'), isContrary: true },
  flag('require_pushed_authorization_requests', 'par'),
  flag('require_signed_request_object', 'jar'),
  member('request_object_signing_alg', 'jar'),
  member('authorization_signed_response_alg', 'jarm'),
  flag('dpop_bound_access_tokens', 'dpop'),
  {
    field: 'grant_types',
    feature: 'device_flow',
    isAsked: (client) => client.grant_types.includes(DEVICE_CODE),
  },
  flag('tls_client_certificate_bound_access_tokens', 'mtls'),
  member('authorization_details_types', 'rar'),
  member('introspection_signed_response_alg', 'introspection_jwt'),
];

/** What the client asks for although it is off. */
export function featureProblems(client: ClientRecord, features: ReadonlySet<Feature>): FieldProblem[] {
  const unmet = NEEDS.filter(
    ({ feature, isContrary = false, isAsked }) => features.has(feature) === isContrary && isAsked(client),
  );
  return unmet.map(({ field, feature, isContrary }) => ({
    field,
    reason: isContrary
      ? `cannot go with ${feature}, which OAUTH_FEATURES has`
      : `needs ${feature}, which is off: OAUTH_FEATURES does not have it`,
  }));
}
