// Owns: rows of oauth_client and oauth_client_secret as records, and back. Does not: ask for any.
import type { ClientRecord, JsonObject, StoredClient } from '../ports/index.js';
import type { Prisma } from './generated/client.js';

export interface ClientRow {
  client_id: string;
  client_name: string;
  client_uri: string | null;
  logo_uri: string | null;
  policy_uri: string | null;
  tos_uri: string | null;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  scope_default: string | null;
  allowed_grant_types: string[];
  response_types: string[];
  application_type: string;
  is_confidential: boolean;
  is_active: boolean;
  metadata: JsonObject;
  version: number;
  created_at: Date;
  updated_at: Date;
  /** As JSON: dates are ISO 8601 text. */
  secrets: {
    id: number;
    hash: string;
    sealed: string | null;
    label: string | null;
    created_at: string;
    expires_at: string | null;
    last_used_at: string | null;
  }[];
}

/** What makes a ClientRow of `oauth_client c`. */
export const CLIENT_COLUMNS = `c.client_id, c.client_name, c.client_uri, c.logo_uri, c.policy_uri, c.tos_uri,
     c.redirect_uris, c.post_logout_redirect_uris, c.scope_default, c.allowed_grant_types, c.response_types,
     c.application_type, c.is_confidential, c.is_active, c.metadata, c.version, c.created_at, c.updated_at, (
     SELECT coalesce(json_agg(json_build_object('id', s.id, 'hash', s.secret_hash,
       'sealed', s.secret_sealed, 'label', s.label,
       'created_at', s.created_at, 'expires_at', s.expires_at, 'last_used_at', s.last_used_at) ORDER BY s.id), '[]')
     FROM oauth_client_secret s WHERE s.client_id = c.client_id) AS secrets`;

const dateOf = (text: string | null) => (text === null ? undefined : new Date(text));

export function toStored(row: ClientRow): StoredClient {
  return {
    client_id: row.client_id,
    client_name: row.client_name,
    client_uri: row.client_uri ?? undefined,
    logo_uri: row.logo_uri ?? undefined,
    policy_uri: row.policy_uri ?? undefined,
    tos_uri: row.tos_uri ?? undefined,
    redirect_uris: row.redirect_uris,
    post_logout_redirect_uris: row.post_logout_redirect_uris,
    scope: row.scope_default ?? undefined,
    grant_types: row.allowed_grant_types,
    response_types: row.response_types,
    application_type: row.application_type === 'native' ? 'native' : 'web',
    isConfidential: row.is_confidential,
    isActive: row.is_active,
    metadata: row.metadata,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    secrets: row.secrets.map((secret) => ({
      id: secret.id,
      secretHash: secret.hash,
      sealed: secret.sealed ?? undefined,
      label: secret.label ?? undefined,
      createdAt: new Date(secret.created_at),
      expiresAt: dateOf(secret.expires_at),
      lastUsedAt: dateOf(secret.last_used_at),
    })),
  };
}

export function toRow(client: ClientRecord): Omit<Prisma.ClientUncheckedCreateInput, 'clientId'> {
  return {
    clientName: client.client_name,
    clientUri: client.client_uri ?? null,
    logoUri: client.logo_uri ?? null,
    policyUri: client.policy_uri ?? null,
    tosUri: client.tos_uri ?? null,
    redirectUris: client.redirect_uris,
    postLogoutRedirectUris: client.post_logout_redirect_uris,
    scopeDefault: client.scope ?? null,
    allowedGrantTypes: client.grant_types,
    responseTypes: client.response_types,
    applicationType: client.application_type,
    isConfidential: client.isConfidential,
    isActive: client.isActive,
    metadata: client.metadata as Prisma.InputJsonObject,
  };
}
