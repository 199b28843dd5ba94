// Owns: who gets a token for which resource: clients by their registration, users by their role.
import {
  type Client,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  type ResourceServer as LibraryResourceServer,
} from 'oidc-provider';
import {
  isResourceScope,
  OPAQUE,
  type ResourceServer,
  type ResourceServers,
} from '../clients/resource-servers.js';
import type { RoleService } from '../users/roles.js';
import { callStore } from './adapter/failure.js';
import { SCOPES } from './claims.js';

const { Check } = interactionPolicy;

export const isOidcScope = (scope: string): boolean => SCOPES.includes(scope);

/** The scopes an operator has registered the client for, those of resources included. */
export function registeredScopes(client: Client): Set<string> {
  const { registered_scope: registered } = client as Client & { registered_scope?: unknown };
  return new Set(typeof registered === 'string' ? registered.split(' ') : []);
}

/** @throws InvalidScope for a scope of the resource that the client is not registered for */
function assertRequestable({ oidc }: KoaContextWithOIDC, server: ResourceServer, allowed: string[]): void {
  const requested = [...oidc.requestParamScopes];
  const refused = requested.filter((scope) => server.scopes.includes(scope) && !allowed.includes(scope));
  if (refused.length > 0) throw new errors.InvalidScope('requested scope is not allowed', refused.join(' '));
  const isForClientItself = oidc.params?.grant_type === 'client_credentials';
  if (isForClientItself && !requested.some((scope) => allowed.includes(scope))) {
    throw new errors.InvalidScope('a scope of the resource is needed', requested.join(' '));
  }
}

/**
 * The library's `resourceIndicators`: only a client that is registered for scopes of a resource gets tokens for it,
 * and for no other scopes.
 * @see https://www.rfc-editor.org/rfc/rfc8707
 */
export function createResourceIndicators(resourceServers: ResourceServers) {
  return {
    enabled: true,
    async getResourceServerInfo(
      ctx: KoaContextWithOIDC,
      identifier: string,
      client: Client,
    ): Promise<LibraryResourceServer> {
      const server = await callStore(() => resourceServers.find(identifier));
      const registered = registeredScopes(client);
      const allowed = server?.scopes.filter((scope) => registered.has(scope)) ?? [];
      // Scopes that others have as well (profile, email) make nobody a client of this resource.
      if (!server || !allowed.some(isResourceScope)) {
        throw new errors.InvalidTarget('the client is not registered for this resource');
      }
      assertRequestable(ctx, server, allowed);
      return {
        audience: server.identifier,
        scope: allowed.join(' '),
        accessTokenTTL: server.accessTokenSeconds,
        ...(server.alg === OPAQUE
          ? { accessTokenFormat: 'opaque' as const }
          : { accessTokenFormat: 'jwt' as const, jwt: { sign: { alg: server.alg as 'RS256' } } }),
      };
    },
  };
}

/** The scopes asked for of each of the resources asked for. */
export function requestedResourceScopes({ requestParamScopes, resourceServers }: KoaContextWithOIDC['oidc']) {
  const requested = [...requestParamScopes];
  return Object.entries(resourceServers ?? {}).map(([identifier, { scopes }]) => ({
    identifier,
    scopes: requested.filter((scope) => scopes.has(scope)),
  }));
}

/**
 * Leaves out what neither we nor a resource asked for knows, as the library does where no resource is asked for: a
 * user is not asked about it. Runs once the resources are known.
 */
export function dropUnknownScopes({ oidc }: KoaContextWithOIDC): void {
  const { params } = oidc;
  if (typeof params?.scope !== 'string') return;
  const ofResources = new Set(requestedResourceScopes(oidc).flatMap(({ scopes }) => scopes));
  const known = params.scope.split(' ').filter((scope) => isOidcScope(scope) || ofResources.has(scope));
  params.scope = known.length > 0 ? known.join(' ') : undefined;
}

/**
 * Nobody can allow an app what they may not do themselves: the app is told so, rather than given a token that opens
 * nothing. Asked when everything but the consent is settled, so it is about the account that was chosen.
 */
export function roleCheck({
  resourceServers,
  roles,
}: {
  resourceServers: ResourceServers;
  roles: Pick<RoleService, 'has'>;
}) {
  return new Check('role_missing', 'the End-User lacks a role', 'access_denied', async ({ oidc }) => {
    const { accountId } = oidc.account ?? {};
    for (const identifier of Object.keys(oidc.resourceServers ?? {})) {
      const role = (await callStore(() => resourceServers.find(identifier)))?.requiredRole;
      if (role === undefined || accountId === undefined) continue;
      if (await callStore(() => roles.has(accountId, role))) continue;
      throw new errors.AccessDenied(`only users with the role ${role} may allow this`);
    }
    return Check.NO_NEED_TO_PROMPT;
  });
}
