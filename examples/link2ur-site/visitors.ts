// Owns: who is looking at the site, in which language, and where they may go from here.
import { type Locale, pickLocale } from '../../src/http/i18n/locale.js';
import { cookieFrom, type Exchange, setCookie } from './exchange.js';
import type { Look } from './pages.js';
import type { Sessions, SiteSession } from './sessions.js';
import type { SiteUser, SiteUsers } from './users.js';

export interface Visitor {
  session: SiteSession;
  user: SiteUser;
}

export interface Visitors {
  /** The user who is logged in in this browser, if any. */
  current(exchange: Pick<Exchange, 'request'>): Promise<Visitor | undefined>;
  /** How a page is to be shown; `address` is its own, for the link to the other language. */
  look(exchange: Exchange, options?: { address?: string; uiLocales?: string; user?: SiteUser }): Look;
}

const LANGUAGE_COOKIE = 'link2ur_lang';
const YEAR_SECONDS = 365 * 24 * 60 * 60;
const isLocale = (value: string): value is Locale => value === 'zh' || value === 'en';

export function createVisitors(options: {
  users: Pick<SiteUsers, 'find'>;
  sessions: Sessions;
  isHttps: boolean;
}): Visitors {
  const { users, sessions, isHttps } = options;
  return {
    async current(exchange) {
      const session = sessions.find(exchange);
      const user = session && (await users.find(session.userId));
      // Whoever has been deleted or shut out since is not logged in any more.
      return session && user?.isActive ? { session, user } : undefined;
    },

    look(exchange, { address = exchange.url.pathname + exchange.url.search, uiLocales, user } = {}) {
      const { request, url } = exchange;
      const chosen = url.searchParams.get('lang') ?? '';
      if (isLocale(chosen)) setCookie(exchange, LANGUAGE_COOKIE, chosen, { isHttps, maxAge: YEAR_SECONDS });
      const locale = pickLocale({
        uiLocales: chosen || uiLocales || cookieFrom(request, LANGUAGE_COOKIE),
        userLanguage: user?.language,
        acceptLanguage: request.headers['accept-language'],
      });
      return { locale, address };
    },
  };
}
