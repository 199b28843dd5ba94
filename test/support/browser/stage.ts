// What most browser tests play on: a provider, apps that use it, and a browser.
import type { Browser } from 'playwright-core';
import type { Services } from '../../../src/app.js';
import { clientInputSchema } from '../../../src/clients/input.js';
import { ALL_SCOPES, authorizeUrl, SECRET, startApp, type TestApp, type TestAppOptions } from '../app.js';
import { openBrowser } from './chromium.js';
import { openStandIn, type StandIn } from './stand-in.js';
import { newVisitor, type Visitor, type VisitorOptions } from './visitor.js';

export interface Stage {
  app: TestApp;
  rp: StandIn;
  browser: Browser;
  /** A new person; their browser is closed at the end of the test. */
  visitor(options?: VisitorOptions): Promise<Visitor>;
  /** The address of an authorization request of the app `name`. */
  request(name: string, params?: Record<string, string>): string;
  /** Ends the people's sessions in the browser. */
  dismiss(): Promise<void>;
  close(): Promise<void>;
}

/** Registers an app that is answered at the stand-in. */
export async function addApp(
  { clients }: Pick<Services, 'clients'>,
  rp: StandIn,
  name: string,
  metadata: Record<string, unknown> = {},
): Promise<void> {
  const input = {
    client_id: name,
    client_name: 'Campus Market',
    client_secret: SECRET,
    client_uri: 'https://market.example/about',
    redirect_uris: [rp.callback(name)],
    post_logout_redirect_uris: [`${rp.origin}/${name}/logged-out`],
    scope: ALL_SCOPES,
    ...metadata,
  };
  await clients.apply(clientInputSchema.parse(input), 'operator:test');
}

export function requestOf(
  issuer: string,
  rp: StandIn,
  name: string,
  params: Record<string, string> = {},
): string {
  return authorizeUrl(issuer, { client_id: name, redirect_uri: rp.callback(name), ...params });
}

/** Opens everything; `apps` are names and what is special about them. */
export async function openStage(
  apps: Record<string, Record<string, unknown>>,
  options: TestAppOptions = {},
): Promise<Stage> {
  // First of all: without a browser there is nothing to start.
  const browser = await openBrowser();
  const rp = await openStandIn();
  const app = await startApp(options);
  for (const [name, metadata] of Object.entries(apps)) await addApp(app.services, rp, name, metadata);
  const visitors = new Set<Visitor>();

  return {
    app,
    rp,
    browser,
    async visitor(visitorOptions) {
      const visitor = await newVisitor(browser, visitorOptions);
      visitors.add(visitor);
      return visitor;
    },
    request: (name, params) => requestOf(app.issuer, rp, name, params),
    async dismiss() {
      await Promise.all([...visitors].map((visitor) => visitor.close()));
      visitors.clear();
    },
    async close() {
      await browser.close();
      await rp.close();
      await app.close();
    },
  };
}
