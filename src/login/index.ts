// Owns: which strategy the configuration asks for.
import type { Config } from '../config/load.js';
import type { Clock } from '../lib/clock.js';
import type { ArtifactStore, UserStore } from '../store/ports/index.js';
import type { PasswordCheck } from '../users/passwords.js';
import { createLocalStrategy } from './local.js';
import { createSessionStrategy } from './session.js';
import { createSiteLogin } from './site.js';
import { createSiteSessions, type SiteSessions } from './site-sessions.js';
import type { LoginStrategy } from './strategy.js';
import { createTicketStrategy } from './ticket.js';

export interface Login {
  strategy: LoginStrategy;
  /** Whom the site takes a browser for; undefined where the site's session does not reach us. */
  siteSessions: SiteSessions | undefined;
}

export interface LoginDeps {
  config: Pick<Config, 'issuer' | 'login'>;
  users: Pick<UserStore, 'find' | 'findByIdentifier'>;
  artifacts: Pick<ArtifactStore, 'claim'>;
  passwords: PasswordCheck;
  clock: Clock;
}

export function createLogin({ config, users, artifacts, passwords, clock }: LoginDeps): Login {
  const { issuer, login } = config;
  if (login.strategy === 'local') {
    return { strategy: createLocalStrategy({ users, passwords, clock }), siteSessions: undefined };
  }
  const site = createSiteLogin({
    issuer,
    loginUrl: login.loginUrl,
    acrValues: login.acrValues,
    users,
    clock,
  });
  if (login.strategy === 'session') {
    const sessions = createSiteSessions({ url: login.sessionUrl, cookieName: login.sessionCookie, clock });
    return { strategy: createSessionStrategy({ site, sessions }), siteSessions: sessions };
  }
  const ticket = { site, artifacts, clock, audience: issuer, issuer: login.issuer, key: login.key };
  return { strategy: createTicketStrategy(ticket), siteSessions: undefined };
}
