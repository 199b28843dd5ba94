// Owns: audit events as programs read them, under the names of the table.
import type { JsonObject, StoredAuditEvent } from '../store/ports/index.js';

/** Members without a value are left out. */
export function auditEventToJson(event: StoredAuditEvent): JsonObject {
  const { id, at, type, actor, userId, clientId, grantId, scope, ip, requestId, details, redacted } = event;
  const members = {
    id,
    at: at.toISOString(),
    type,
    actor,
    user_id: userId,
    client_id: clientId,
    grant_id: grantId,
    scope,
    ip,
    request_id: requestId,
    details,
    redacted: redacted === undefined ? undefined : true,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
