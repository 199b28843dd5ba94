// Owns: the addresses of registration tokens and of clients that registered themselves. Does not: hold the rules
// (clients/registration/).
import { z } from 'zod';
import {
  type RegistrationOversight,
  type RegistrationTokenDraft,
  type RegistrationTokenService,
  registrationTokenSchema,
} from '../../clients/registration/index.js';
import { type AdminRoute, defineRoute } from './route.js';
import { clientId, pageOf, paging, text, when } from './schemas.js';

const READ = 'admin:clients:read';
const WRITE = 'admin:clients:write';

const registrationToken = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    policy: z.string().describe('What is registered with it falls under this policy.'),
    uses: z.int().describe('How many clients it is for.'),
    uses_left: z.int(),
    created_at: when,
    expires_at: when,
  })
  .describe('A token that an app registers clients with (RFC 7591), without its value.');

const registrationTokens = z.strictObject({ items: z.array(registrationToken) });

const newRegistrationToken = z
  .strictObject({
    token: z.string().describe('The token itself, told this once.'),
    record: registrationToken,
  })
  .describe('A registration token that was just made.');

const registration = z
  .strictObject({
    client_id: z.string(),
    policy: z.string(),
    registration_token: z.string().describe('The id of the registration token it came by.'),
    registered_at: when,
    is_manageable: z.boolean().describe('Whether the client can change itself (RFC 7592).'),
    manageable_until: when.optional().describe('When that ends; absent: with the client.'),
  })
  .describe('A client that registered itself.');

const registrations = pageOf(registration);

export const registrationSchemas = {
  RegistrationToken: registrationToken,
  RegistrationTokens: registrationTokens,
  NewRegistrationToken: newRegistrationToken,
  Registration: registration,
  Registrations: registrations,
};

const TOKEN = {
  id: 'r3vXbq0ZkY8Pd',
  label: 'Partner 17',
  policy: 'default',
  uses: 1,
  uses_left: 1,
  created_at: '2026-11-22T08:15:53.000Z',
  expires_at: '2026-11-29T08:15:53.000Z',
};

const REGISTRATION = {
  client_id: 'cR6sVnN2bZkY8Pd4tQxWe',
  policy: 'default',
  registration_token: TOKEN.id,
  registered_at: '2026-11-22T08:20:11.000Z',
  is_manageable: true,
};

export function createRegistrationAdminRoutes({
  registrationTokens: tokens,
  registrations: oversight,
}: {
  registrationTokens: RegistrationTokenService;
  registrations: RegistrationOversight;
}): AdminRoute[] {
  const tag = 'registration';
  return [
    defineRoute({
      method: 'GET',
      path: '/registration-tokens',
      operationId: 'listRegistrationTokens',
      tag,
      summary: 'Registration tokens, the oldest first',
      scope: READ,
      answers: {
        200: { description: 'All of them.', schema: registrationTokens, example: { items: [TOKEN] } },
      },
      run: async () => ({ body: { items: await tokens.list() } }),
    }),
    defineRoute({
      method: 'POST',
      path: '/registration-tokens',
      operationId: 'createRegistrationToken',
      tag,
      summary: 'Make a registration token',
      description: 'Whoever has it may register clients within its policy. It is told this once.',
      scope: WRITE,
      isCreate: true,
      isJudgedByService: true,
      body: registrationTokenSchema.describe('A token that an app is to register clients with.'),
      bodyExample: { label: 'Partner 17', lifetime: 86_400 },
      errors: [409],
      answers: {
        201: {
          description: 'The token.',
          schema: newRegistrationToken,
          example: { token: 'c2VjcmV0LXRva2VuLXNob3duLXRoaXMtb25jZS1vbmx5', record: TOKEN },
        },
      },
      run: async ({ body, author }) => ({
        body: await tokens.create(body as RegistrationTokenDraft, author),
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/registration-tokens/{id}',
      operationId: 'revokeRegistrationToken',
      tag,
      summary: 'End a registration token',
      description: 'Clients that were registered with it stay.',
      scope: WRITE,
      params: z.strictObject({ id: text(32).describe('The `id`.') }),
      answers: { 204: { description: 'Nobody registers with it any more.' } },
      async run({ params: { id }, author }) {
        await tokens.revoke(id, author);
        return {};
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/registrations',
      operationId: 'listRegistrations',
      tag,
      summary: 'Clients that registered themselves, in the order of their ids',
      scope: READ,
      query: z.strictObject(paging),
      answers: {
        200: { description: 'A page.', schema: registrations, example: { items: [REGISTRATION] } },
      },
      async run({ query }) {
        const page = await oversight.list(query);
        return { body: page, next: page.next };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/registrations/{client_id}',
      operationId: 'revokeRegistration',
      tag,
      summary: 'End that a client changes itself',
      description: 'Its registration access token ends at once; the client goes on as it is.',
      scope: WRITE,
      params: z.strictObject({ client_id: clientId }),
      answers: { 204: { description: 'Only operators change the client any more.' } },
      async run({ params: { client_id: id }, author }) {
        await oversight.revokeAccess(id, author);
        return {};
      },
    }),
  ];
}
