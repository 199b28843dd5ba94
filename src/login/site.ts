// Owns: what both ways of logging in at the site share: the way there, and what is made of the answer.
// Does not: know how the site proves who somebody is (session.ts, ticket.ts).
import { ACR_PASSWORD } from '../config/acr-values.js';
import { type Clock, toEpochSeconds } from '../lib/clock.js';
import type { UserStore } from '../store/ports/index.js';
import { type AcrOrder, isReached, withinReach } from './acr.js';
import { type LoginRequest, type LoginStep, refusalOf, refused } from './strategy.js';

/** What the site says of somebody who is logged in there. */
export interface SiteIdentity {
  id: string;
  /** When they proved who they are, epoch seconds; undefined: the site does not say. */
  authTime: number | undefined;
  amr: string[];
  /** The authentication context class the site vouches for; undefined: it names none. */
  acr: string | undefined;
}

export interface SiteDeps {
  issuer: string;
  loginUrl: string;
  /** Authentication context classes the site can vouch for. */
  acrValues: AcrOrder;
  users: Pick<UserStore, 'find'>;
  clock: Clock;
}

/** By how much the site's clock may be ahead of ours, seconds. */
export const CLOCK_SKEW_SECONDS = 30;

/** "Nobody knows when", as a time: older than anything a relying party may ask for. */
const LONG_AGO = 1;

const PROMPTS = { any: undefined, again: 'login', other: 'select_account' } as const;

export function createSiteLogin({ issuer, loginUrl, acrValues, users, clock }: SiteDeps) {
  /** The class a login is of. One that nobody agreed on is not known here. */
  function classOf({ acr, amr }: SiteIdentity): string | undefined {
    if (acr !== undefined && acrValues.includes(acr)) return acr;
    return amr.includes('pwd') && acrValues.includes(ACR_PASSWORD) ? ACR_PASSWORD : undefined;
  }

  /** The site's login page, with the way back. */
  function loginAddress({ uid, loginHint, uiLocales, acr, demand, notBefore }: LoginRequest): string {
    const url = new URL(loginUrl);
    const wanted = withinReach(acrValues, acr);
    const params = {
      return_to: `${issuer}/interaction/${uid}/return`,
      login_hint: loginHint,
      ui_locales: uiLocales,
      // Whoever has to prove who they are can be anybody.
      prompt: notBefore === undefined ? PROMPTS[demand] : 'login',
      acr_values: wanted.length > 0 ? wanted.join(' ') : undefined,
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

    /**
     * Whether a login is of a class the request asks for, or will not become one: a site that says nothing of how would
     * not say so after another login either.
     */
    isStrongEnough: ({ acr }: LoginRequest, identity: SiteIdentity): boolean =>
      isReached(acrValues, acr, classOf(identity)) ||
      withinReach(acrValues, acr).length === 0 ||
      (identity.acr === undefined && identity.amr.length === 0),

    /** Logs that user in here, if there is one. */
    async accept(request: LoginRequest, identity: SiteIdentity): Promise<LoginStep> {
      const { id, authTime, amr } = identity;
      const user = await users.find(id);
      if (!user?.isActive) return refused('access_denied', 'the account of the End-User cannot be used');
      const now = toEpochSeconds(clock.now());
      const result = {
        accountId: user.id,
        acr: classOf(identity),
        amr,
        // Its clock may be a little ahead of ours.
        authTime: Math.min(authTime ?? LONG_AGO, now),
      };
      return (await refusalOf(request, result, acrValues)) ?? { kind: 'done', result };
    },
  };
}

export type SiteLogin = ReturnType<typeof createSiteLogin>;
