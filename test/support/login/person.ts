// A person logging in whichever way the provider is set up for, at the site or on our own form.
import { type Agent, formIn, type Page } from '../agent.js';
import { PASSWORD, startApp, type TestApp, USER } from '../app.js';
import { goOn } from '../walk.js';
import { COOKIE, EVENTS_TOKEN, type SiteIdentity, seconds, startSite, type TestSite } from './site.js';

export const STRATEGIES = ['local', 'session', 'ticket'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface Scene {
  strategy: Strategy;
  app: TestApp;
  site: TestSite;
  close(): Promise<void>;
}

function environment(strategy: Strategy, { origin }: TestSite): Record<string, string> {
  const common = { LOGIN_STRATEGY: strategy, LINK2UR_EVENTS_TOKEN: EVENTS_TOKEN };
  if (strategy === 'local') return common;
  const away = { ...common, LINK2UR_LOGIN_URL: `${origin}/login?from=op` };
  return strategy === 'session'
    ? { ...away, LINK2UR_SESSION_URL: `${origin}/session`, LINK2UR_SESSION_COOKIE: COOKIE }
    : { ...away, LINK2UR_JWKS_URL: `${origin}/jwks.json` };
}

/** A provider with this strategy, and the site it hands its logins to. */
export async function setScene(strategy: Strategy, env: Record<string, string> = {}): Promise<Scene> {
  let app: TestApp | undefined;
  const site = await startSite(() => app?.issuer ?? '');
  app = await startApp({ env: { ...environment(strategy, site), ...env } });
  const close = async () => {
    await app?.close();
    await site.close();
  };
  return { strategy, app, site, close };
}

/** What the login page of the site was given. */
export function returnTo(page: Page): URL {
  const url = new URL(page.location ?? 'http://none.example/');
  return new URL(url.searchParams.get('return_to') ?? '');
}

export const uidOf = (url: URL): string => url.pathname.split('/')[2] ?? '';

/** Comes back from the site's login page as `identity`. */
export async function comeBack(
  { strategy, app, site }: Scene,
  agent: Agent,
  page: Page,
  identity: SiteIdentity,
): Promise<Page> {
  const back = returnTo(page);
  if (strategy === 'session') agent.setCookie(COOKIE, site.open(identity));
  else {
    const { id: sub, ...claims } = identity;
    const ticket = await site.ticket({ auth_time: undefined, sub, interaction: uidOf(back), ...claims });
    back.searchParams.set('login_ticket', ticket);
  }
  return goOn(agent, app.issuer, back.href);
}

/** Logs in from whatever `page` the provider answered an authorization request with. */
export async function logInFrom(
  scene: Scene,
  agent: Agent,
  page: Page,
  { id, email }: { id: string; email: string } = USER,
): Promise<Page> {
  if (scene.strategy !== 'local') {
    return comeBack(scene, agent, page, { id, auth_time: seconds(), amr: ['pwd'] });
  }
  const fields = { username: email, password: PASSWORD };
  return goOn(agent, scene.app.issuer, await agent.submit(formIn(page, 'login-form'), fields));
}
