// Owns: the addresses of resource servers. Does not: hold their rules (clients/).
import { z } from 'zod';
import { detailsTypeSchema } from '../../clients/details-type-input.js';
import {
  type ResourceServerDraft,
  type ResourceServerView,
  resourceServerSchema,
} from '../../clients/resource-server-input.js';
import type { ResourceServerService } from '../../clients/resource-server-service.js';
import { type AdminRoute, type Answer, defineRoute } from './route.js';
import { text, when } from './schemas.js';

const READ = 'admin:resource-servers:read';
const WRITE = 'admin:resource-servers:write';
const PATH = '/resource-servers/{identifier}';

const { shape } = resourceServerSchema;

const resourceServer = z
  .strictObject({
    identifier: z.string().describe('What clients send as `resource`; the audience of its tokens.'),
    name: z.string(),
    scopes: z.array(
      z.strictObject({
        name: z.string(),
        description: z.strictObject({ en: z.string().optional(), zh: z.string().optional() }).optional(),
      }),
    ),
    access_token_lifetime: z.int().describe('Seconds.'),
    access_token_alg: z
      .string()
      .describe('What its JWT access tokens are signed with; opaque: they are none.'),
    client_id: z.string().optional().describe('The client it authenticates as when it asks about tokens.'),
    is_active: z.boolean(),
    authorization_details_types: z.array(detailsTypeSchema),
    version: z.int().describe('Rises with every change; also the ETag.'),
    created_at: when,
    updated_at: when,
  })
  .describe('An API that access tokens are issued for (RFC 8707).');

const resourceServers = z.strictObject({ items: z.array(resourceServer) });

export const resourceServerSchemas = { ResourceServer: resourceServer, ResourceServers: resourceServers };

const draft = resourceServerSchema.describe('An API that access tokens are to be issued for.');

function patchMember(schema: z.ZodType): z.ZodType {
  const inner = schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
  return inner.nullable().optional();
}

const patch = z
  .strictObject(
    Object.fromEntries(
      Object.entries(shape)
        .filter(([name]) => name !== 'identifier')
        .map(([name, schema]) => [name, patchMember(schema as z.ZodType)]),
    ),
  )
  .describe('What is to change (RFC 7396); null gives a member its default.');

const params = z.strictObject({
  identifier: text(512).describe('Percent-encoded: `https%3A%2F%2Fapi.example%2Forders`.'),
});

const EXAMPLE = {
  identifier: 'https://api.example/orders',
  name: 'Orders',
  scopes: [{ name: 'orders.read', description: { en: 'See your orders', zh: '查看你的订单' } }],
  access_token_lifetime: 900,
  access_token_alg: 'RS256',
  client_id: 'orders-api',
  is_active: true,
  authorization_details_types: [],
  version: 1,
  created_at: '2026-11-22T08:15:53.000Z',
  updated_at: '2026-11-22T08:15:53.000Z',
};

const whole = (description: string): Answer => ({
  description,
  schema: resourceServer,
  example: EXAMPLE,
  hasEtag: true,
});

const reply = (view: ResourceServerView) => ({ body: view, version: view.version });

export function createResourceServerRoutes({
  resourceServers: service,
}: {
  resourceServers: ResourceServerService;
}): AdminRoute[] {
  const tag = 'resource servers';
  return [
    defineRoute({
      method: 'GET',
      path: '/resource-servers',
      operationId: 'listResourceServers',
      tag,
      summary: 'Resource servers, in the order of their identifiers',
      scope: READ,
      answers: {
        200: { description: 'All of them.', schema: resourceServers, example: { items: [EXAMPLE] } },
      },
      run: async () => ({ body: { items: await service.list() } }),
    }),
    defineRoute({
      method: 'POST',
      path: '/resource-servers',
      operationId: 'createResourceServer',
      tag,
      summary: 'Register a resource server',
      description:
        'Clients get tokens for it that are registered for scopes of it. A scope is one resource’s alone.',
      scope: WRITE,
      isCreate: true,
      isJudgedByService: true,
      body: draft,
      bodyExample: { identifier: EXAMPLE.identifier, name: EXAMPLE.name, scopes: EXAMPLE.scopes },
      errors: [409],
      answers: { 201: { ...whole('The resource server.'), hasLocation: true } },
      async run({ body, author }) {
        const made = await service.create(body as ResourceServerDraft, author);
        return { ...reply(made), location: `/resource-servers/${encodeURIComponent(made.identifier)}` };
      },
    }),
    defineRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getResourceServer',
      tag,
      summary: 'A resource server',
      scope: READ,
      params,
      answers: { 200: whole('The resource server.') },
      run: async ({ params: { identifier } }) => reply(await service.get(identifier)),
    }),
    defineRoute({
      method: 'PATCH',
      path: PATH,
      operationId: 'updateResourceServer',
      tag,
      summary: 'Change a resource server',
      description:
        'A JSON merge patch (RFC 7396). Tokens that were issued stay as they are; switched off, none of them is active.',
      scope: WRITE,
      precondition: 'required',
      isJudgedByService: true,
      params,
      body: patch,
      bodyExample: { access_token_lifetime: 600 },
      answers: { 200: whole('The resource server as it is now.') },
      run: async ({ params: { identifier }, body, author, expectedVersion: version }) =>
        reply(await service.update(identifier, body, author, { version })),
    }),
    defineRoute({
      method: 'DELETE',
      path: PATH,
      operationId: 'deleteResourceServer',
      tag,
      summary: 'Delete a resource server',
      description:
        'Its tokens are not active any more; clients stay registered for scopes that nobody knows.',
      scope: WRITE,
      precondition: 'required',
      params,
      answers: { 204: { description: 'There is no such resource server any more.' } },
      async run({ params: { identifier }, author, expectedVersion: version }) {
        await service.delete(identifier, author, { version });
        return {};
      },
    }),
  ];
}
