// Owns: which checks there are and their order.
import type { Clock } from '../../lib/clock.js';
import { type Finding, failed } from '../findings/finding.js';
import type { Handoff, Instruments, SessionLogin, TicketLogin } from './examination.js';
import { examineLoginPage } from './login-page.js';
import { examineSessionEndpoint } from './session-endpoint.js';
import { createSite } from './site.js';
import { examineClocks, examineCookieDomain, examineEvents, examineLogout } from './surroundings.js';
import { examineTicket } from './ticket.js';
import { examineTicketKeys } from './ticket-keys.js';

export interface Report {
  issuer: string;
  strategy: Handoff['login']['strategy'];
  findings: Finding[];
}

async function session(handoff: Handoff, login: SessionLogin, instruments: Instruments): Promise<Finding[]> {
  const { issuer, cookie } = handoff;
  const headers: Record<string, string> =
    cookie === undefined ? {} : { cookie: `${login.sessionCookie}=${cookie}` };
  return [
    examineCookieDomain(issuer, login.loginUrl),
    ...(await examineLoginPage(handoff, login.loginUrl, headers, instruments)),
    ...(await examineSessionEndpoint(handoff, login, instruments)),
  ];
}

async function ticket(handoff: Handoff, login: TicketLogin, instruments: Instruments): Promise<Finding[]> {
  const { issuer } = handoff;
  const page = await examineLoginPage(handoff, login.loginUrl, {}, instruments);
  const { findings, keys } =
    login.key.alg === 'HS256' ? { findings: [], keys: [] } : await examineTicketKeys(login.key, instruments);
  const given = handoff.ticket;
  const own = given === undefined ? [] : await examineTicket(given, { issuer, login, keys }, instruments);
  return [...page, ...findings, ...own];
}

async function around(handoff: Handoff, instruments: Instruments): Promise<Finding[]> {
  const logout = await examineLogout(handoff, instruments);
  return [...logout, examineEvents(handoff), ...examineClocks(handoff, instruments)];
}

/** Tries the site that `handoff` names, one thing after another. Changes nothing there. */
export async function examineHandoff(handoff: Handoff, { clock }: { clock: Clock }): Promise<Report> {
  const { issuer, login } = handoff;
  const instruments = { site: createSite({ clock }), clock };
  if (login.strategy === 'local') {
    const advice = 'set LOGIN_STRATEGY=session or ticket; docs/login-handoff.md says what else';
    const finding = failed('strategy', 'LOGIN_STRATEGY is local: no site is asked to log users in', advice);
    return { issuer, strategy: login.strategy, findings: [finding] };
  }
  const findings = await (login.strategy === 'session'
    ? session(handoff, login, instruments)
    : ticket(handoff, login, instruments));
  return {
    issuer,
    strategy: login.strategy,
    findings: [...findings, ...(await around(handoff, instruments))],
  };
}
