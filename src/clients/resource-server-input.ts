// Owns: the shape in which a resource server is described, and shown. Used by the command line and the Admin API.
import { z } from 'zod';
import { isSafeText } from '../lib/text.js';
import type { ResourceServerRecord, StoredResourceServer } from '../store/ports/index.js';
import { detailsTypeSchema, toDetailsType } from './details-type-input.js';
import { CLIENT_ID } from './input.js';
import { definedOnly } from './metadata.js';
import { isAdminScope, isResourceScope, OPAQUE } from './resource-servers.js';

const text = (max: number) =>
  z.string().min(1).max(max).refine(isSafeText, 'holds characters that are not allowed');

/** These tell a resource of the user who allowed it: their name, their e-mail address. */
const TELLING = ['profile', 'email'];

const scopeName = z
  .string()
  .max(100)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be printable ASCII without spaces, quotes and backslashes')
  .refine(
    (name) => isResourceScope(name) || TELLING.includes(name),
    `is OpenID Connect's: only ${TELLING.join(' and ')} can be a resource's as well`,
  )
  .refine((name) => !isAdminScope(name) && !name.startsWith('admin:'), 'belongs to the Admin API');

const scope = z.strictObject({
  name: scopeName,
  description: z
    .strictObject({ en: text(200).optional(), zh: text(200).optional() })
    .optional()
    .describe('What users are told it allows.'),
});

/** @see https://www.rfc-editor.org/rfc/rfc8707#section-2 */
function isResourceIndicator(value: string): boolean {
  return URL.canParse(value) && !value.includes('#') && /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(value);
}

export const resourceServerSchema = z.strictObject({
  identifier: text(512).refine(isResourceIndicator, 'must be an absolute URI without a fragment'),
  name: text(255),
  scopes: z
    .array(scope)
    .min(1)
    .max(100)
    .superRefine((scopes, context) => {
      if (!scopes.some(({ name }) => isResourceScope(name))) {
        context.addIssue({ code: 'custom', message: 'must have one that is this resource’s own' });
      }
      const names = scopes.map(({ name }) => name);
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) < index) {
          context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is listed twice' });
        }
      }
    }),
  access_token_lifetime: z.int().min(60).max(86_400).default(900).describe('Seconds.'),
  access_token_alg: z
    .enum(['RS256', 'ES256', 'EdDSA', OPAQUE])
    .default('RS256')
    .describe('What its access tokens, JWTs (RFC 9068), are signed with; opaque: they are none.'),
  client_id: z
    .string()
    .regex(CLIENT_ID, 'must be 1 to 64 of A-Z a-z 0-9 . _ ~ -')
    .optional()
    .describe('The client it authenticates as when it asks about tokens (introspection).'),
  is_active: z.boolean().default(true),
  authorization_details_types: z
    .array(detailsTypeSchema)
    .max(20)
    .default([])
    .describe('What apps may ask for beyond scopes (RFC 9396).'),
});

/** A resource server as an operator describes it. */
export type ResourceServerInput = z.output<typeof resourceServerSchema>;

export type ResourceServerDraft = z.input<typeof resourceServerSchema>;

/** A resource server as operators see it. */
export interface ResourceServerView extends ResourceServerInput {
  version: number;
  created_at: string;
  updated_at: string;
}

export function toRecord(input: ResourceServerInput): ResourceServerRecord {
  return {
    identifier: input.identifier,
    name: input.name,
    scopes: input.scopes,
    accessTokenSeconds: input.access_token_lifetime,
    alg: input.access_token_alg,
    clientId: input.client_id,
    isActive: input.is_active,
    detailsTypes: input.authorization_details_types.map(toDetailsType),
  };
}

export function describeResourceServer(record: ResourceServerRecord): ResourceServerInput {
  return definedOnly({
    identifier: record.identifier,
    name: record.name,
    scopes: record.scopes,
    access_token_lifetime: record.accessTokenSeconds,
    access_token_alg: record.alg,
    client_id: record.clientId,
    is_active: record.isActive,
    authorization_details_types: record.detailsTypes,
  }) as ResourceServerInput;
}

export function toResourceServerView(stored: StoredResourceServer): ResourceServerView {
  return {
    ...describeResourceServer(stored),
    version: stored.version,
    created_at: stored.createdAt.toISOString(),
    updated_at: stored.updatedAt.toISOString(),
  };
}
