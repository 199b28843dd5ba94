// Owns: who is logged in to this app. Kept in memory; a real app would use its own session store.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IDToken } from 'openid-client';

/** What must survive the trip to Link²Ur and back, one for each login under way (tabs are independent). */
export interface PendingLogin {
  codeVerifier: string;
  nonce: string;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string | undefined;
  idToken: string;
  claims: IDToken;
  scope: string;
  expiresAt: Date | undefined;
}

export interface Session {
  /** By `state`. */
  logins: Map<string, PendingLogin>;
  tokens?: Tokens;
  /** The refresh under way, so that two tabs do not both spend the same refresh token. */
  refreshing?: Promise<void> | undefined;
  /** The `state` sent with the last logout request. */
  logoutState?: string;
}

export interface Sessions {
  find(request: IncomingMessage): Session | undefined;
  /** A new session under a new, unguessable id; the browser's old session, if any, ends. */
  start(
    exchange: { request: IncomingMessage; response: ServerResponse },
    session?: Partial<Session>,
  ): Session;
}

const LIFETIME_MS = 8 * 60 * 60 * 1000;
const MAX_SESSIONS = 10_000;

export function createSessions(options: { cookieName: string; secure: boolean }): Sessions {
  const stored = new Map<string, { session: Session; expires: number }>();
  // __Host- pins the cookie to this host and to https. Browsers share cookies between the ports of one
  // host, hence the port in the name: several apps on localhost would overwrite each other's session.
  const name = options.secure ? `__Host-${options.cookieName}` : options.cookieName;

  function idFrom(request: IncomingMessage): string {
    const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  }

  /** Drops what has expired and, when there are too many, the oldest (a Map keeps insertion order). */
  function sweep(): void {
    for (const [id, { expires }] of stored) {
      if (expires > Date.now() && stored.size < MAX_SESSIONS) return;
      stored.delete(id);
    }
  }

  return {
    find(request) {
      const found = stored.get(idFrom(request));
      return found && found.expires > Date.now() ? found.session : undefined;
    },
    start({ request, response }, initial = {}) {
      sweep();
      stored.delete(idFrom(request));
      const id = randomBytes(32).toString('base64url');
      const session: Session = { logins: new Map(), ...initial };
      stored.set(id, { session, expires: Date.now() + LIFETIME_MS });
      // HttpOnly: no script reads it. Lax, not Strict: the return from Link²Ur is a navigation from another
      // site and must carry it.
      const secure = options.secure ? '; Secure' : '';
      response.setHeader('set-cookie', `${name}=${id}; Path=/; HttpOnly; SameSite=Lax${secure}`);
      return session;
    },
  };
}
