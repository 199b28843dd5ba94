// Owns: what both ways of logging in at the site share: the way there, and what is made of the answer.
// Does not: know how the site proves who somebody is (session.ts, ticket.ts).
import { type Clock, toEpochSeconds } from '../lib/clock.js';
import type { UserStore } from '../store/ports/index.js';
import { ACR_PASSWORD, faultOf, type LoginRequest, type LoginStep } from './strategy.js';

/** What the site says of somebody who is logged in there. */
export interface SiteIdentity {
  id: string;
  /** When they proved who they are, epoch seconds; undefined: the site does not say. */
  authTime: number | undefined;
  amr: string[];
}

export interface SiteDeps {
  issuer: string;
  loginUrl: string;
  users: Pick<UserStore, 'find'>;
  clock: Clock;
}

/** By how much the site's clock may be ahead of ours, seconds. */
export const CLOCK_SKEW_SECONDS = 30;

/** "Nobody knows when", as a time: older than anything a relying party may ask for. */
const LONG_AGO = 1;

const refused = (error: 'login_required' | 'access_denied', description: string): LoginStep => ({
  kind: 'refused',
  error,
  description,
});

const PROMPTS = { any: undefined, again: 'login', other: 'select_account' } as const;

export function createSiteLogin({ issuer, loginUrl, users, clock }: SiteDeps) {
  /** The site's login page, with the way back. */
  function loginAddress({ uid, loginHint, uiLocales, demand, notBefore }: LoginRequest): string {
    const url = new URL(loginUrl);
    const params = {
      return_to: `${issuer}/interaction/${uid}/return`,
      login_hint: loginHint,
      ui_locales: uiLocales,
      // Whoever has to prove who they are can be anybody.
      prompt: notBefore === undefined ? PROMPTS[demand] : 'login',
    };
    for (const [name, value] of Object.entries(params))
      if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  }

  return {
    loginUrl,

    /** Sends the browser to the site. */
    away: (request: LoginRequest): LoginStep => ({ kind: 'redirect', url: loginAddress(request) }),

    /** The browser is back and nobody is logged in. */
    waiting: (request: LoginRequest): LoginStep => ({ kind: 'waiting', url: loginAddress(request) }),

    /** Whether a login is as recent as the request asks for. */
    isRecent: ({ notBefore }: LoginRequest, { authTime }: SiteIdentity): boolean =>
      notBefore === undefined || (authTime !== undefined && authTime >= notBefore),

    /** An honest refusal beats sending the user back and forth. */
    notRecent: ({ authTime }: SiteIdentity): LoginStep =>
      refused(
        'login_required',
        authTime === undefined
          ? 'the site cannot say when the End-User authenticated'
          : 'the End-User was not authenticated anew',
      ),

    acrUnmet: (): LoginStep => refused('login_required', 'none of the requested ACRs can be provided'),

    /** Logs that user in here, if there is one. */
    async accept(request: LoginRequest, { id, authTime, amr }: SiteIdentity): Promise<LoginStep> {
      const user = await users.find(id);
      if (!user?.isActive) return refused('access_denied', 'the account of the End-User cannot be used');
      const now = toEpochSeconds(clock.now());
      const result = {
        accountId: user.id,
        acr: amr.includes('pwd') ? ACR_PASSWORD : undefined,
        amr,
        // Its clock may be a little ahead of ours.
        authTime: Math.min(authTime ?? LONG_AGO, now),
      };
      // An honest refusal here as well: the library would ask again, and the site answer the same.
      const fault = faultOf(request, result);
      return fault === undefined ? { kind: 'done', result } : refused('login_required', fault);
    },
  };
}

export type SiteLogin = ReturnType<typeof createSiteLogin>;
