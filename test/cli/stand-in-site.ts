// A site of a few lines for the doctor to look at: well, unless a test breaks it in one place.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, type JWK, SignJWT } from 'jose';

export const ISSUER = 'http://localhost:39999';
export const COOKIE_VALUE = 'value-of-a-session-cookie';

export interface Request {
  parameters: URLSearchParams;
  isLoggedIn: boolean;
  cookie: string | undefined;
}

export interface Reply {
  status: number;
  location?: string;
  json?: unknown;
  html?: string;
  headers?: Record<string, string>;
  delayMs?: number;
}

export type Route = (request: Request) => Reply | Promise<Reply>;
export type Routes = Record<'/login' | '/session' | '/logout' | '/jwks', Route>;

export interface StandInSite {
  origin: string;
  /** What a test does not break is as it should be. */
  breakRoutes(routes: Partial<Routes>): void;
  /** Every request so far. */
  seen: { path: string; cookie: string | undefined }[];
  env: Record<'session' | 'ticket', Record<string, string>>;
  key: { privateKey: KeyObject; jwk: JWK };
  close(): Promise<void>;
}

const isGood = (returnTo: string | null): returnTo is string => returnTo?.startsWith(`${ISSUER}/`) === true;

export const page = (html = '<form></form>'): Reply => ({ status: 200, html });
export const redirect = (location: string): Reply => ({ status: 303, location });
export const NOBODY: Reply = { status: 401, json: { error: 'not_logged_in' } };
export const somebody = (members: object = {}): Reply => ({
  status: 200,
  json: { id: '10000002', auth_time: Math.floor(Date.now() / 1000) - 10, amr: ['pwd'], ...members },
});

function wellBehaved(jwk: JWK): Routes {
  return {
    '/login': ({ parameters, isLoggedIn }) => {
      const returnTo = parameters.get('return_to');
      return isLoggedIn && isGood(returnTo) && !parameters.get('prompt') ? redirect(returnTo) : page();
    },
    '/session': ({ isLoggedIn }) => (isLoggedIn ? somebody() : NOBODY),
    '/logout': ({ parameters }) => {
      const returnTo = parameters.get('return_to');
      return isGood(returnTo) ? redirect(returnTo) : page();
    },
    '/jwks': () => ({ status: 200, json: { keys: [jwk] } }),
  };
}

async function answer(response: ServerResponse, { status, location, json, html, headers, delayMs }: Reply) {
  if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const type = json === undefined ? 'text/html; charset=utf-8' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...(location ? { location } : {}), ...headers });
  response.end(json === undefined ? html : JSON.stringify(json));
}

function understood({ url = '', headers: { cookie } }: IncomingMessage, origin: string): [string, Request] {
  const { pathname, searchParams: parameters } = new URL(url, origin);
  return [pathname, { parameters, cookie, isLoggedIn: cookie === `site=${COOKIE_VALUE}` }];
}

export async function startStandInSite(): Promise<StandInSite> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' };
  let routes = wellBehaved(jwk);
  const seen: StandInSite['seen'] = [];
  const server = createServer(async (request, response) => {
    const [path, understandable] = understood(request, 'http://localhost');
    seen.push({ path, cookie: understandable.cookie });
    const route = Object.entries(routes).find(([name]) => name === path)?.[1];
    await answer(response, route ? await route(understandable) : { status: 404, html: 'not found' });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const origin = `http://localhost:${(server.address() as { port: number }).port}`;
  const common = {
    OAUTH_ISSUER: ISSUER,
    LINK2UR_LOGIN_URL: `${origin}/login`,
    LINK2UR_LOGOUT_URL: `${origin}/logout`,
    LINK2UR_EVENTS_TOKEN: 'events-token-of-the-test-suite-000001',
  };
  return {
    origin,
    breakRoutes: (broken) => {
      routes = { ...wellBehaved(jwk), ...broken };
    },
    seen,
    env: {
      session: {
        ...common,
        LOGIN_STRATEGY: 'session',
        LINK2UR_SESSION_URL: `${origin}/session`,
        LINK2UR_SESSION_COOKIE: 'site',
      },
      ticket: { ...common, LOGIN_STRATEGY: 'ticket', LINK2UR_JWKS_URL: `${origin}/jwks` },
    },
    key: { privateKey, jwk },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A ticket as the site should sign it, with the differences a test makes. */
export function ticketOf(
  { origin, key }: Pick<StandInSite, 'origin' | 'key'>,
  claims: object = {},
  { header = {}, signWith = key.privateKey as KeyObject | Uint8Array } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const good = {
    iss: origin,
    aud: ISSUER,
    sub: '10000002',
    jti: 'one-of-a-kind',
    iat: now,
    exp: now + 60,
    auth_time: now - 10,
    amr: ['pwd'],
    interaction: 'uid-1',
  };
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'key-1', ...header })
    .sign(signWith);
}
