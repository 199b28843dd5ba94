// Owns: the addresses of logout deliveries: what apps were told by back-channel logout.
import { z } from 'zod';
import type { ClientService } from '../../clients/service.js';
import type { DeliveryService } from '../../grants/deliveries.js';
import { deliveryToJson } from '../../grants/shapes.js';
import { DELIVERY_STATES } from '../../store/ports/index.js';
import { type AdminRoute, defineRoute } from './route.js';
import { clientId, pageOf, paging, text, when } from './schemas.js';

const delivery = z
  .strictObject({
    id: z.string(),
    client_id: z.string(),
    user_id: z.string().optional().describe('Absent: the user is gone, or was forgotten.'),
    sid: z.string().optional().describe('Absent: all sessions of the user.'),
    state: z.enum(DELIVERY_STATES).describe('failed: tried in vain, and tried again.'),
    attempts: z.int().describe('Since it was made, or sent again.'),
    created_at: when,
    last_attempt_at: when.optional(),
    last_error: z.string().optional(),
    next_attempt_at: when.optional().describe('Absent: it is over.'),
    finished_at: when.optional(),
    request_id: z.string().optional().describe('The request that ended the login.'),
  })
  .describe('A logout token that a client was sent, or is to be sent.');

const deliveryPage = pageOf(delivery);

const resending = z
  .union([
    z.strictObject({ ids: z.array(text(32)).min(1).max(100) }),
    z.strictObject({ failed: z.literal(true) }),
  ])
  .describe('Which: these, or all that failed or were given up.');

const resent = z.strictObject({ ids: z.array(z.string()).describe('Those that are sent again.') });

export const deliverySchemas = {
  LogoutDelivery: delivery,
  LogoutDeliveryPage: deliveryPage,
  ResentLogoutDeliveries: resent,
};

const EXAMPLE = {
  id: 'Yd0w5Sc2pH0qRt1u',
  client_id: 'tea-shop',
  user_id: '10000001',
  state: 'failed',
  attempts: 3,
  created_at: '2026-11-22T08:15:53.000Z',
  last_attempt_at: '2026-11-22T08:16:09.000Z',
  last_error: 'fetch failed: connect ECONNREFUSED',
  next_attempt_at: '2026-11-22T08:16:29.000Z',
};

const params = z.strictObject({ client_id: clientId });

export function createDeliveryRoutes({
  clients,
  deliveries,
}: {
  clients: Pick<ClientService, 'get'>;
  deliveries: Pick<DeliveryService, 'list' | 'resend'>;
}): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/clients/{client_id}/logout-deliveries',
      operationId: 'listLogoutDeliveries',
      tag: 'clients',
      summary: 'What a client was told by back-channel logout, the latest first',
      description: 'The last 30 days, and what is still to be delivered.',
      scope: 'admin:clients:read',
      params,
      query: z.strictObject({ ...paging, state: z.enum(DELIVERY_STATES).optional() }),
      answers: {
        200: {
          description: 'A page.',
          schema: deliveryPage,
          example: { items: [EXAMPLE], next: 'WyIyMDI2Il0' },
        },
      },
      async run({ params: { client_id }, query }) {
        await clients.get(client_id);
        const { items, next } = await deliveries.list(client_id, query);
        return { body: { items: items.map(deliveryToJson), next }, next };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/clients/{client_id}/logout-deliveries/resend',
      operationId: 'resendLogoutDeliveries',
      tag: 'clients',
      summary: 'Send logout tokens again',
      description: 'At once, each made anew, and tried for another day if need be.',
      scope: 'admin:clients:write',
      params,
      body: resending,
      bodyExample: { failed: true },
      errors: [409],
      answers: {
        200: { description: 'Which are sent again.', schema: resent, example: { ids: [EXAMPLE.id] } },
      },
      async run({ params: { client_id }, body, author }) {
        await clients.get(client_id);
        const which = 'ids' in body ? { ids: body.ids } : 'failed';
        return { body: { ids: await deliveries.resend(client_id, which, author) } };
      },
    }),
  ];
}
