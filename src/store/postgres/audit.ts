// Owns: oauth_audit_event. Does not: the chain over it (audit-chain.ts).
import { createBatcher } from '../../lib/batcher.js';
import { StoreUnavailableError } from '../../lib/errors.js';
import type { AuditEventRecord, AuditFilter, AuditStore } from '../ports/index.js';
import { toStoredEvent } from './audit-rows.js';
import type { Database } from './database.js';
import { createExpirable, JANITOR_LOCK } from './expiry.js';
import { statement } from './statement.js';

// Any number of events in one statement of one shape.
const APPEND = statement(
  'audit_append',
  `INSERT INTO oauth_audit_event (at, type, actor, user_id, client_id, grant_id, scope, ip, request_id, details)
   SELECT at, type, actor, "userId", "clientId", "grantId", scope, ip, "requestId", coalesce(details, '{}')
   FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (at timestamptz, type text, actor text, "userId" text,
     "clientId" text, "grantId" text, scope text, ip text, "requestId" text, details jsonb)) WITH ORDINALITY AS e
   ORDER BY ordinality`,
);

// A function, so that it works for a role that may not delete.
const PRUNE = statement(
  'audit_prune',
  `WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${JANITOR_LOCK}) AS mine)
   SELECT mine, CASE WHEN mine THEN oauth_audit_prune($1, $2) END AS gone FROM turn`,
);

function conditions({ since, until, ...same }: AuditFilter) {
  const given = Object.entries(same).filter(([, value]) => value !== undefined);
  const at = { ...(since && { gte: since }), ...(until && { lt: until }) };
  return { ...Object.fromEntries(given), ...(since || until ? { at } : {}) };
}

export function createAuditStore(database: Database): AuditStore {
  // Nearly every request leaves an event or two: those of one moment go together.
  const appendTogether = createBatcher<AuditEventRecord>(
    async (events) => {
      await database.alone(APPEND, [JSON.stringify(events)]);
    },
    (error) => error instanceof StoreUnavailableError,
  );
  const { countExpired } = createExpirable(database, 'oauth_audit_event', 'at');

  const store: AuditStore = {
    async append(events) {
      if (events.length === 0) return;
      if (database.isInUnit()) await database.writeSoon(APPEND, [JSON.stringify(events)]);
      else await appendTogether(events);
    },

    async list({ limit, ...filter }) {
      const events = await store.scan(filter, { order: 'newest', limit });
      return events.map(({ id: _id, redacted: _redacted, ...event }) => event);
    },

    async scan(filter, { order, beyond, limit }) {
      const direction = order === 'newest' ? 'desc' : 'asc';
      const id = beyond === undefined ? {} : { [order === 'newest' ? 'lt' : 'gt']: BigInt(beyond) };
      const where = { ...conditions(filter), id };
      const rows = await database.rich((db) =>
        db.auditEvent.findMany({ where, orderBy: { id: direction }, take: limit }),
      );
      return rows.map(toStoredEvent);
    },

    async deleteExpired(before, batch) {
      const [row] = await database.read<{ mine: boolean; gone: number }>(PRUNE, [before, batch]);
      return row?.mine ? row.gone : undefined;
    },
    countExpired,
  };
  return store;
}
