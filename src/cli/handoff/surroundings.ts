// Owns: what both strategies need around the login: logout, events, clocks, and a cookie that can arrive.
import { isLoopbackHost } from '../../config/loopback.js';
import { CLOCK_SKEW_SECONDS } from '../../login/site.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import { followedStranger, visit } from './browser.js';
import type { Handoff, Instruments } from './examination.js';

const SMALL_DIFFERENCE_MS = 5000;
const LARGE_DIFFERENCE_MS = CLOCK_SKEW_SECONDS * 1000;

/** Tried as a browser that nobody is logged in with: trying it must end nobody's session. */
export async function examineLogout(
  { issuer, siteLogoutUrl }: Handoff,
  { site }: Instruments,
): Promise<Finding[]> {
  const check = 'logout';
  if (siteLogoutUrl === undefined) {
    const advice = 'set LINK2UR_LOGOUT_URL: who logs out here stays logged in at the site';
    return [warning(check, 'no logout page is configured', advice)];
  }
  const target = `${issuer}/api/oauth/logout/return/link2ur-doctor`;
  const seen = await visit(site, siteLogoutUrl, { return_to: target });
  if (seen.kind === 'trouble') {
    const advice = 'LINK2UR_LOGOUT_URL must be the logout page, and reachable from here';
    return [failed(check, `${shown(siteLogoutUrl)}: ${seen.problem}`, advice)];
  }
  const back =
    seen.kind === 'left' && seen.to.href === target
      ? ok(check, 'goes back to the provider')
      : warning(
          check,
          'does not go back to return_to',
          'answer 303 to return_to, also when nobody is logged in',
        );
  const value = await followedStranger(site, { start: siteLogoutUrl, issuer });
  const stranger =
    value === undefined
      ? ok('logout-return-to', 'does not lead to strangers')
      : failed(
          'logout-return-to',
          `leads to strangers: return_to=${value}`,
          "go to return_to only if its origin is exactly the provider's",
        );
  return [back, stranger];
}

export function examineEvents({ eventsToken }: Handoff): Finding {
  if (eventsToken !== undefined) return ok('events', 'the site can tell of logouts and deletions');
  const advice = 'set LINK2UR_EVENTS_TOKEN here and at the site';
  return warning('events', 'the site cannot tell of logouts, changed passwords and deletions', advice);
}

export function examineClocks({ login }: Handoff, { site }: Instruments): Finding[] {
  const check = 'clock';
  const difference = site.clockDifference();
  if (difference === undefined) return [];
  const apart = Math.abs(difference);
  if (apart <= SMALL_DIFFERENCE_MS) return [ok(check, 'the clocks agree')];
  const message = `the site's clock is ${Math.round(apart / 1000)} s ${difference > 0 ? 'ahead' : 'behind'}`;
  const advice = 'set both clocks by NTP';
  const breaksTickets = login.strategy === 'ticket' && apart > LARGE_DIFFERENCE_MS;
  return [
    breaksTickets
      ? failed(check, `${message}: tickets are refused`, advice)
      : warning(check, message, advice),
  ];
}

/** The last two names of a host: as much as two hosts must share so that a cookie can reach both. */
const parentOf = (hostname: string) => hostname.split('.').slice(-2).join('.');

/** Whether a cookie of the login page's host can reach the issuer's. */
export function examineCookieDomain(issuer: string, loginUrl: string): Finding {
  const check = 'cookie-domain';
  const [ours, theirs] = [new URL(issuer).hostname, new URL(loginUrl).hostname];
  if (ours === theirs) return ok(check, `both are at ${ours}`);
  const isLoopback = isLoopbackHost(ours) || isLoopbackHost(theirs);
  if (!isLoopback && parentOf(ours) === parentOf(theirs)) {
    return ok(check, `a cookie with Domain=${parentOf(ours)} reaches both`);
  }
  const advice = 'put both below one domain, or use LOGIN_STRATEGY=ticket';
  return failed(check, `no cookie of ${theirs} can reach ${ours}`, advice);
}
