// Owns: audit events as rows of oauth_audit_event, by whatever way they were read.
import type { JsonObject, StoredAuditEvent } from '../ports/index.js';

/** The columns of an event, in this shape by pg and by Prisma alike. */
export const EVENT_COLUMNS = `e.id::text AS id, e.at, e.type, e.actor, e.user_id AS "userId",
  e.client_id AS "clientId", e.grant_id AS "grantId", e.scope, e.ip, e.request_id AS "requestId", e.details, e.redacted`;

export interface AuditEventRow {
  id: string | bigint;
  at: Date;
  type: string;
  actor: string;
  userId: string | null;
  clientId: string | null;
  grantId: string | null;
  scope: string | null;
  ip: string | null;
  requestId: string | null;
  details: unknown;
  redacted: string | null;
}

export function toStoredEvent(row: AuditEventRow): StoredAuditEvent {
  const details = row.details as JsonObject;
  return {
    id: Number(row.id),
    at: row.at,
    type: row.type,
    actor: row.actor,
    userId: row.userId ?? undefined,
    clientId: row.clientId ?? undefined,
    grantId: row.grantId ?? undefined,
    scope: row.scope ?? undefined,
    ip: row.ip ?? undefined,
    requestId: row.requestId ?? undefined,
    details: Object.keys(details).length > 0 ? details : undefined,
    redacted: row.redacted ?? undefined,
  };
}
