// Owns: making and posting one logout token, and keeping the library from doing so by itself.
import type { Client, Provider } from 'oidc-provider';
import type { TellApp } from '../grants/telling.js';
import type { RequestScopes } from './request-scope.js';

/** What the library's clients can do beyond its types. */
interface Recipient {
  clientId: string;
  /** Signs a logout token and posts it, in 2.5 seconds at most. */
  backchannelLogout(userId: string, sid: string | undefined): Promise<void>;
  /** The same, ours. */
  postLogoutToken(userId: string, sid: string | undefined): Promise<void>;
}

/**
 * Replaces `Client.prototype.backchannelLogout`, which the library awaits when somebody logs out: what is to be told
 * is written down, in the unit of work of the logout, and the user waits for nobody. The class is public; the method
 * is not documented, and there is no other seam.
 */
export function noteLogouts(provider: Provider, { tell, scopes }: { tell: TellApp; scopes: RequestScopes }) {
  const prototype = provider.Client.prototype as unknown as Recipient;
  prototype.postLogoutToken = prototype.backchannelLogout;
  prototype.backchannelLogout = async function backchannelLogout(userId, sid) {
    const scope = scopes.current();
    try {
      const sids = sid === undefined ? [] : [sid];
      await tell.note({ userId, clientId: this.clientId, sids, requestId: scope?.requestId });
      if (scope) scope.hasNotedLogout = true;
    } catch (error) {
      // The library would go on, and nobody be told: the logout fails instead, and can be tried again.
      if (scope) scope.logoutNotNoted = { error };
      throw error;
    }
  };
}

/**
 * Posts a fresh logout token.
 * @throws Error when the app does not accept it in 2.5 seconds
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest
 */
export async function postLogoutToken(
  client: Client,
  userId: string,
  sid: string | undefined,
): Promise<void> {
  await (client as unknown as Recipient).postLogoutToken(userId, sid);
}
