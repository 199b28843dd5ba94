// Owns: the client as the library (and RFC 7591) sees it.
import type { StoredClient } from '../store/ports/index.js';

/** Metadata beyond RFC 7591 that the library must carry through. */
export const EXTRA_CLIENT_METADATA = ['require_pkce', 'is_first_party'];

function definedOnly(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/**
 * RFC 7591 metadata of a stored client.
 * @param placeholderSecret a value nobody knows; secrets are compared elsewhere, against their hashes
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export function toLibraryMetadata(client: StoredClient, placeholderSecret: string): Record<string, unknown> {
  const {
    isConfidential,
    isActive: _active,
    metadata,
    createdAt,
    updatedAt: _u,
    secrets: _s,
    ...rfc7591
  } = client;
  return definedOnly({
    ...metadata,
    ...rfc7591,
    client_id_issued_at: Math.floor(createdAt.getTime() / 1000),
    token_endpoint_auth_method: isConfidential
      ? (metadata.token_endpoint_auth_method ?? 'client_secret_basic')
      : 'none',
    ...(isConfidential ? { client_secret: placeholderSecret, client_secret_expires_at: 0 } : {}),
  });
}
