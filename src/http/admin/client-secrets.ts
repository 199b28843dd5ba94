// Owns: the addresses of a client's secrets.
import { z } from 'zod';
import type { ClientService } from '../../clients/service.js';
import { clientSecrets, rotatedSecret, rotation, SECRET_EXAMPLE } from './client-schemas.js';
import { mayEquip } from './equipping.js';
import { type AdminRoute, defineRoute } from './route.js';
import { clientId } from './schemas.js';

const params = z.strictObject({
  client_id: clientId,
  secret_id: z.string().regex(/^[1-9]\d{0,9}$/),
});

export function createClientSecretRoutes({ clients }: { clients: ClientService }): AdminRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/clients/{client_id}/rotate-secret',
      operationId: 'rotateClientSecret',
      tag: 'clients',
      summary: 'Give a client a new secret',
      description:
        'The secrets it has go on for a while, so that the app can be changed over; or end at once.',
      scope: 'admin:clients:write',
      precondition: 'optional',
      isCreate: true,
      isBodyOptional: true,
      params: params.pick({ client_id: true }),
      body: rotation,
      bodyExample: { label: '2027', overlap_seconds: 86_400 },
      errors: [429],
      answers: {
        201: {
          description: 'The new secret.',
          schema: rotatedSecret,
          example: { ...SECRET_EXAMPLE, client_secret: 'told-once-told-once-told-once-told-once' },
        },
      },
      async run({ params: { client_id }, body, access, author, expectedVersion }) {
        const { label, expires_at, overlap_seconds: overlapSeconds, client_secret: given, sealed } = body;
        const expiresAt = expires_at === undefined ? undefined : new Date(expires_at);
        const wanted = { label, expiresAt, overlapSeconds, secret: given, sealed };
        const { secret, record } = await clients.rotateSecret(client_id, wanted, author, {
          version: expectedVersion,
          permit: mayEquip(access),
        });
        return { body: { ...record, client_secret: secret } };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/clients/{client_id}/secrets',
      operationId: 'listClientSecrets',
      tag: 'clients',
      summary: "A client's secrets, the oldest first",
      description: 'Their labels and dates, never the secrets.',
      scope: 'admin:clients:read',
      params: params.pick({ client_id: true }),
      answers: {
        200: { description: 'All of them.', schema: clientSecrets, example: { items: [SECRET_EXAMPLE] } },
      },
      run: async ({ params: { client_id } }) => ({ body: { items: await clients.listSecrets(client_id) } }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/clients/{client_id}/secrets/{secret_id}',
      operationId: 'revokeClientSecret',
      tag: 'clients',
      summary: 'End a secret at once',
      scope: 'admin:clients:write',
      precondition: 'optional',
      params,
      answers: { 204: { description: 'The secret is good for nothing any more.' } },
      async run({ params: { client_id, secret_id }, author, expectedVersion: version }) {
        await clients.revokeSecret(client_id, Number(secret_id), author, { version });
        return {};
      },
    }),
  ];
}
