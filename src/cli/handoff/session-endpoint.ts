// Owns: trying the site's session endpoint: without a cookie, with nonsense, and as a user.
import { toEpochSeconds } from '../../lib/clock.js';
import { CLOCK_SKEW_SECONDS } from '../../login/site.js';
import { SESSION_TIMEOUT_MS } from '../../login/site-sessions.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import { examineAcr } from './acr.js';
import type { Handoff, Instruments, SessionLogin } from './examination.js';
import { type Answer, described, jsonObject, SLOW_MS } from './site.js';

const UNREACHABLE =
  'LINK2UR_SESSION_URL must be reachable from here; until then users see that the site is down';

/** Without a body of JSON it works, but a page of HTML here is mostly a sign of something else. */
function nobody(check: string, who: string, answer: Answer): Finding {
  if (answer.status !== 401) {
    const advice =
      'answer 401 and JSON whenever nobody is logged in; anything else counts as the site being down';
    return failed(check, `${who}: ${described(answer)}`, advice);
  }
  if (!jsonObject(answer)) return warning(check, `${who}: ${described(answer)}`, 'answer with a JSON object');
  return ok(check, `${who}: 401 in ${answer.ms} ms`);
}

function authTime(body: Record<string, unknown>, now: number): Finding {
  const check = 'session-auth-time';
  const { auth_time } = body;
  if (auth_time === undefined) {
    const advice =
      'give when the user last typed the password; without it, apps that need a fresh login get login_required';
    return warning(check, 'there is no auth_time', advice);
  }
  if (typeof auth_time !== 'number' || !Number.isInteger(auth_time) || auth_time <= 0) {
    return failed(
      check,
      `auth_time is ${shown(JSON.stringify(auth_time))}`,
      'give whole seconds since 1970, a number',
    );
  }
  if (auth_time > now * 100)
    return failed(check, `auth_time is ${auth_time}`, 'give seconds, not milliseconds');
  if (auth_time > now + CLOCK_SKEW_SECONDS) {
    return failed(check, `auth_time is ${auth_time - now} s ahead of this clock`, 'give a time in the past');
  }
  return ok(check, `auth_time is ${now - auth_time} s ago`);
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function user(
  answer: Answer,
  { sessionCookie: cookieName, acrValues }: SessionLogin,
  now: number,
): Finding[] {
  const check = 'session-user';
  if (answer.status === 401) {
    const advice = `the session may have ended: log in at the site and copy the value of ${cookieName} again`;
    return [failed(check, 'answered 401 to the cookie given', advice)];
  }
  const body = answer.status === 200 ? jsonObject(answer) : undefined;
  if (!body) {
    const advice = 'answer 200 and a JSON object';
    return [failed(check, `with the cookie given: ${described(answer)}`, advice)];
  }
  const { id, amr, acr } = body;
  if (typeof id !== 'string' || !/^[0-9A-Za-z]{8}$/.test(id)) {
    return [failed(check, `id is ${shown(JSON.stringify(id) ?? 'missing')}`, 'give users.id, 8 characters')];
  }
  const isGoodAmr = amr === undefined || isListOfText(amr);
  return [
    ok(check, `the cookie given is user ${id}`),
    authTime(body, now),
    ...(isGoodAmr
      ? []
      : [failed('session-amr', 'amr is no list of texts', 'give e.g. ["pwd"], or leave it out')]),
    ...examineAcr('session-acr', acr, acrValues),
  ];
}

export async function examineSessionEndpoint(
  { cookie }: Handoff,
  login: SessionLogin,
  { site, clock }: Instruments,
): Promise<Finding[]> {
  const { sessionUrl, sessionCookie } = login;
  const times: number[] = [];
  const ask = async (check: string, value: string | undefined, judge: (answer: Answer) => Finding[]) => {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (value !== undefined) headers.cookie = `${sessionCookie}=${value}`;
    const { answer, problem } = await site.ask(sessionUrl, { headers, timeoutMs: SESSION_TIMEOUT_MS });
    if (!answer) return [failed(check, `${shown(sessionUrl)}: ${problem}`, UNREACHABLE)];
    times.push(answer.ms);
    return judge(answer);
  };

  const findings = await ask('session-nobody', undefined, (answer) => [
    nobody('session-nobody', 'without a cookie', answer),
  ]);
  if (times.length === 0) return findings;
  findings.push(
    ...(await ask('session-nonsense', 'link2ur-doctor-nonsense', (answer) => [
      nobody('session-nonsense', 'with a cookie that means nothing', answer),
    ])),
  );
  if (cookie !== undefined) {
    const judge = (answer: Answer) => user(answer, login, toEpochSeconds(clock.now()));
    findings.push(...(await ask('session-user', cookie, judge)));
  }
  const slowest = Math.max(...times);
  if (slowest > SLOW_MS) {
    const advice = `stay below ${SLOW_MS} ms; after ${SESSION_TIMEOUT_MS} ms the provider gives up`;
    findings.push(warning('session-latency', `one answer needed ${slowest} ms`, advice));
  }
  return findings;
}
