// Owns: the site's HTTP server: its table of routes and what happens when one fails.
//
// A stand-in for the existing Link²Ur site, in the demo and in tests: what the provider's contract
// (docs/login-handoff.md) asks of a site, as small as it can be. It shares with the provider the table `users`
// and nothing else. Left out: registration, forgotten passwords, a limit on attempts, sessions that outlive it.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../src/lib/clock.js';
import { projectPath } from '../../src/lib/paths.js';
import { createAccount } from './account.js';
import { type Exchange, Refusal, sendFile, sendJson, sendPage } from './exchange.js';
import type { SiteFaults } from './faults.js';
import { createFormGuard } from './form-guard.js';
import { createLogin } from './login.js';
import { problemPage } from './pages.js';
import { createProviderEvents } from './provider-events.js';
import { createSessionEndpoint } from './session-endpoint.js';
import { createSessions } from './sessions.js';
import { createTickets, type TicketOptions } from './tickets.js';
import type { SiteUsers } from './users.js';
import { createVisitors } from './visitors.js';

export interface SiteOptions {
  /** 0 picks a free port. */
  port: number;
  /** The address to listen on; default 127.0.0.1. */
  host?: string;
  /** Where browsers find the site, without a path; default `http://localhost:<port>`. */
  baseUrl?: string;
  /** The provider's issuer identifier: browsers are sent back to its origin only. */
  issuer: string;
  users: SiteUsers;
  /** How login tickets are signed; without this the provider asks the session endpoint. */
  tickets?: TicketOptions | undefined;
  /** What the site proves itself with when it tells the provider of a logout; without it, it tells nothing. */
  eventsToken?: string | undefined;
  clock?: Clock;
  /** For tests. */
  faults?: SiteFaults;
}

type Handler = (exchange: Exchange) => Promise<void> | void;

/** Starts the site. The provider need not run yet. */
export async function startLink2urSite(
  options: SiteOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { issuer, users, clock = systemClock, faults = {} } = options;
  const routes = new Map<string, Handler>();
  let baseUrl = '';
  let fail: (exchange: Exchange, error: unknown) => void = () => {};

  const server = createServer(async (request, response) => {
    if (faults.down) {
      request.socket.destroy();
      return;
    }
    // Built from our own base URL: the Host header is whatever the sender wrote into it.
    const target = `${baseUrl}${request.url ?? '/'}`;
    const url = new URL(URL.canParse(target) ? target : `${baseUrl}/invalid`);
    const exchange = { request, response, url };
    try {
      const handler = routes.get(`${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`);
      if (!handler) throw new Refusal(404, 'not_found');
      await handler(exchange);
    } catch (error) {
      fail(exchange, error);
    }
  });

  const asset = (name: string) => readFile(projectPath('examples', 'link2ur-site', 'public', name));
  const files = { '/style.css': await asset('style.css'), '/favicon.svg': await asset('favicon.svg') };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  baseUrl = new URL(options.baseUrl ?? `http://localhost:${(server.address() as AddressInfo).port}`).origin;

  const isHttps = baseUrl.startsWith('https:');
  const sessions = createSessions({ clock, isHttps });
  const visitors = createVisitors({ users, sessions, isHttps });
  const guard = createFormGuard({ baseUrl });
  const events = createProviderEvents({ issuer, token: options.eventsToken });
  const omitAuthTime = () => faults.omitAuthTime === true;
  const tickets =
    options.tickets &&
    (await createTickets({ signWith: options.tickets, siteOrigin: baseUrl, issuer, clock, omitAuthTime }));
  const providerOrigin = new URL(issuer).origin;
  const login = createLogin({ providerOrigin, users, sessions, visitors, guard, tickets });
  const account = createAccount({ issuer, users, sessions, visitors, guard, events });

  fail = (exchange, error) => {
    const { status, code } = error instanceof Refusal ? error : { status: 500, code: 'unavailable' };
    if (status === 500) console.error('link2ur site:', error);
    if (exchange.response.headersSent) {
      exchange.response.destroy();
      return;
    }
    // The page the form was on knows where the browser came from, so the login can go on from there.
    const { referer = '' } = exchange.request.headers;
    const retryUrl = referer.startsWith(`${baseUrl}/`) ? referer : '/';
    sendPage(exchange, status, problemPage(visitors.look(exchange, { address: '/' }), { code, retryUrl }));
  };

  routes.set('GET /', account.home);
  routes.set('GET /login', login.show);
  routes.set('POST /login', login.submit);
  routes.set('POST /second-factor', login.submitSecondFactor);
  routes.set('GET /logout', account.logoutPage);
  routes.set('POST /logout', account.logout);
  routes.set('POST /password', account.changePassword);
  routes.set('POST /delete', account.deleteAccount);
  routes.set('GET /api/session', createSessionEndpoint({ visitors, faults }));
  if (tickets && tickets.jwks.keys.length > 0) {
    routes.set('GET /.well-known/jwks.json', (exchange) => sendJson(exchange, 200, tickets.jwks, 300));
  }
  for (const [path, content] of Object.entries(files)) {
    routes.set(`GET ${path}`, (exchange) => sendFile(exchange, path, content));
  }

  return {
    url: baseUrl,
    async close() {
      await events.close();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
    },
  };
}
