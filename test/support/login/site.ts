// The site that logs users in, as far as the provider sees it: a session endpoint, keys, and what tests make of them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { randomToken } from '../../../src/lib/ids.js';
import { freePort } from '../app.js';

export const COOKIE = 'site_session';
export const EVENTS_TOKEN = 'the-events-token-of-the-test-suite-0001';

export interface SiteIdentity {
  id: string;
  auth_time?: number;
  amr?: string[];
  acr?: string;
}

/** How the session endpoint behaves. */
export type Mood = 'well' | 'error' | 'html' | 'redirect' | 'nonsense' | 'silent' | 'forbidden';

export interface TestSite {
  origin: string;
  mood: Mood;
  /** What the session endpoint was asked with. */
  seen: IncomingMessage['headers'][];
  /** Logs a user in; the value of the cookie. */
  open(identity: SiteIdentity): string;
  /** Ends that login. */
  end(cookie: string): void;
  /** A ticket with these claims over sound ones; see also `header`. */
  ticket(claims: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  close(): Promise<void>;
}

export const seconds = () => Math.floor(Date.now() / 1000);

/** Starts it; `audience` tells the issuer once it is known. */
export async function startSite(audience: () => string): Promise<TestSite> {
  const sessions = new Map<string, SiteIdentity>();
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'site-1', alg: 'ES256', use: 'sig' };
  const port = await freePort();
  const origin = `http://localhost:${port}`;

  const json = (res: ServerResponse, status: number, body: unknown) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  const moods: Record<Mood, (req: IncomingMessage, res: ServerResponse) => void> = {
    well(req, res) {
      const value = /(?:^|;\s*)site_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
      const identity = value === undefined ? undefined : sessions.get(value);
      json(res, identity ? 200 : 401, identity ?? { error: 'not_logged_in' });
    },
    error: (_req, res) => void res.writeHead(500).end('oops'),
    html: (_req, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
    redirect: (_req, res) => void res.writeHead(302, { location: '/login' }).end(),
    nonsense: (_req, res) => void json(res, 200, { id: 7, auth_time: 'yesterday' }),
    silent: () => {},
    forbidden: (_req, res) => void res.writeHead(403).end(),
  };

  const server = createServer((req, res) => {
    if (req.url === '/jwks.json') return json(res, 200, { keys: [jwk] });
    if (req.url !== '/session') return res.writeHead(404).end();
    site.seen.push(req.headers);
    return moods[site.mood](req, res);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  const site: TestSite = {
    origin,
    mood: 'well',
    seen: [],
    open(identity) {
      const value = randomToken(12);
      sessions.set(value, identity);
      return value;
    },
    end: (cookie) => void sessions.delete(cookie),
    ticket(claims, header) {
      const now = seconds();
      const sound = {
        iss: origin,
        aud: audience(),
        jti: randomToken(),
        iat: now,
        exp: now + 60,
        auth_time: now,
      };
      const payload = { ...sound, amr: ['pwd'], ...claims };
      for (const [name, value] of Object.entries(payload)) {
        if (value === undefined) delete payload[name as keyof typeof payload];
      }
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'ES256', kid: 'site-1', ...header })
        .sign(privateKey);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}
