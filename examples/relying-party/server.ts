// Owns: the demo relying party's HTTP server: the table of routes and what happens when one fails.
// Not: how a login works (web-login.ts, and public/spa.js in the browser) or how a page looks (pages.ts).
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { projectPath } from '../../src/lib/paths.js';
import { describeFailure, Problem, reasonsFor } from './failures.js';
import { createOpenIdProvider } from './openid-provider.js';
import { problemPage, spaPage } from './pages.js';
import {
  contentSecurityPolicy,
  type Exchange,
  isSameOriginRequest,
  sendFile,
  sendPage,
} from './responses.js';
import { createSessions } from './sessions.js';
import { createWebLogin } from './web-login.js';

export interface RelyingPartyOptions {
  /** 0 picks a free port; the redirect URIs below must be registered for the port in use. */
  port: number;
  /** The address to listen on; default 127.0.0.1. */
  host?: string;
  /** Where browsers find this app, without a path; default `http://localhost:<port>`. */
  baseUrl?: string;
  /** The issuer identifier of Link²Ur, e.g. `http://localhost:3000`. */
  issuer: string;
  /** A confidential client, client_secret_basic; returns to `/callback`, after logout to `/logged-out`. */
  web: { clientId: string; clientSecret: string };
  /** A public client, no secret; returns to `/spa`, after logout too. */
  spa: { clientId: string };
}

type Handler = (exchange: Exchange) => Promise<void> | void;

/**
 * Starts the demo relying party, a web app and a single-page app that log in with Link²Ur.
 * Link²Ur need not run yet: it is discovered at the first login.
 */
export async function startRelyingParty(
  options: RelyingPartyOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const policy = contentSecurityPolicy(options.issuer);
  const routes = new Map<string, Handler>();
  let baseUrl = '';

  const server = createServer(async (request, response) => {
    try {
      // Built from our own base URL: the Host header is whatever the sender wrote into it.
      const target = `${baseUrl}${request.url ?? '/'}`;
      const url = URL.canParse(target) ? new URL(target) : undefined;
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      const handler = routes.get(`${method} ${url?.pathname}`);
      if (!url || !handler) throw new Problem(404, 'not_found', 'There is no such page', '');
      if (method !== 'GET' && !isSameOriginRequest(request, baseUrl)) {
        const why = 'It came from another site, so nothing was changed.';
        throw new Problem(403, 'cross_site_request', 'Request refused', why);
      }
      await handler({ request, response, url });
    } catch (error) {
      // The user gets a friendly page, this app's own log the details.
      const problem = describeFailure(error);
      if (problem.status >= 500) console.error(`relying party: ${reasonsFor(problem)}`);
      if (response.headersSent) response.destroy();
      else sendPage(response, problem.status, problemPage(problem), policy);
    }
  });

  const asset = (name: string) => readFile(projectPath('examples', 'relying-party', 'public', name));
  const files = {
    '/favicon.svg': await asset('favicon.svg'),
    '/style.css': await asset('style.css'),
    '/spa.js': await asset('spa.js'),
    '/vendor/oauth4webapi.js': await readFile(fileURLToPath(import.meta.resolve('oauth4webapi'))),
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  baseUrl = new URL(options.baseUrl ?? `http://localhost:${port}`).origin;

  const web = createWebLogin({
    baseUrl,
    issuer: options.issuer,
    provider: createOpenIdProvider({ issuer: options.issuer, ...options.web }),
    sessions: createSessions({ secure: baseUrl.startsWith('https:'), cookieName: `rp_session_${port}` }),
  });
  const spa = spaPage({ issuer: options.issuer, clientId: options.spa.clientId });

  routes.set('GET /', web.home);
  routes.set('GET /login', web.login);
  routes.set('GET /callback', web.callback);
  routes.set('POST /refresh', web.refresh);
  routes.set('POST /logout', web.logout);
  routes.set('GET /logged-out', web.loggedOut);
  routes.set('GET /spa', ({ response }) => sendPage(response, 200, spa, policy));
  for (const [path, content] of Object.entries(files)) {
    routes.set(`GET ${path}`, ({ response }) => sendFile(response, path, content));
  }

  return {
    url: baseUrl,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
