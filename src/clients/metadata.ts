// Owns: the client as the library (and RFC 7591) sees it.
import type { StoredClient } from '../store/ports/index.js';
import { authMethodOf, hasSecrets } from './authentication.js';
import { profileMembers } from './profile.js';
import { isResourceScope } from './resource-servers.js';

/** Metadata beyond RFC 7591 that the library must carry through. */
export const EXTRA_CLIENT_METADATA = [
  'require_pkce',
  'is_first_party',
  'registered_scope',
  'profile',
  'owner',
  'sector_is_checked',
];

/** The members that have a value. */
export function definedOnly(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/**
 * The library takes a client's scopes for OpenID Connect's alone, and no scope at all for all of them. So it is shown
 * those; what is registered stands beside, scopes of resources included.
 */
function scopeMembers(scope: string | undefined): Record<string, unknown> {
  if (scope === undefined) return {};
  const own = scope.split(' ').filter((name) => !isResourceScope(name));
  return { scope: own.length > 0 ? own.join(' ') : 'openid', registered_scope: scope };
}

/**
 * Without the items of a member's list that nobody knows any more: the library would refuse the whole client for one.
 * A list of which nothing is left is left out; that means the same.
 */
export function knownItems(
  metadata: Record<string, unknown>,
  member: 'default_acr_values' | 'authorization_details_types',
  known: readonly string[],
): Record<string, unknown> {
  const { [member]: listed, ...rest } = metadata;
  const left = Array.isArray(listed) ? listed.filter((item) => known.includes(item)) : [];
  return left.length > 0 ? { ...rest, [member]: left } : rest;
}

/**
 * RFC 7591 metadata of a stored client.
 * @param placeholderSecret a value nobody knows; secrets are compared elsewhere, against their hashes
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
export function toLibraryMetadata(client: StoredClient, placeholderSecret: string): Record<string, unknown> {
  const {
    isConfidential: _isConfidential,
    isActive: _active,
    metadata,
    createdAt,
    updatedAt: _u,
    secrets: _s,
    version: _v,
    ...rfc7591
  } = client;
  return definedOnly({
    ...metadata,
    ...profileMembers(client),
    ...rfc7591,
    ...scopeMembers(rfc7591.scope),
    client_id_issued_at: Math.floor(createdAt.getTime() / 1000),
    token_endpoint_auth_method: authMethodOf(client),
    ...(hasSecrets(client) ? { client_secret: placeholderSecret, client_secret_expires_at: 0 } : {}),
  });
}
