// Owns: who is told of a token, and who may revoke it.
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import type { ResourceServers } from '../clients/resource-servers.js';
import type { UserStore } from '../store/ports/index.js';
import { callStore } from './adapter/failure.js';

/** What the library hands over of a token: of an access token, a client's own or a refresh token. */
interface AskedToken {
  kind: string;
  clientId?: string | undefined;
  accountId?: string | undefined;
  aud?: unknown;
}

/**
 * The library's `introspection.allowedPolicy`: a token is described to the client it was issued to, an access token also
 * to the client that its resource authenticates as; to nobody else, and to nobody once its client, user or resource
 * is gone.
 * @see https://www.rfc-editor.org/rfc/rfc7662#section-2.2
 */
export function createIntrospectionPolicy({
  resourceServers,
  users,
}: {
  resourceServers: Pick<ResourceServers, 'find'>;
  users: Pick<UserStore, 'find'>;
}) {
  return async ({ oidc }: KoaContextWithOIDC, client: Client, token: AskedToken): Promise<boolean> => {
    const { clientId, accountId, aud } = token;
    const server = typeof aud === 'string' ? await callStore(() => resourceServers.find(aud)) : undefined;
    if (aud !== undefined && !server) return false;
    const isOwn = clientId === client.clientId;
    const isForResource = server?.clientId === client.clientId && token.kind !== 'RefreshToken';
    if (clientId === undefined || !(isOwn || isForResource)) return false;
    if (!isOwn && !(await oidc.provider.Client.find(clientId))) return false;
    return accountId === undefined || (await callStore(() => users.find(accountId)))?.isActive === true;
  };
}

/** The library's `revocation.allowedPolicy`. @see https://www.rfc-editor.org/rfc/rfc7009#section-2.1 */
export function isOwnToken(_ctx: KoaContextWithOIDC, client: Client, token: AskedToken): boolean {
  return token.clientId === client.clientId;
}
