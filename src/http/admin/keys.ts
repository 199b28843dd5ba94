// Owns: the addresses of the keys this provider signs with. Never a private part.
import { z } from 'zod';
import { type KeyReport, keyToJson } from '../../keys/description.js';
import type { KeyService } from '../../keys/service.js';
import { type AdminRoute, type Answer, defineRoute } from './route.js';
import { text, when } from './schemas.js';

const READ = 'admin:keys:read';
const WRITE = 'admin:keys:write';

const key = z
  .strictObject({
    kid: z.string(),
    alg: z.string(),
    purpose: z.string(),
    state: z.enum(['announced', 'active', 'retired', 'gone']),
    created_at: when.describe('Since when it is announced, unless it signed from the start.'),
    activates_at: when.optional(),
    activated_at: when.optional(),
    retired_at: when.optional(),
    retired_until: when.optional(),
    gone_at: when.optional(),
    revoked_at: when.optional(),
  })
  .describe('A key, without its private part.');

const keys = z.strictObject({ items: z.array(key) });

const keyReport = z
  .strictObject({
    items: z.array(key).describe('The keys this is about, as they are now.'),
    unverifiable_seconds: z
      .int()
      .describe('How long others may fail to verify what the new keys sign; 0: not at all.'),
  })
  .describe('What became of keys.');

export const keySchemas = { Key: key, Keys: keys, KeyReport: keyReport };

const EXAMPLE = {
  kid: 'Xh2Xc0oYf9k',
  alg: 'ES256',
  purpose: 'signing',
  state: 'active' as const,
  created_at: '2026-11-21T08:15:53.000Z',
  activated_at: '2026-11-22T08:15:53.000Z',
};

const params = z.strictObject({ kid: text(64) });

const report: Answer = {
  description: 'What became of the keys.',
  schema: keyReport,
  example: { items: [EXAMPLE], unverifiable_seconds: 0 },
};

const reply = ({ keys: items, unverifiableSeconds }: KeyReport) => ({
  body: { items: items.map(keyToJson), unverifiable_seconds: unverifiableSeconds },
});

/** Retiring and revoking. */
function createEnding(
  verb: 'retire' | 'revoke',
  about: { summary: string; description: string },
  service: KeyService,
): AdminRoute {
  return defineRoute({
    method: 'POST',
    path: `/keys/{kid}/${verb}`,
    operationId: `${verb}Key`,
    tag: 'keys',
    ...about,
    scope: WRITE,
    params,
    errors: [409],
    answers: { 200: report },
    run: async ({ params: { kid }, author }) => reply(await service[verb](kid, author)),
  });
}

export function createKeyRoutes({ keys: service }: { keys: KeyService }): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/keys',
      operationId: 'listKeys',
      tag: 'keys',
      summary: 'Every key there ever was, the oldest first',
      scope: READ,
      answers: { 200: { description: 'All of them.', schema: keys, example: { items: [EXAMPLE] } } },
      run: async () => ({ body: { items: (await service.list()).map(keyToJson) } }),
    }),
    defineRoute({
      method: 'POST',
      path: '/keys',
      operationId: 'generateKey',
      tag: 'keys',
      summary: 'Announce a key, which signs once it is rotated to',
      scope: WRITE,
      isCreate: true,
      body: z.strictObject({ alg: text(16).describe('RS256, ES256, EdDSA; HMAC for cookies.') }),
      bodyExample: { alg: 'ES256' },
      answers: { 201: { description: 'The key.', schema: key, example: { ...EXAMPLE, state: 'announced' } } },
      run: async ({ body, author }) => ({ body: keyToJson(await service.generate(body, author)) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/keys/rotate',
      operationId: 'rotateKeys',
      tag: 'keys',
      summary: 'Have other keys sign',
      description:
        'Announced now, active as soon as everybody who verifies knows them. With `now` they are active at once, and others may fail to verify for a while.',
      scope: WRITE,
      isCreate: true,
      isBodyOptional: true,
      body: z.strictObject({
        algs: z.array(text(16)).min(1).max(8).optional().describe('All that sign tokens unless given.'),
        now: z.boolean().optional(),
      }),
      bodyExample: { algs: ['ES256'], now: false },
      answers: { 200: report },
      run: async ({ body: { algs, now }, author }) =>
        reply(await service.rotate({ ...(algs && { algs }), ...(now !== undefined && { now }) }, author)),
    }),
    createEnding(
      'retire',
      {
        summary: 'End what a key does, as the schedule would',
        description: 'An active key stops signing if an announced one can take over; an announced one goes.',
      },
      service,
    ),
    createEnding(
      'revoke',
      {
        summary: 'End a key at once, everywhere',
        description: 'Whatever it signed cannot be verified any more; where it signed, another key does.',
      },
      service,
    ),
  ];
}
