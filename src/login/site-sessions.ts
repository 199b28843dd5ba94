// Owns: asking the site whose session a browser has there.
import { z } from 'zod';
import { type Clock, toEpochSeconds } from '../lib/clock.js';
import { SiteUnavailableError } from '../lib/errors.js';
import { CLOCK_SKEW_SECONDS, type SiteIdentity } from './site.js';

export interface SiteSessions {
  /** Who is logged in at the site in this browser, at this moment. @throws SiteUnavailableError */
  find(cookies: string | undefined): Promise<SiteIdentity | undefined>;
}

/** For one attempt; there are two, and the user is answered within three seconds. */
export const SESSION_TIMEOUT_MS = 1_400;
const ATTEMPTS = 2;
const MAX_ANSWER_LENGTH = 10_000;

const answerSchema = z.object({
  id: z.string().min(1).max(64),
  auth_time: z.int().positive().optional(),
  amr: z.array(z.string().min(1).max(64)).max(20).optional(),
  acr: z.string().min(1).max(200).optional(),
});

/** The value of the cookie `name`, as it was sent. @see https://www.rfc-editor.org/rfc/rfc6265#section-4.2.1 */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) {
      const value = pair.slice(equals + 1).trim();
      return /^[\x21-\x7e]{1,4096}$/.test(value) ? value : undefined;
    }
  }
  return undefined;
}

interface Deps {
  url: string;
  cookieName: string;
  clock: Clock;
  fetch?: typeof globalThis.fetch;
}

export function createSiteSessions({ url, cookieName, clock, fetch = globalThis.fetch }: Deps): SiteSessions {
  function parse(text: string): SiteIdentity {
    const answer = answerSchema.parse(JSON.parse(text));
    const authTime = answer.auth_time;
    if (authTime !== undefined && authTime > toEpochSeconds(clock.now()) + CLOCK_SKEW_SECONDS) {
      throw new Error('auth_time is in the future: the clocks differ');
    }
    return { id: answer.id, authTime, amr: answer.amr ?? [], acr: answer.acr };
  }

  async function askOnce(value: string): Promise<SiteIdentity | undefined> {
    const response = await fetch(url, {
      headers: { accept: 'application/json', cookie: `${cookieName}=${value}` },
      redirect: 'error',
      signal: AbortSignal.timeout(SESSION_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 401) return undefined;
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    if (text.length > MAX_ANSWER_LENGTH) throw new Error('the answer is too long');
    return parse(text);
  }

  async function ask(value: string): Promise<SiteIdentity | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await askOnce(value);
      } catch (error) {
        if (attempt < ATTEMPTS) continue;
        // The answer may hold anything, and Node quotes what it cannot parse: only that it was none is told.
        const isTheirText = error instanceof z.ZodError || error instanceof SyntaxError;
        const reason = isTheirText ? 'not the agreed JSON' : (error as Error).message;
        throw new SiteUnavailableError({
          detail: `session endpoint: ${reason}`,
          ...(!isTheirText && { cause: error }),
        });
      }
    }
  }

  return {
    // Asked each time: of somebody who has just logged out there, nothing is to be remembered.
    async find(cookies) {
      const value = cookieValue(cookies, cookieName);
      return value === undefined ? undefined : ask(value);
    },
  };
}
