// Owns: what an access token that somebody presents to us allows, at this moment. Does not: know what it is for.
import type { Grant, Provider } from 'oidc-provider';
import type { Clock } from '../lib/clock.js';
import { fromEpochSeconds } from '../lib/clock.js';
import type { UserStore } from '../store/ports/index.js';
import { callStore, TemporarilyUnavailable } from './adapter/failure.js';
import { registeredScopes } from './resources.js';

/** Longer than any token of ours. */
const MAX_LENGTH = 256;

/** What a token allows, and whom. */
export interface Access {
  clientId: string;
  /** The user the client acts for; undefined: it acts for itself. */
  userId: string | undefined;
  scopes: ReadonlySet<string>;
}

export interface AccessTokens {
  /**
   * What `token` allows at the resource `audience`. Undefined when it is none, is for another resource or for none,
   * has expired or been revoked, or is bound to a key (RFC 9449, RFC 8705) of which nothing is proven here, or when its client, user, session or grant is there no more.
   * @throws StoreUnavailableError
   */
  find(token: string, audience: string): Promise<Access | undefined>;
}

interface Found {
  clientId?: string | undefined;
  accountId?: string | undefined;
  grantId?: string | undefined;
  aud?: unknown;
  exp?: number | undefined;
  jkt?: string | undefined;
  'x5t#S256'?: string | undefined;
  scopes: Set<string>;
}

export function createAccessTokens({
  handle,
  users,
  clock,
}: {
  handle: { provider(): Provider };
  users: Pick<UserStore, 'find'>;
  clock: Clock;
}): AccessTokens {
  async function isUsersStill({ accountId, clientId, grantId }: Found, provider: Provider): Promise<boolean> {
    if (accountId === undefined || grantId === undefined) return false;
    const [user, grant] = await Promise.all([
      callStore(() => users.find(accountId)),
      provider.Grant.find(grantId) as Promise<Grant | undefined>,
    ]);
    return user?.isActive === true && grant?.accountId === accountId && grant.clientId === clientId;
  }

  async function look(token: string, audience: string): Promise<Access | undefined> {
    const provider = handle.provider();
    const ofUser = (await provider.AccessToken.find(token)) as Found | undefined;
    const found = ofUser ?? ((await provider.ClientCredentials.find(token)) as Found | undefined);
    if (found?.aud !== audience || found.clientId === undefined) return undefined;
    if (found.jkt !== undefined || found['x5t#S256'] !== undefined) return undefined;
    if (found.exp === undefined || fromEpochSeconds(found.exp) <= clock.now()) return undefined;
    const client = await provider.Client.find(found.clientId);
    if (!client || (ofUser && !(await isUsersStill(ofUser, provider)))) return undefined;
    // What the client was registered for when it got the token may have been taken back since.
    const registered = registeredScopes(client);
    const scopes = new Set([...found.scopes].filter((scope) => registered.has(scope)));
    return { clientId: found.clientId, userId: ofUser?.accountId, scopes };
  }

  return {
    async find(token, audience) {
      if (token.length > MAX_LENGTH) return undefined;
      try {
        return await look(token, audience);
      } catch (error) {
        throw error instanceof TemporarilyUnavailable ? error.cause : error;
      }
    },
  };
}
