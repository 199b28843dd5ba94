// Owns: the shape in which a client is described: RFC 7591 member names. Used by seed files, later by the
// command line and the Admin API.
import { z } from 'zod';
import { isSafeText } from '../lib/text.js';
import { redirectUriProblem } from './redirect-uris.js';

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

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export const clientInputSchema = z
  .strictObject({
    client_id: z.string().regex(/^[\w.~-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ ~ -'),
    client_name: text(255),
    client_secret: z
      .string()
      .refine((value) => value.length >= 32, 'must have 32 characters or more')
      .refine((value) => Buffer.byteLength(value) <= 72, 'must not be longer than 72 bytes (bcrypt)')
      .refine((value) => /^[\x21-\x7e]+$/.test(value), 'must be printable ASCII without spaces')
      .optional(),
    client_uri: link.optional(),
    logo_uri: httpsUrl.optional(),
    policy_uri: link.optional(),
    tos_uri: link.optional(),
    redirect_uris: z.array(text(512)).max(50).default([]),
    post_logout_redirect_uris: z.array(text(512)).max(50).default([]),
    scope: z.string().max(512).regex(scopeToken, 'must be scopes separated by single spaces').optional(),
    grant_types: z
      .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials']))
      .default(['authorization_code', 'refresh_token']),
    response_types: z.array(z.enum(['code'])).optional(),
    application_type: z.enum(['web', 'native']).default('web'),
    token_endpoint_auth_method: z
      .enum(['client_secret_basic', 'client_secret_post', 'none'])
      .default('client_secret_basic'),
    id_token_signed_response_alg: z.enum(['RS256', 'ES256', 'EdDSA']).optional(),
    default_max_age: z.int().min(0).optional(),
    require_auth_time: z.boolean().optional(),
    contacts: z.array(text(200)).max(10).optional(),
    require_pkce: z.boolean().optional(),
    is_active: z.boolean().default(true),
  })
  .superRefine(
    (client, context) => {
      for (const field of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
        const seen = new Set<string>();
        for (const [index, uri] of textItems(client[field])) {
          const problem = seen.has(uri)
            ? 'is listed twice'
            : redirectUriProblem(uri, client.application_type);
          seen.add(uri);
          if (problem) context.addIssue({ code: 'custom', path: [field, index], message: problem });
        }
      }
      const grantTypes = textItems(client.grant_types).map(([, grantType]) => grantType);
      if (grantTypes.includes('authorization_code') && textItems(client.redirect_uris).length === 0) {
        const message = 'is needed for the grant type authorization_code';
        context.addIssue({ code: 'custom', path: ['redirect_uris'], message });
      }
      if (client.token_endpoint_auth_method === 'none' && grantTypes.includes('client_credentials')) {
        const message = 'client_credentials is for clients that have a secret';
        context.addIssue({ code: 'custom', path: ['grant_types'], message });
      }
      if (client.token_endpoint_auth_method === 'none' && client.client_secret !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['client_secret'],
          message: 'a public client has no secret',
        });
      }
    },
    // Even beside a missing member or an unknown one: every problem is to be told at once.
    { when: ({ value }) => typeof value === 'object' && value !== null },
  );

/** The texts of a list that may not have been found valid. */
function textItems(list: unknown): [number, string][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item, index) => (typeof item === 'string' ? [[index, item] as [number, string]] : []));
}

/** A client as described by an operator, checked. */
export type ClientInput = z.output<typeof clientInputSchema>;
