// Owns: checking a ticket the site signed, claim by claim. Does not: accept it; the provider is stricter (it
// also knows which tickets were used), and this one reads tickets that have expired by now.
import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JWK,
  type JWTPayload,
} from 'jose';
import { toEpochSeconds } from '../../lib/clock.js';
import { CLOCK_SKEW_SECONDS } from '../../login/site.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import { examineAcr } from './acr.js';
import type { Instruments, TicketLogin } from './examination.js';

const MAX_LIFETIME_SECONDS = 60;

const display = (value: unknown) => (value === undefined ? 'missing' : shown(JSON.stringify(value)));

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

async function signature(ticket: string, { key }: TicketLogin, keys: JWK[]): Promise<Finding> {
  const check = 'ticket-signature';
  const { alg, kid } = decodeProtectedHeader(ticket);
  if (alg !== key.alg) {
    return failed(check, `alg is ${display(alg)}`, `sign with ${key.alg}, or set LINK2UR_TICKET_ALG`);
  }
  try {
    const options = { algorithms: [key.alg] };
    if (key.alg === 'HS256') await compactVerify(ticket, new TextEncoder().encode(key.secret), options);
    else await compactVerify(ticket, createLocalJWKSet({ keys }), options);
    return ok(check, `${key.alg}, verified${kid === undefined ? '' : ` with key ${shown(kid)}`}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice =
      key.alg === 'HS256'
        ? 'sign with LINK2UR_TICKET_SECRET'
        : 'publish the key it was signed with, and name its kid in the header';
    return failed(check, shown(reason), advice);
  }
}

function claims(payload: JWTPayload, issuer: string, login: TicketLogin): Finding {
  const { iss, aud, sub, jti, interaction, amr } = payload;
  const isUserId = typeof sub === 'string' && /^[0-9A-Za-z]{8}$/.test(sub);
  const problems = [
    iss === login.issuer ? [] : `iss is ${display(iss)}, not ${login.issuer}`,
    aud === issuer || (Array.isArray(aud) && aud.includes(issuer))
      ? []
      : `aud is ${display(aud)}, not ${issuer}`,
    isUserId ? [] : `sub is ${display(sub)}, not users.id (8 characters)`,
    typeof jti === 'string' && jti !== '' ? [] : `jti is ${display(jti)}, not a text of its own`,
    typeof interaction === 'string' && interaction !== ''
      ? []
      : `interaction is ${display(interaction)}, not the uid in return_to`,
    amr === undefined || (Array.isArray(amr) && amr.every((item) => typeof item === 'string'))
      ? []
      : `amr is ${display(amr)}, not a list of texts`,
  ].flat();
  if (problems.length === 0)
    return ok('ticket-claims', `user ${sub}, for interaction ${display(interaction)}`);
  return failed(
    'ticket-claims',
    problems.join('; '),
    'fill in the claims as docs/login-handoff.md lists them',
  );
}

function times({ iat, exp }: JWTPayload, now: number): Finding {
  const check = 'ticket-times';
  if (!isTime(iat) || !isTime(exp)) {
    const advice = 'give both, in seconds since 1970';
    return failed(check, `iat is ${display(iat)}, exp is ${display(exp)}`, advice);
  }
  if (iat > now + CLOCK_SKEW_SECONDS) {
    const advice = 'set the clocks by NTP; give seconds, not milliseconds';
    return failed(check, `iat is ${iat - now} s ahead of this clock`, advice);
  }
  if (exp <= iat || exp > iat + MAX_LIFETIME_SECONDS) {
    const advice = `let it live ${MAX_LIFETIME_SECONDS} s at most`;
    return failed(check, `it lives ${exp - iat} s`, advice);
  }
  return ok(check, `lives ${exp - iat} s${exp < now ? '; expired by now, which does not matter here' : ''}`);
}

function authTime({ auth_time, iat }: JWTPayload): Finding {
  const check = 'ticket-auth-time';
  if (auth_time === undefined) {
    const advice =
      'give when the user last typed the password; without it, apps that need a fresh login get login_required';
    return warning(check, 'there is no auth_time', advice);
  }
  if (isTime(auth_time) && auth_time > 0 && auth_time <= (iat ?? 0) + CLOCK_SKEW_SECONDS) {
    return ok(check, `logged in ${(iat ?? 0) - auth_time} s before`);
  }
  return failed(check, `auth_time is ${display(auth_time)}`, 'give seconds since 1970, not after iat');
}

export async function examineTicket(
  ticket: string,
  { issuer, login, keys }: { issuer: string; login: TicketLogin; keys: JWK[] },
  { clock }: Instruments,
): Promise<Finding[]> {
  try {
    const payload = decodeJwt(ticket);
    return [
      await signature(ticket, login, keys),
      claims(payload, issuer, login),
      times(payload, toEpochSeconds(clock.now())),
      authTime(payload),
      ...examineAcr('ticket-acr', payload.acr, login.acrValues),
    ];
  } catch {
    const advice = 'give the value of login_ticket alone: three parts of base64url with dots between';
    return [failed('ticket', 'this is no JWT', advice)];
  }
}
