// Owns: the addresses of the audit trail: reading it, and seeing whether it is whole.
import { z } from 'zod';
import { auditEventToJson } from '../../audit/json.js';
import type { AuditTrail } from '../../audit/trail.js';
import { type AdminRoute, defineRoute } from './route.js';
import { clientId, moment, pageOf, paging, text, userId, when } from './schemas.js';

const SCOPE = 'admin:audit:read';

const event = z
  .strictObject({
    id: z.int().describe('In the order of insertion, nearly.'),
    at: when,
    type: z.string().describe('What happened, such as `client.updated`.'),
    actor: z
      .string()
      .describe('`user:…`, `client:…`, `operator:…`, `registration-token:…`, `site` or `system`.'),
    user_id: z.string().optional(),
    client_id: z.string().optional(),
    grant_id: z.string().optional(),
    scope: z.string().optional(),
    ip: z.string().optional(),
    request_id: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    redacted: z.boolean().optional().describe('A person in it was replaced by a pseudonym.'),
  })
  .describe('Who did what to whom, when and from where.');

const eventPage = pageOf(event);

const head = z.strictObject({ seq: z.int(), hash: z.string() });

const verification = z
  .strictObject({
    ok: z.boolean(),
    events: z.int().describe('Events that are what they were.'),
    pruned: z.int().describe('Events that were old enough to be deleted, and were.'),
    blocks: z.int(),
    head: head.optional().describe('Note it elsewhere: it shows later whether the end was cut off.'),
    problems: z
      .array(
        z.strictObject({
          kind: z.string(),
          event_id: z.int().optional(),
          block: z.int().optional(),
          message: z.string(),
        }),
      )
      .describe('The first thousand.'),
    problem_count: z.int(),
  })
  .describe('Whether the audit trail is whole.');

export const auditSchemas = {
  AuditEvent: event,
  AuditEventPage: eventPage,
  AuditVerification: verification,
};

const EVENT_EXAMPLE = {
  id: 4711,
  at: '2026-11-22T08:15:53.000Z',
  type: 'client.updated',
  actor: 'client:operations',
  client_id: 'tea-shop',
  ip: '192.0.2.7',
  request_id: '0b8a5c3e-6d2f-4a1b-9c7d-2e4f6a8b0c1d',
  details: { changed: { client_name: { from: 'Tea', to: 'Tea Shop' } } },
};

const VERIFICATION_EXAMPLE = {
  ok: true,
  events: 4711,
  pruned: 0,
  blocks: 12,
  head: { seq: 12, hash: 'vqF8Tn0n0wW6pJvYwCk2b0lq3Yk' },
  problems: [],
  problem_count: 0,
};

const dateOf = (moment: string | undefined) => (moment === undefined ? undefined : new Date(moment));

export function createAuditRoutes({ auditTrail }: { auditTrail: AuditTrail }): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/audit/events',
      operationId: 'searchAuditEvents',
      tag: 'audit',
      summary: 'Audit events, the newest first',
      scope: SCOPE,
      query: z.strictObject({
        ...paging,
        type: text(64).optional(),
        actor: text(128).optional(),
        user_id: userId.optional().describe('The user it is about.'),
        client_id: clientId.optional().describe('The client it is about.'),
        request_id: text(64).optional(),
        since: moment.optional().describe('Not before this moment.'),
        until: moment.optional().describe('Before this moment.'),
      }),
      answers: {
        200: {
          description: 'A page.',
          schema: eventPage,
          example: { items: [EVENT_EXAMPLE], next: 'NDcxMQ' },
        },
      },
      async run({ query }) {
        const { limit, cursor, type, actor } = query;
        const { items, next } = await auditTrail.search({
          limit,
          cursor,
          type,
          actor,
          userId: query.user_id,
          clientId: query.client_id,
          requestId: query.request_id,
          since: dateOf(query.since),
          until: dateOf(query.until),
        });
        return { body: { items: items.map(auditEventToJson), next }, next };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/audit/verification',
      operationId: 'verifyAuditTrail',
      tag: 'audit',
      summary: 'Whether the audit trail is whole',
      description:
        'Compares every event with its block and every block with the next. This takes a while where there is much; `since` leaves out what was verified before.',
      scope: SCOPE,
      query: z.strictObject({ since: moment.optional().describe('Leaves out blocks made before.') }),
      answers: {
        200: { description: 'What was found.', schema: verification, example: VERIFICATION_EXAMPLE },
      },
      async run({ query: { since } }) {
        const found = await auditTrail.verify({ since: dateOf(since) });
        const { ok, events, pruned, blocks, head, problems, problemCount: problem_count } = found;
        const told = problems.map(({ kind, eventId, block, message }) => ({
          kind,
          event_id: eventId,
          block,
          message,
        }));
        return { body: { ok, events, pruned, blocks, head, problems: told, problem_count } };
      },
    }),
  ];
}
