// Owns: the addresses of consents: what users agreed to.
import { z } from 'zod';
import type { ConsentService } from '../../grants/service.js';
import { consentToJson } from '../../grants/shapes.js';
import { NotFoundError } from '../../lib/errors.js';
import { type AdminRoute, defineRoute } from './route.js';
import { clientId, pageOf, paging, userId, when } from './schemas.js';

export const consent = z
  .strictObject({
    user_id: z.string(),
    client_id: z.string(),
    scopes: z.array(z.string()),
    claims: z.array(z.string()).describe('Claims agreed to one by one, beyond the scopes.'),
    granted_at: when,
    updated_at: when,
    last_used_at: when.optional(),
  })
  .describe('What a user agreed to for one app.');

const consentPage = pageOf(consent);

const withdrawal = z
  .strictObject({ consents: z.int(), grants: z.int(), sessions: z.int() })
  .describe('How many of each kind ended.');

export const consentSchemas = { Consent: consent, ConsentPage: consentPage, Withdrawal: withdrawal };

export const CONSENT_EXAMPLE = {
  user_id: '10000001',
  client_id: 'tea-shop',
  scopes: ['openid', 'profile'],
  claims: [],
  granted_at: '2026-11-22T08:15:53.000Z',
  updated_at: '2026-11-22T08:15:53.000Z',
};

export function createConsentRoutes({ consents }: { consents: ConsentService }): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/consents',
      operationId: 'listConsents',
      tag: 'consents',
      summary: 'Consents, by user and client',
      scope: 'admin:consents:read',
      query: z.strictObject({ ...paging, user_id: userId.optional(), client_id: clientId.optional() }),
      answers: {
        200: {
          description: 'A page.',
          schema: consentPage,
          example: { items: [CONSENT_EXAMPLE], next: 'WyIxMDAwMDAwMSJd' },
        },
      },
      async run({ query: { user_id, client_id, ...page } }) {
        const { items, next } = await consents.page({ ...page, userId: user_id, clientId: client_id });
        return { body: { items: items.map(consentToJson), next }, next };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/consents/{user_id}/{client_id}',
      operationId: 'withdrawConsent',
      tag: 'consents',
      summary: "Withdraw a user's consent to an app",
      description:
        'Every token of this user and app dies with it; the app is told if it registered for that.',
      scope: 'admin:consents:write',
      params: z.strictObject({ user_id: userId, client_id: clientId }),
      answers: {
        200: {
          description: 'What ended.',
          schema: withdrawal,
          example: { consents: 1, grants: 2, sessions: 1 },
        },
      },
      async run({ params: { user_id, client_id }, author }) {
        const ended = await consents.withdraw({ ...author, userId: user_id, clientId: client_id });
        if (!ended) throw new NotFoundError('the user agreed to nothing for this client');
        const { consents: count, grants, sessions } = ended;
        return { body: { consents: count, grants, sessions } };
      },
    }),
  ];
}
