// Owns: whose session a browser has with us, for pages outside the library's routes; and the request that gets it
// one. Does not: change sessions, or know how a login is done.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientInput } from '../clients/input.js';
import type { ClientService } from '../clients/service.js';
import { randomToken } from '../lib/ids.js';
import type { ClientStore } from '../store/ports/index.js';
import { authorizationUrl } from './authorization-url.js';
import type { Arrival, ProviderHandle } from './handle.js';
import type { SiteSessionLookup } from './policy.js';
import { ROUTES } from './routes.js';

export interface AccountSession {
  /** The session's own name, which no cookie carries. */
  uid: string;
  accountId: string;
}

export interface AccountSessions {
  /** The session of a person who is logged in; undefined when there is none. */
  find(req: IncomingMessage, res: ServerResponse, arrival: Arrival): Promise<AccountSession | undefined>;
  /**
   * An authorization request that logs somebody in as the configuration has it, and comes back to the connected
   * apps with a code. The code's challenge is of a verifier nobody has: it can never be redeemed.
   */
  loginUrl(uiLocales: string | undefined): Promise<string>;
}

export const ACCOUNT_CLIENT_ID = 'link2ur-account';

function accountClient(redirectUri: string): Omit<ClientInput, 'client_name'> {
  return {
    client_id: ACCOUNT_CLIENT_ID,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [],
    scope: 'openid',
    grant_types: ['authorization_code'],
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    is_first_party: true,
    is_active: true,
  };
}

export function createAccountSessions({
  handle,
  clients,
  clientService,
  site,
  issuer,
  brandName,
}: {
  handle: ProviderHandle;
  /** Where the site's session reaches us, ours is good only while it belongs to the same user. */
  site: SiteSessionLookup | undefined;
  clients: Pick<ClientStore, 'find'>;
  clientService: Pick<ClientService, 'apply'>;
  issuer: string;
  brandName: string;
}): AccountSessions {
  const redirectUri = `${issuer}${ROUTES.accountApps}`;

  /** Made when it is first needed; one that operators have changed or switched off since stays as it is. */
  async function ensureClient(): Promise<void> {
    const isReady = async () =>
      (await clients.find(ACCOUNT_CLIENT_ID))?.redirect_uris.includes(redirectUri) ?? false;
    if (await isReady()) return;
    try {
      await clientService.apply({ ...accountClient(redirectUri), client_name: brandName }, 'system');
    } catch (error) {
      // Somebody else may have made it at the same moment.
      if (!(await isReady())) throw error;
    }
  }

  return {
    find: (req, res, arrival) =>
      handle.with(req, arrival, async (provider, inner) => {
        const { uid, accountId } = await provider.Session.get(provider.createContext(inner, res));
        if (accountId === undefined) return undefined;
        const isSame = !site || (await site.find(req.headers.cookie))?.id === accountId;
        return isSame ? { uid, accountId } : undefined;
      }),

    async loginUrl(uiLocales) {
      await ensureClient();
      return authorizationUrl({
        client_id: ACCOUNT_CLIENT_ID,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'openid',
        code_challenge: randomToken(32),
        code_challenge_method: 'S256',
        ui_locales: uiLocales,
      });
    },
  };
}
