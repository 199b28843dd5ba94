// Owns: the resources that access tokens are issued for, and the scopes each knows: the Admin API, which is built in,
// and those that operators have registered.
// Does not: decide which client or user gets them (provider/resources.ts); change them (resource-server-service.ts).
import type { DetailsType, ResourceScope, ResourceServerStore } from '../store/ports/index.js';

/** What a token for the Admin API may allow: per kind of thing, seeing and changing. */
export const ADMIN_SCOPES = [
  'admin:clients:read',
  'admin:clients:write',
  'admin:users:read',
  'admin:users:write',
  'admin:sessions:read',
  'admin:sessions:write',
  'admin:consents:read',
  'admin:consents:write',
  'admin:keys:read',
  'admin:keys:write',
  'admin:resource-servers:read',
  'admin:resource-servers:write',
  'admin:audit:read',
] as const;

export type AdminScope = (typeof ADMIN_SCOPES)[number];

/** An admin's token lives so long at most; whatever is taken away meanwhile is asked at every request. */
const ADMIN_TOKEN_SECONDS = 900;

/** The scopes that OpenID Connect defines; whether this provider knows one is the provider's to say. */
const OPENID_SCOPES = new Set([
  'openid',
  'profile',
  'email',
  'phone',
  'address',
  'offline_access',
  'unionid',
]);

/** In place of an algorithm: the tokens are random values that only the provider can look into. */
export const OPAQUE = 'opaque';

/** A protected resource. @see https://www.rfc-editor.org/rfc/rfc8707 */
export interface ResourceServer {
  /** What clients send as `resource`; the tokens' audience. */
  identifier: string;
  scopes: readonly string[];
  accessTokenSeconds: number;
  /** What its tokens are signed with; `opaque`: they are not. */
  alg: string;
  /** The client it authenticates as when it asks about tokens. */
  clientId?: string | undefined;
  /** Users without this role cannot allow an app to use it. */
  requiredRole?: 'admin' | undefined;
}

/** What users are told of scopes, by name: where the resource has words for them, in its languages. */
export type ScopeWords = ReadonlyMap<string, NonNullable<ResourceScope['description']>>;

export type DetailsTypes = ReadonlyMap<string, DetailsType & { identifier: string }>;

export interface ResourceServers {
  /** The resource; undefined for one that is not registered or switched off. @throws StoreUnavailableError */
  find(identifier: string): Promise<ResourceServer | undefined>;
  /** Those of `scopes` that are neither OpenID Connect's nor known at any resource. */
  unknownScopes(scopes: readonly string[]): Promise<string[]>;
  words(): Promise<ScopeWords>;
  /** The types of authorization details there are, by name, with the resource each belongs to. */
  detailsTypes(): Promise<DetailsTypes>;
}

/** The Admin API's identifier: its address. */
export function adminResource(issuer: string): string {
  return `${issuer}/api/admin/oauth`;
}

export function isAdminScope(scope: string): boolean {
  return (ADMIN_SCOPES as readonly string[]).includes(scope);
}

/** Whether a scope can only be some resource's; the others are the provider's own (OpenID Connect). */
export function isResourceScope(scope: string): boolean {
  return !OPENID_SCOPES.has(scope);
}

/** @param accessTokenSeconds how long access tokens live here */
export function createResourceServers({
  issuer,
  accessTokenSeconds,
  store,
}: {
  issuer: string;
  accessTokenSeconds: number;
  store: Pick<ResourceServerStore, 'list'>;
}): ResourceServers {
  const admin: ResourceServer = {
    identifier: adminResource(issuer),
    scopes: ADMIN_SCOPES,
    accessTokenSeconds: Math.min(accessTokenSeconds, ADMIN_TOKEN_SECONDS),
    alg: OPAQUE,
    requiredRole: 'admin',
  };
  return {
    async find(identifier) {
      if (identifier === admin.identifier) return admin;
      const found = (await store.list()).find((one) => one.identifier === identifier && one.isActive);
      return found && { ...found, scopes: found.scopes.map(({ name }) => name) };
    },

    async unknownScopes(scopes) {
      const unsure = scopes.filter((scope) => isResourceScope(scope) && !isAdminScope(scope));
      if (unsure.length === 0) return [];
      const known = (await store.list()).flatMap((one) => one.scopes.map(({ name }) => name));
      return unsure.filter((scope) => !known.includes(scope));
    },

    async detailsTypes() {
      const active = (await store.list()).filter(({ isActive }) => isActive);
      return new Map(
        active.flatMap(({ identifier, detailsTypes }) =>
          detailsTypes.map((type) => [type.type, { ...type, identifier }] as const),
        ),
      );
    },

    async words() {
      const scopes = (await store.list()).flatMap((one) => one.scopes);
      return new Map(scopes.map(({ name, description }) => [name, description ?? {}]));
    },
  };
}
