// Owns: how a provider is configured to work with this site.
import { ACR } from './login-request.js';
import { SESSION_COOKIE } from './sessions.js';
import type { TicketOptions } from './tickets.js';

/** The environment variables of a provider that logs people in at the site at `siteUrl`. */
export function providerSettings(options: {
  /** The site's base URL, e.g. `http://localhost:3001`. */
  siteUrl: string;
  /** As given to the site; without them the provider asks the session endpoint. */
  tickets?: TicketOptions | undefined;
  eventsToken?: string | undefined;
}): Record<string, string> {
  const { siteUrl, tickets, eventsToken } = options;
  const common = {
    LINK2UR_LOGIN_URL: `${siteUrl}/login`,
    LINK2UR_ACR_VALUES: `${ACR.password} ${ACR.secondFactor}`,
    LINK2UR_LOGOUT_URL: `${siteUrl}/logout`,
    ...(eventsToken === undefined ? {} : { LINK2UR_EVENTS_TOKEN: eventsToken }),
  };
  if (!tickets) {
    const session = { LINK2UR_SESSION_URL: `${siteUrl}/api/session`, LINK2UR_SESSION_COOKIE: SESSION_COOKIE };
    return { LOGIN_STRATEGY: 'session', ...common, ...session };
  }
  const key =
    tickets.alg === 'HS256'
      ? { LINK2UR_TICKET_SECRET: tickets.secret }
      : { LINK2UR_JWKS_URL: `${siteUrl}/.well-known/jwks.json` };
  return { LOGIN_STRATEGY: 'ticket', ...common, LINK2UR_TICKET_ALG: tickets.alg, ...key };
}
