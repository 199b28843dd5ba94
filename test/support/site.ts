// The stand-in for the Link²Ur site in this process: by itself over users in memory, or with a whole provider.

import type { SiteFaults } from '../../examples/link2ur-site/faults.js';
import { hashPassword } from '../../examples/link2ur-site/passwords.js';
import { providerSettings } from '../../examples/link2ur-site/provider-settings.js';
import { startLink2urSite } from '../../examples/link2ur-site/server.js';
import type { TicketOptions } from '../../examples/link2ur-site/tickets.js';
import { openSiteUsers, type SiteUser, type SiteUsers } from '../../examples/link2ur-site/users.js';
import type { Overrides } from '../../src/app.js';
import type { Clock } from '../../src/lib/clock.js';
import { embeddedConnection } from '../../src/store/postgres/embedded/embedded-connection.js';
import { type Agent, formIn, type Page } from './agent.js';
import { freePort, OTHER_USER, PASSWORD, startApp, type TestApp, USER } from './app.js';
import { answer, goOn, type Manners, questionOn, type Shown } from './walk.js';

/** Users in memory; as in the real table, `delete` and `setPassword` act at once. */
export async function memoryUsers(): Promise<SiteUsers & { rows: Map<string, SiteUser> }> {
  const hashedPassword = await hashPassword(PASSWORD);
  const users = [USER, OTHER_USER].map(
    ({ id, name, email }): SiteUser => ({
      id,
      name,
      email,
      hashedPassword,
      isActive: true,
      language: undefined,
    }),
  );
  const rows = new Map(users.map((user) => [user.id, user]));
  return {
    rows,
    find: async (id) => rows.get(id),
    findByIdentifier: async (identifier) =>
      [...rows.values()].find(({ id, email }) => [id, email].includes(identifier)),
    async setPassword(id, hash) {
      const user = rows.get(id);
      if (user) rows.set(id, { ...user, hashedPassword: hash });
    },
    async delete(id) {
      rows.delete(id);
    },
  };
}

export interface SiteAlone {
  url: string;
  users: Awaited<ReturnType<typeof memoryUsers>>;
  faults: SiteFaults;
  close(): Promise<void>;
}

/** The site without a provider. */
export async function startSiteAlone(options: {
  issuer: string;
  tickets?: TicketOptions;
  eventsToken?: string;
  clock?: Clock;
}): Promise<SiteAlone> {
  const users = await memoryUsers();
  const faults: SiteFaults = {};
  const { url, close } = await startLink2urSite({ port: 0, users, faults, ...options });
  return { url, users, faults, close };
}

/** Sends the site's login form on `page`. */
export function submitSiteLogin(
  agent: Agent,
  page: Page,
  { username = USER.email, password = PASSWORD }: { username?: string; password?: string } = {},
): Promise<Page> {
  return agent.submit(formIn(page, 'site-login-form'), { username, password });
}

/** Logs in at the site itself, as if the provider had nothing to do with it. */
export async function logInAtSite(agent: Agent, siteUrl: string, username?: string): Promise<Page> {
  const page = await agent.get(`${siteUrl}/login`);
  return submitSiteLogin(agent, page, username === undefined ? {} : { username });
}

export interface AppWithSite {
  app: TestApp;
  site: { url: string; close(): Promise<void> };
  /** What the site does wrong; may be changed at any time. */
  faults: SiteFaults;
  close(): Promise<void>;
}

/** A whole provider and the site over one database, each configured for the other: strategy "session" or "ticket". */
export async function startAppWithSite(
  options: { tickets?: TicketOptions; env?: Record<string, string>; overrides?: Overrides } = {},
): Promise<AppWithSite> {
  const { tickets, overrides = {} } = options;
  const port = await freePort();
  const eventsToken = 'events-token-of-the-test-suite-0001';
  const settings = providerSettings({ siteUrl: `http://localhost:${port}`, tickets, eventsToken });
  const app = await startApp({ env: { ...settings, ...options.env }, overrides });
  const users = openSiteUsers({ ...embeddedConnection(app.dataDir) });
  const faults: SiteFaults = {};
  const { clock } = app.services;
  const site = await startLink2urSite({
    port,
    issuer: app.issuer,
    users,
    tickets,
    eventsToken,
    clock,
    faults,
  });
  return {
    app,
    site,
    faults,
    async close() {
      await site.close();
      await users.close();
      await app.close();
    },
  };
}

export interface SiteWalk {
  /** The page nobody is asked anything on any more, or the one that leaves both provider and site. */
  page: Page;
  /** The pages that asked something, in order. */
  shown: (Shown | 'site-login' | 'site-account' | 'site-factor')[];
}

/** As walk, between the provider and the site: a person who logs in at the site when asked to. */
export async function walkWithSite(
  agent: Agent,
  { app, site }: Pick<AppWithSite, 'app' | 'site'>,
  start: Page | string,
  manners: Manners = {},
): Promise<SiteWalk> {
  const shown: SiteWalk['shown'] = [];
  let page = typeof start === 'string' ? await agent.get(start) : start;
  const asks = (id: string) => page.status === 200 && page.text.includes(`id="${id}"`);
  for (let steps = 0; ; steps += 1) {
    if (steps > 20) throw new Error(`no end: ${shown.join(', ')} at ${page.url}`);
    const question = questionOn(page);
    if (page.location?.startsWith(`${site.url}/`)) {
      page = await agent.follow(page, site.url);
    } else if (page.location?.startsWith(`${app.issuer}/`)) {
      page = await goOn(agent, app.issuer, page);
    } else if (asks('site-continue')) {
      shown.push('site-account');
      page = await agent.get(
        linkOn(page, manners.choice === 'other' ? 'site-other-account' : 'site-continue'),
      );
    } else if (asks('site-login-form')) {
      shown.push('site-login');
      page = await submitSiteLogin(agent, page, manners);
    } else if (asks('site-factor-form') && manners.hasSecondFactor === false) {
      shown.push('site-factor');
      page = await agent.submit(formIn(page, 'site-factor-form'), { decline: '1' });
    } else if (asks('site-factor-form')) {
      shown.push('site-factor');
      const code = /id="site-code-sent">(\d+)</.exec(page.text)?.[1] ?? '';
      page = await agent.submit(formIn(page, 'site-factor-form'), { code });
    } else if (question) {
      shown.push(question);
      page = await answer(agent, page, question, manners);
    } else {
      if (page.status >= 500) throw new Error(`${page.status} at ${page.url}: ${page.text.slice(0, 1_500)}`);
      return { page, shown };
    }
  }
}

/** Where the link with this id leads. */
export function linkOn({ text, url }: Page, id: string): string {
  const tag = new RegExp(`<a\\b[^>]*\\sid="${id}"[^>]*>`).exec(text)?.[0] ?? '';
  const href = /\shref="([^"]*)"/.exec(tag)?.[1];
  if (href === undefined) throw new Error(`no link ${id} at ${url}: ${text.slice(0, 400)}`);
  return new URL(href.replaceAll('&amp;', '&'), url).href;
}
