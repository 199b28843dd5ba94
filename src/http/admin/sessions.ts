// Owns: the addresses of browser sessions.
import { z } from 'zod';
import type { SessionService } from '../../grants/sessions.js';
import { sessionToJson } from '../../grants/shapes.js';
import { type AdminRoute, defineRoute } from './route.js';
import { clientId, pageOf, paging, text, userId, when } from './schemas.js';

export const session = z
  .strictObject({
    uid: z.string().describe("The session's own name; no cookie carries it."),
    user_id: z.string().optional(),
    created_at: when,
    authenticated_at: when.optional().describe('When the user last logged in.'),
    acr: z.string().optional(),
    amr: z.array(z.string()).optional(),
    clients: z
      .array(z.strictObject({ client_id: z.string(), outlives_session: z.boolean() }))
      .describe('The apps that take part, and whether what they were given outlives it (offline_access).'),
    expires_at: when,
  })
  .describe("A browser's session of somebody who is logged in.");

const sessionPage = pageOf(session);

const endedSession = z
  .strictObject({
    uid: z.string(),
    user_id: z.string().optional(),
    client_ids: z.array(z.string()).describe('The apps that took part in it.'),
    grants: z.int().describe('How many grants ended with it.'),
  })
  .describe('A session that has just ended.');

export const sessionSchemas = { Session: session, SessionPage: sessionPage, EndedSession: endedSession };

export const SESSION_EXAMPLE = {
  uid: 'Yd0w5Sc2pH0',
  user_id: '10000001',
  created_at: '2026-11-22T08:15:53.000Z',
  authenticated_at: '2026-11-22T08:15:53.000Z',
  acr: 'urn:link2ur:acr:password',
  amr: ['pwd'],
  clients: [{ client_id: 'tea-shop', outlives_session: false }],
  expires_at: '2026-12-06T08:15:53.000Z',
};

const ENDED_EXAMPLE = { uid: 'Yd0w5Sc2pH0', user_id: '10000001', client_ids: ['tea-shop'], grants: 1 };

const params = z.strictObject({ uid: text(64) });

export function createSessionRoutes({ sessions }: { sessions: SessionService }): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/sessions',
      operationId: 'listSessions',
      tag: 'sessions',
      summary: 'Sessions that have not expired, the latest first',
      scope: 'admin:sessions:read',
      query: z.strictObject({ ...paging, user_id: userId.optional(), client_id: clientId.optional() }),
      answers: {
        200: {
          description: 'A page.',
          schema: sessionPage,
          example: { items: [SESSION_EXAMPLE], next: 'WyIyMDI2Il0' },
        },
      },
      async run({ query: { user_id, client_id, ...page } }) {
        const { items, next } = await sessions.list({ ...page, userId: user_id, clientId: client_id });
        return { body: { items: items.map(sessionToJson), next }, next };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/sessions/{uid}',
      operationId: 'getSession',
      tag: 'sessions',
      summary: 'A session',
      scope: 'admin:sessions:read',
      params,
      answers: { 200: { description: 'The session.', schema: session, example: SESSION_EXAMPLE } },
      run: async ({ params: { uid } }) => ({ body: sessionToJson(await sessions.get(uid)) }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/sessions/{uid}',
      operationId: 'endSession',
      tag: 'sessions',
      summary: 'End a session, as a logout does',
      description:
        'What its apps were given for as long as the user is logged in ends with it; apps that registered for it are told.',
      scope: 'admin:sessions:write',
      params,
      answers: { 200: { description: 'What ended.', schema: endedSession, example: ENDED_EXAMPLE } },
      async run({ params: { uid }, author }) {
        const { userId: user_id, clientIds, grants } = await sessions.end(uid, author);
        return { body: { uid, user_id, client_ids: clientIds, grants } };
      },
    }),
  ];
}
