// Owns: oauth_audit_event.
import { createBatcher } from '../../lib/batcher.js';
import { StoreUnavailableError } from '../../lib/errors.js';
import type { AuditEventRecord, AuditStore, JsonObject } from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { statement } from './statement.js';

// Any number of events in one statement of one shape. It is the last one of most transactions, and tells its id
// in passing (units.ts).
const APPEND = statement(
  'audit_append',
  `INSERT INTO oauth_audit_event (at, type, actor, user_id, client_id, grant_id, scope, ip, request_id, details)
   SELECT at, type, actor, "userId", "clientId", "grantId", scope, ip, "requestId", coalesce(details, '{}')
   FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (at timestamptz, type text, actor text, "userId" text,
     "clientId" text, "grantId" text, scope text, ip text, "requestId" text, details jsonb)) WITH ORDINALITY AS e
   ORDER BY ordinality
   RETURNING pg_current_xact_id()::text AS xid`,
);

export function createAuditStore(database: Database): AuditStore {
  // Nearly every request leaves an event or two: those of one moment go together.
  const appendTogether = createBatcher<AuditEventRecord>(
    async (events) => {
      await database.alone(APPEND, [JSON.stringify(events)]);
    },
    (error) => error instanceof StoreUnavailableError,
  );
  return {
    async append(events) {
      if (events.length === 0) return;
      if (database.isInUnit()) await database.write(APPEND, [JSON.stringify(events)]);
      else await appendTogether(events);
    },

    async list({ type, userId, clientId, limit }) {
      const where = {
        ...(type === undefined ? {} : { type }),
        ...(userId === undefined ? {} : { userId }),
        ...(clientId === undefined ? {} : { clientId }),
      };
      const rows = await database.rich((db) =>
        db.auditEvent.findMany({ where, orderBy: { id: 'desc' }, take: limit }),
      );
      return rows.map(({ id: _id, details, ...row }) => ({
        ...row,
        userId: row.userId ?? undefined,
        clientId: row.clientId ?? undefined,
        grantId: row.grantId ?? undefined,
        scope: row.scope ?? undefined,
        ip: row.ip ?? undefined,
        requestId: row.requestId ?? undefined,
        details: Object.keys(details as JsonObject).length > 0 ? (details as JsonObject) : undefined,
      }));
    },

    ...createExpirable(database, 'oauth_audit_event', 'at'),
  };
}
