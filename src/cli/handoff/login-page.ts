// Owns: trying the site's login page.

import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import { followedStranger, visit } from './browser.js';
import { type Handoff, type Instruments, returnTo } from './examination.js';
import { SLOW_MS } from './site.js';

const OPEN_REDIRECT =
  "go to return_to only if its origin is exactly the provider's, and ignore it otherwise; anyone can use this now";

async function page({ issuer }: Handoff, loginUrl: string, { site }: Instruments): Promise<Finding> {
  const check = 'login-page';
  const seen = await visit(site, loginUrl, { return_to: returnTo(issuer) });
  if (seen.kind === 'trouble') {
    return failed(
      check,
      `${shown(loginUrl)}: ${seen.problem}`,
      'LINK2UR_LOGIN_URL must be the login page, and reachable from here',
    );
  }
  if (seen.kind === 'left') {
    return failed(
      check,
      `sends a browser that nobody is logged in with to ${shown(seen.to.origin + seen.to.pathname)}`,
      'show the login page instead',
    );
  }
  const { ms } = seen.answer;
  if (ms <= SLOW_MS) return ok(check, `answers in ${ms} ms`);
  return warning(check, `answers in ${ms} ms`, `users wait for it: ${SLOW_MS} ms would be good`);
}

async function stranger(
  { issuer, cookie }: Handoff,
  loginUrl: string,
  headers: Record<string, string>,
  { site }: Instruments,
): Promise<Finding> {
  const check = 'login-return-to';
  const value = await followedStranger(site, { start: loginUrl, issuer, options: { headers } });
  if (value !== undefined) return failed(check, `leads to strangers: return_to=${value}`, OPEN_REDIRECT);
  const who = cookie === undefined ? 'nobody is logged in' : 'somebody is logged in';
  return ok(check, `does not lead to strangers while ${who}`);
}

/** What only shows with a session: whether the page goes back at once, and whether prompt=login asks. */
async function asUser(
  { issuer }: Handoff,
  loginUrl: string,
  headers: Record<string, string>,
  { site }: Instruments,
): Promise<Finding[]> {
  const target = returnTo(issuer);
  const plain = await visit(site, loginUrl, { return_to: target }, { headers });
  const goesBack = plain.kind === 'left' && plain.to.href === target;
  const forced = await visit(site, loginUrl, { return_to: target, prompt: 'login' }, { headers });
  const skips = forced.kind === 'left' && forced.to.href === target;
  return [
    goesBack
      ? ok('login-back', 'sends a user who is logged in straight back')
      : warning(
          'login-back',
          `does not send a user who is logged in back by a redirect${plain.kind === 'trouble' ? `: ${plain.problem}` : ''}`,
          'answer 303 to return_to, unless prompt is given',
        ),
    skips
      ? failed(
          'login-prompt',
          'goes back without asking although prompt=login is given',
          'ask for the password again and note a new auth_time',
        )
      : ok('login-prompt', 'asks again when prompt=login is given'),
  ];
}

/** @param headers with the session cookie, when there is one */
export async function examineLoginPage(
  handoff: Handoff,
  loginUrl: string,
  headers: Record<string, string>,
  instruments: Instruments,
): Promise<Finding[]> {
  const first = await page(handoff, loginUrl, instruments);
  if (first.status === 'failed') return [first];
  return [
    first,
    await stranger(handoff, loginUrl, headers, instruments),
    ...(handoff.cookie === undefined ? [] : await asUser(handoff, loginUrl, headers, instruments)),
  ];
}
