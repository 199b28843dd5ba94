// Owns: proof that a form was sent from a page of the site, in this browser (no cross-site request forgery).
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { cookieFrom, type Exchange, Refusal, setCookie } from './exchange.js';

export interface FormGuard {
  /** The value of the hidden field `csrf`; `subject` is the session's id, or '' before login. */
  tokenFor(exchange: Exchange, subject: string): string;
  /** @throws Refusal unless the form carries that value and comes from one of our pages */
  check(exchange: Exchange, fields: URLSearchParams, subject: string): void;
}

const COOKIE = 'link2ur_form';
const LIFETIME_SECONDS = 14 * 24 * 60 * 60;

/** Tokens are a keyed hash of a cookie that only this browser has: nobody else can make one. */
export function createFormGuard({ baseUrl }: { baseUrl: string }): FormGuard {
  const key = randomBytes(32);
  const isHttps = baseUrl.startsWith('https:');
  const tokenOf = (browser: string, subject: string) =>
    createHmac('sha256', key).update(`${browser}|${subject}`).digest();

  return {
    tokenFor(exchange, subject) {
      let browser = cookieFrom(exchange.request, COOKIE);
      if (browser === '') {
        browser = randomBytes(16).toString('base64url');
        setCookie(exchange, COOKIE, browser, { isHttps, maxAge: LIFETIME_SECONDS });
      }
      return tokenOf(browser, subject).toString('base64url');
    },
    check({ request }, fields, subject) {
      const { origin = baseUrl } = request.headers;
      const browser = cookieFrom(request, COOKIE);
      const expected = tokenOf(browser, subject);
      const given = Buffer.from(fields.get('csrf') ?? '', 'base64url');
      const matches = given.length === expected.length && timingSafeEqual(given, expected);
      if (origin !== baseUrl || browser === '' || !matches) throw new Refusal(403, 'form_refused');
    },
  };
}
