// Owns: who is logged in to the site. Kept in memory; the real site has its own session store.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.js';
import { cookieFrom, type Exchange, setCookie } from './exchange.js';

export interface SiteSession {
  id: string;
  userId: string;
  /** When the user proved who they are, epoch seconds. */
  authTime: number;
  /** Whether that was with a second factor as well. */
  hasSecondFactor: boolean;
}

export interface Sessions {
  find(exchange: Pick<Exchange, 'request'>): SiteSession | undefined;
  /** A new session under a new, unguessable id; the browser's old session, if any, ends. */
  start(exchange: Exchange, userId: string): SiteSession;
  /** As start, for a user who has just given the second factor on top of the password. */
  strengthen(exchange: Exchange, userId: string): SiteSession;
  /** Ends the browser's session. */
  end(exchange: Exchange): void;
  /** Ends all sessions of a user, in every browser. */
  endAllOf(userId: string): void;
}

/** What the provider is told to forward: LINK2UR_SESSION_COOKIE. */
export const SESSION_COOKIE = 'link2ur_session';

const LIFETIME_SECONDS = 14 * 24 * 60 * 60;
const MAX_SESSIONS = 10_000;

export function createSessions({ clock, isHttps }: { clock: Clock; isHttps: boolean }): Sessions {
  const sessions = new Map<string, SiteSession>();
  const now = () => Math.floor(clock.now().getTime() / 1000);
  const isAlive = (session: SiteSession) => session.authTime + LIFETIME_SECONDS > now();

  /** Drops what has expired and, when there are too many, the oldest (a Map keeps insertion order). */
  function sweep(): void {
    for (const [id, session] of sessions) {
      if (isAlive(session) && sessions.size < MAX_SESSIONS) return;
      sessions.delete(id);
    }
  }

  const forget = ({ request }: Exchange) => sessions.delete(cookieFrom(request, SESSION_COOKIE));

  function open(exchange: Exchange, userId: string, hasSecondFactor: boolean): SiteSession {
    sweep();
    forget(exchange);
    const id = randomBytes(32).toString('base64url');
    const session = { id, userId, authTime: now(), hasSecondFactor };
    sessions.set(session.id, session);
    // On the real site with the parent domain (`Domain=link2ur.com`), so that it reaches the provider, too;
    // on localhost all ports share their cookies.
    setCookie(exchange, SESSION_COOKIE, session.id, { isHttps, maxAge: LIFETIME_SECONDS });
    return session;
  }

  return {
    find({ request }) {
      const session = sessions.get(cookieFrom(request, SESSION_COOKIE));
      return session && isAlive(session) ? session : undefined;
    },
    start: (exchange, userId) => open(exchange, userId, false),
    strengthen: (exchange, userId) => open(exchange, userId, true),
    end(exchange) {
      forget(exchange);
      setCookie(exchange, SESSION_COOKIE, '', { isHttps, maxAge: 0 });
    },
    endAllOf(userId) {
      for (const { id, userId: owner } of sessions.values()) if (owner === userId) sessions.delete(id);
    },
  };
}
