// Owns: how what a user has is shown to operators and to the user, in JSON. Never a value, a key or a hash of one.
import type {
  AuditEventRecord,
  ConsentRecord,
  JsonObject,
  StoredDelivery,
  StoredGrant,
  StoredRefreshToken,
  StoredSession,
  UserRecord,
  UserRoleRecord,
} from '../store/ports/index.js';

const iso = (date: Date | undefined) => date?.toISOString();

/** Members that are undefined are left out by JSON. */
export function userToJson(user: UserRecord): JsonObject {
  return {
    name: user.name,
    email: user.email,
    phone: user.phone,
    is_verified: user.isVerified,
    is_active: user.isActive,
    avatar: user.avatar,
    language_preference: user.languagePreference,
    updated_at: iso(user.updatedAt),
  };
}

export function roleToJson({ role, grantedAt, grantedBy }: UserRoleRecord): JsonObject {
  return { role, granted_at: iso(grantedAt), granted_by: grantedBy };
}

export function sessionToJson(session: StoredSession): JsonObject {
  return {
    uid: session.uid,
    user_id: session.userId,
    created_at: iso(session.issuedAt),
    authenticated_at: iso(session.authTime),
    acr: session.acr,
    amr: session.amr,
    clients: Object.entries(session.authorizations).map(([clientId, { persistsLogout }]) => ({
      client_id: clientId,
      outlives_session: persistsLogout === true,
    })),
    expires_at: iso(session.expiresAt),
  };
}

export function consentToJson(consent: ConsentRecord): JsonObject {
  return {
    user_id: consent.userId,
    client_id: consent.clientId,
    scopes: consent.scopes,
    claims: consent.claims,
    granted_at: iso(consent.grantedAt),
    updated_at: iso(consent.updatedAt),
    last_used_at: iso(consent.lastUsedAt),
  };
}

export function grantToJson(grant: StoredGrant): JsonObject {
  return {
    id: grant.id,
    client_id: grant.clientId,
    scopes: grant.scopes,
    claims: grant.claims,
    created_at: iso(grant.issuedAt),
    expires_at: iso(grant.expiresAt),
    revoked_at: iso(grant.revokedAt),
  };
}

export function refreshTokenToJson(token: StoredRefreshToken): JsonObject {
  return {
    client_id: token.clientId,
    grant_id: token.grantId,
    session_uid: token.sessionUid,
    scopes: token.scopes,
    issued_at: iso(token.issuedAt),
    expires_at: iso(token.expiresAt),
    used_at: iso(token.consumedAt),
  };
}

export function deliveryToJson(delivery: StoredDelivery): JsonObject {
  return {
    id: delivery.id,
    client_id: delivery.clientId,
    user_id: delivery.userId,
    sid: delivery.sid,
    state: delivery.state,
    attempts: delivery.attempts,
    created_at: iso(delivery.createdAt),
    last_attempt_at: iso(delivery.lastAttemptAt),
    last_error: delivery.lastError,
    next_attempt_at: iso(delivery.nextAttemptAt),
    finished_at: iso(delivery.finishedAt),
    request_id: delivery.requestId,
  };
}

export function auditEventToJson(event: AuditEventRecord): JsonObject {
  return {
    at: iso(event.at),
    type: event.type,
    actor: event.actor,
    client_id: event.clientId,
    grant_id: event.grantId,
    scope: event.scope,
    ip: event.ip,
    request_id: event.requestId,
    details: event.details,
  };
}
