// Owns: which variables of the login hand-off go together, and the Config they make.
import type { FieldProblem } from '../lib/errors.js';
import { ACR_PASSWORD } from './acr-values.js';
import { isLoopbackHost } from './loopback.js';
import type { VariableValues } from './variables.js';

/** How users are logged in. */
export type LoginConfig = (
  | { strategy: 'local' }
  | { strategy: 'session'; loginUrl: string; sessionUrl: string; sessionCookie: string }
  | { strategy: 'ticket'; loginUrl: string; issuer: string; key: TicketKey }
) & {
  /** Authentication context classes that can be vouched for, the weakest first. */
  acrValues: readonly string[];
};

/** What tickets are verified with; nothing in a ticket can choose anything else. */
export type TicketKey = { alg: 'ES256' | 'RS256'; jwksUrl: string } | { alg: 'HS256'; secret: string };

type SiteVariable = Extract<keyof VariableValues, `LINK2UR_${string}`>;

/** Each site variable, and the strategies it means something to. */
const MEANT_FOR: Partial<Record<SiteVariable, readonly LoginConfig['strategy'][]>> = {
  LINK2UR_LOGIN_URL: ['session', 'ticket'],
  LINK2UR_ACR_VALUES: ['session', 'ticket'],
  LINK2UR_SESSION_URL: ['session'],
  LINK2UR_SESSION_COOKIE: ['session'],
  LINK2UR_TICKET_ALG: ['ticket'],
  LINK2UR_TICKET_ISSUER: ['ticket'],
  LINK2UR_JWKS_URL: ['ticket'],
  LINK2UR_TICKET_SECRET: ['ticket'],
};

/** Pages the browser is sent to, and addresses a secret goes to: never in clear over a network. */
const NEED_HTTPS = ['LINK2UR_LOGIN_URL', 'LINK2UR_JWKS_URL', 'LINK2UR_LOGOUT_URL'] as const;

const isPlainHttp = (value: string | undefined): boolean =>
  value !== undefined && new URL(value).protocol === 'http:' && !isLoopbackHost(new URL(value).hostname);

/** Variables that are set but mean nothing to the strategy that is chosen. */
export function loginWarnings(values: VariableValues): string[] {
  const strategy = values.LOGIN_STRATEGY ?? 'local';
  const useless = Object.entries(MEANT_FOR)
    .filter(([name, strategies]) => values[name as SiteVariable] && !strategies.includes(strategy))
    .map(([name]) => `${name} has no effect: LOGIN_STRATEGY is ${strategy}`);
  if (strategy !== 'session' || !isPlainHttp(values.LINK2UR_SESSION_URL)) return useless;
  return [...useless, 'LINK2UR_SESSION_URL is http: whoever listens in between sees session cookies'];
}

/** @returns undefined after adding what is wrong to `problems` */
export function loginConfig(values: VariableValues, problems: FieldProblem[]): LoginConfig | undefined {
  const strategy = values.LOGIN_STRATEGY ?? 'local';
  const before = problems.length;
  function required<Name extends SiteVariable>(name: Name): NonNullable<VariableValues[Name]> {
    const value = values[name];
    if (value === undefined)
      problems.push({ field: name, reason: `is required by LOGIN_STRATEGY=${strategy}` });
    return value as NonNullable<VariableValues[Name]>;
  }
  for (const field of NEED_HTTPS) {
    if (isPlainHttp(values[field])) {
      problems.push({ field, reason: 'must begin with https:// (http:// is for loopback only)' });
    }
  }

  function ticketKey(): TicketKey {
    const alg = values.LINK2UR_TICKET_ALG ?? 'ES256';
    return alg === 'HS256'
      ? { alg, secret: required('LINK2UR_TICKET_SECRET') }
      : { alg, jwksUrl: required('LINK2UR_JWKS_URL') };
  }

  function chosen(): LoginConfig {
    if (strategy === 'local') return { strategy, acrValues: [ACR_PASSWORD] };
    const acrValues = values.LINK2UR_ACR_VALUES ?? [ACR_PASSWORD];
    const loginUrl = required('LINK2UR_LOGIN_URL');
    if (strategy === 'session') {
      return {
        strategy,
        acrValues,
        loginUrl,
        sessionUrl: required('LINK2UR_SESSION_URL'),
        sessionCookie: required('LINK2UR_SESSION_COOKIE'),
      };
    }
    const issuer = values.LINK2UR_TICKET_ISSUER ?? (loginUrl ? new URL(loginUrl).origin : '');
    return { strategy, acrValues, loginUrl, issuer, key: ticketKey() };
  }

  const config = chosen();
  return problems.length > before ? undefined : config;
}
