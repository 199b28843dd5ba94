// Owns: how clients and their secrets look in the Admin API. What may be registered is the client service's to say:
// the schemas of requests are made of its own members.
import { z } from 'zod';
import { type ClientInput, clientInputSchema, secretSchema } from '../../clients/input.js';
import { moment, pageOf, paging, text, when } from './schemas.js';

const { shape } = clientInputSchema;

export const clientSecret = z
  .strictObject({
    id: z.int(),
    label: z.string().optional(),
    created_at: when,
    expires_at: when.optional(),
    last_used_at: when.optional().describe('To within ten minutes.'),
    sealed: z.literal(true).optional().describe('It is kept sealed, so that it can be a key.'),
  })
  .describe('One of the secrets of a client, without the secret.');

export const rotatedSecret = clientSecret
  .extend({ client_secret: z.string().describe('The new secret; it is not told again.') })
  .describe('A secret that was just made.');

export const clientSecrets = z.strictObject({ items: z.array(clientSecret) });

export const client = z
  .strictObject({
    client_id: z.string(),
    client_name: z.string(),
    client_uri: z.string().optional(),
    logo_uri: z.string().optional(),
    policy_uri: z.string().optional(),
    tos_uri: z.string().optional(),
    redirect_uris: z.array(z.string()),
    post_logout_redirect_uris: z.array(z.string()),
    scope: z.string().optional(),
    grant_types: z.array(z.string()),
    response_types: z.array(z.string()),
    application_type: z.string(),
    token_endpoint_auth_method: z.string(),
    token_endpoint_auth_signing_alg: z.string().optional(),
    jwks: z.strictObject({ keys: z.array(z.looseObject({ kty: z.string() })) }).optional(),
    jwks_uri: z.string().optional(),
    id_token_signed_response_alg: z.string().optional(),
    introspection_signed_response_alg: z.string().optional(),
    default_max_age: z.int().optional(),
    default_acr_values: z.array(z.string()).optional(),
    require_auth_time: z.boolean().optional(),
    authorization_details_types: z.array(z.string()).optional(),
    contacts: z.array(z.string()).optional(),
    require_pkce: z.boolean().optional(),
    require_pushed_authorization_requests: z.boolean().optional(),
    require_signed_request_object: z.boolean().optional(),
    request_object_signing_alg: z.string().optional(),
    authorization_signed_response_alg: z.string().optional(),
    dpop_bound_access_tokens: z.boolean().optional(),
    tls_client_auth_subject_dn: z.string().optional(),
    tls_client_auth_san_dns: z.string().optional(),
    tls_client_auth_san_uri: z.string().optional(),
    tls_client_auth_san_ip: z.string().optional(),
    tls_client_auth_san_email: z.string().optional(),
    tls_client_certificate_bound_access_tokens: z.boolean().optional(),
    backchannel_logout_uri: z.string().optional(),
    backchannel_logout_session_required: z.boolean().optional(),
    profile: z.string().optional(),
    initiate_login_uri: z.string().optional(),
    subject_type: z.string().optional(),
    sector_identifier_uri: z.string().optional(),
    owner: z.string().optional().describe('Whose app it is: for the scope unionid.'),
    is_first_party: z.boolean().optional(),
    is_active: z.boolean(),
    version: z.int().describe('Rises with every change; also the ETag.'),
    created_at: when,
    updated_at: when,
    secrets: z.array(clientSecret).describe('The oldest first.'),
  })
  .describe('A client (relying party), in the terms of RFC 7591.');

export const createdClient = client
  .extend({
    client_secret: z.string().optional().describe('The secret that was made; it is not told again.'),
  })
  .describe('A client that was just made.');

export const clientPage = pageOf(client);

/** A client to be made: without an id it gets one. */
export const clientDraft = z
  .strictObject({ ...shape, client_id: shape.client_id.optional() })
  .describe('A client, in the terms of RFC 7591.');

function patchMember(schema: z.ZodType): z.ZodType {
  // A patch says what changes: what it leaves out gets no default.
  const inner = schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
  return inner.nullable().optional();
}

const patchable = Object.entries(shape).filter(
  ([name]) => !['client_id', 'client_secret'].includes(name),
) as [keyof ClientInput, z.ZodType][];

/** A change of a client. */
export const clientPatch = z
  .strictObject(Object.fromEntries(patchable.map(([name, schema]) => [name, patchMember(schema)])))
  .describe('What is to change (RFC 7396); null gives a member its default.');

export const rotation = z.strictObject({
  label: text(64).optional().describe('What people call the new secret.'),
  expires_at: moment.optional().describe('When the new secret ends.'),
  overlap_seconds: z
    .int()
    .min(0)
    .max(31_536_000)
    .optional()
    .describe('How long the secrets before it go on: a day unless given; 0 ends them at once.'),
  client_secret: secretSchema.optional().describe('The new secret, if it is not to be generated.'),
  sealed: z
    .boolean()
    .optional()
    .describe(
      'Keep it so that it can be a key, before the client is switched to client_secret_jwt or HS256.',
    ),
});

export const clientQuery = z.strictObject({
  ...paging,
  q: text(255).optional().describe('Part of the id or the name, in any case.'),
  is_active: z.boolean().optional(),
  is_confidential: z.boolean().optional().describe('Whether it has secrets.'),
  grant_type: text(64).optional(),
});

export const clientSchemas = {
  Client: client,
  CreatedClient: createdClient,
  ClientPage: clientPage,
  ClientSecret: clientSecret,
  ClientSecrets: clientSecrets,
  RotatedSecret: rotatedSecret,
};

export const SECRET_EXAMPLE = { id: 7, label: 'web', created_at: '2026-11-22T08:15:53.000Z' };

export const CLIENT_EXAMPLE = {
  client_id: 'tea-shop',
  client_name: 'Tea Shop',
  redirect_uris: ['https://tea.example/callback'],
  post_logout_redirect_uris: [],
  scope: 'openid profile email',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  application_type: 'web',
  token_endpoint_auth_method: 'client_secret_basic',
  is_active: true,
  version: 3,
  created_at: '2026-11-22T08:15:53.000Z',
  updated_at: '2026-11-22T08:15:53.000Z',
  secrets: [SECRET_EXAMPLE],
};
