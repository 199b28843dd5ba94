// Owns: the addresses of clients. Does not: hold their rules (clients/).
import { z } from 'zod';
import type { ClientView } from '../../clients/description.js';
import type { ClientDraft } from '../../clients/input.js';
import type { ClientService } from '../../clients/service.js';
import {
  CLIENT_EXAMPLE,
  client,
  clientDraft,
  clientPage,
  clientPatch,
  clientQuery,
  createdClient,
} from './client-schemas.js';
import { assertMayEquip, mayEquip } from './equipping.js';
import { type AdminRoute, type Answer, defineRoute } from './route.js';
import { clientId } from './schemas.js';

const READ = 'admin:clients:read';
const WRITE = 'admin:clients:write';
const PATH = '/clients/{client_id}';

const params = z.strictObject({ client_id: clientId });

const whole = (description: string): Answer => ({
  description,
  schema: client,
  example: CLIENT_EXAMPLE,
  hasEtag: true,
});

const reply = (view: ClientView) => ({ body: view, version: view.version });

function createSwitch(clients: Pick<ClientService, 'setActive'>, isActive: boolean): AdminRoute {
  const verb = isActive ? 'enable' : 'disable';
  return defineRoute({
    method: 'POST',
    path: `${PATH}/${verb}`,
    operationId: `${verb}Client`,
    tag: 'clients',
    summary: isActive ? 'Switch a client on' : 'Switch a client off',
    description: isActive
      ? 'It has its tokens back, unless they have expired meanwhile.'
      : 'It does not exist any more for apps and browsers, from this moment on and until it is switched on again.',
    scope: WRITE,
    precondition: 'optional',
    params,
    answers: { 200: whole('The client.') },
    async run({ params: { client_id }, access, author, expectedVersion }) {
      const permit = isActive ? mayEquip(access) : undefined;
      const condition = { version: expectedVersion, permit };
      return reply(await clients.setActive(client_id, isActive, author, condition));
    },
  });
}

export function createClientRoutes({ clients }: { clients: ClientService }): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/clients',
      operationId: 'listClients',
      tag: 'clients',
      summary: 'Clients, in the order of their ids',
      scope: READ,
      query: clientQuery,
      answers: {
        200: {
          description: 'A page.',
          schema: clientPage,
          example: { items: [CLIENT_EXAMPLE], next: 'dGVh' },
        },
      },
      async run({ query: { is_active, is_confidential, grant_type, ...rest } }) {
        const filter = { isActive: is_active, isConfidential: is_confidential, grantType: grant_type };
        const page = await clients.list({ ...rest, ...filter });
        return { body: page, next: page.next };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/clients',
      operationId: 'createClient',
      tag: 'clients',
      summary: 'Register a client',
      description:
        'One that is to have a secret and is given none gets one, told in this answer only. Every field at fault is named, redirect URIs one by one. Scopes of this API can be given only by a token that has them.',
      scope: WRITE,
      isCreate: true,
      isJudgedByService: true,
      body: clientDraft,
      bodyExample: { client_name: 'Tea Shop', redirect_uris: ['https://tea.example/callback'] },
      errors: [409, 429],
      answers: {
        201: {
          description: 'The client, and its secret if one was made.',
          schema: createdClient,
          example: { ...CLIENT_EXAMPLE, client_secret: 'told-once-told-once-told-once-told-once' },
          hasEtag: true,
          hasLocation: true,
        },
      },
      async run({ body, access, author }) {
        assertMayEquip(access, body.scope);
        const { client: made, secret } = await clients.create(body as ClientDraft, author);
        const { client_id: id, version } = made;
        return {
          body: { ...made, ...(secret !== undefined && { client_secret: secret }) },
          version,
          location: `/clients/${encodeURIComponent(id)}`,
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getClient',
      tag: 'clients',
      summary: 'A client',
      scope: READ,
      params,
      answers: { 200: whole('The client.') },
      run: async ({ params: { client_id } }) => reply(await clients.get(client_id)),
    }),
    defineRoute({
      method: 'PATCH',
      path: PATH,
      operationId: 'updateClient',
      tag: 'clients',
      summary: 'Change a client',
      description:
        'A JSON merge patch (RFC 7396): what is left out stays, null gives a member its default. The result is judged as a whole.',
      scope: WRITE,
      precondition: 'required',
      isJudgedByService: true,
      params,
      body: clientPatch,
      bodyExample: { client_name: 'Tea & Cake', logo_uri: null },
      answers: { 200: whole('The client as it is now.') },
      async run({ params: { client_id }, body, access, author, expectedVersion }) {
        const condition = { version: expectedVersion, permit: mayEquip(access, body.scope) };
        return reply(await clients.update(client_id, body, author, condition));
      },
    }),
    createSwitch(clients, true),
    createSwitch(clients, false),
    defineRoute({
      method: 'DELETE',
      path: PATH,
      operationId: 'deleteClient',
      tag: 'clients',
      summary: 'Delete a client',
      description: 'Its secrets, the consents given to it, its grants and tokens go with it.',
      scope: WRITE,
      precondition: 'required',
      params,
      answers: { 204: { description: 'There is no such client any more.' } },
      async run({ params: { client_id }, author, expectedVersion: version }) {
        await clients.delete(client_id, author, { version });
        return {};
      },
    }),
  ];
}
