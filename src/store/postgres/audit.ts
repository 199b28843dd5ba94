// Owns: oauth_audit_event.
import type { AuditStore, JsonObject } from '../ports/index.js';
import type { Database } from './database.js';
import type { Prisma } from './generated/client.js';

export function createAuditStore(database: Database): AuditStore {
  return {
    async append(events) {
      if (events.length === 0) return;
      const data = events.map((event) => ({
        at: event.at,
        type: event.type,
        actor: event.actor,
        userId: event.userId ?? null,
        clientId: event.clientId ?? null,
        grantId: event.grantId ?? null,
        scope: event.scope ?? null,
        ip: event.ip ?? null,
        requestId: event.requestId ?? null,
        details: (event.details ?? {}) as Prisma.InputJsonObject,
      }));
      await database.query((db) => db.auditEvent.createMany({ data }));
    },

    async list({ type, userId, clientId, limit }) {
      const where = {
        ...(type === undefined ? {} : { type }),
        ...(userId === undefined ? {} : { userId }),
        ...(clientId === undefined ? {} : { clientId }),
      };
      const rows = await database.query((db) =>
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
  };
}
