// What tests do with a browser beyond signing in.
import { type Agent, formIn, type Page } from './agent.js';
import { authorizeUrl, OTHER_USER, PASSWORD, USER } from './app.js';

/** Asks for a code without any page (prompt=none): the parameters the client is answered with. */
export async function askSilently(
  agent: Agent,
  issuer: string,
  params: Record<string, string> = {},
): Promise<URLSearchParams> {
  const page = await agent.follow(authorizeUrl(issuer, { prompt: 'none', ...params }), issuer);
  if (!page.location) throw new Error(`not sent back: ${page.status} ${page.text.slice(0, 300)}`);
  return new URL(page.location).searchParams;
}

/** Begins an authorization request and stops at the login page. */
export function openLogin(agent: Agent, issuer: string, params: Record<string, string> = {}): Promise<Page> {
  return agent.follow(authorizeUrl(issuer, params), issuer);
}

/** Sends the login form on `page` for `username` and goes on to the next page. */
export async function submitLogin(
  agent: Agent,
  issuer: string,
  page: Page,
  username: string = USER.email,
): Promise<Page> {
  return agent.follow(
    await agent.submit(formIn(page, 'login-form'), { username, password: PASSWORD }),
    issuer,
  );
}

/** Signs in up to the consent page. */
export async function openConsent(
  agent: Agent,
  issuer: string,
  params: Record<string, string> = {},
): Promise<Page> {
  const page = await openLogin(agent, issuer, params);
  return page.text.includes('id="login-form"') ? submitLogin(agent, issuer, page) : page;
}

/** Signs in as the other user up to the consent page. */
export async function openConsentAsOther(agent: Agent, issuer: string): Promise<Page> {
  return submitLogin(agent, issuer, await openLogin(agent, issuer), OTHER_USER.email);
}

/** The value of a cookie in a Cookie header. */
export function cookieValue(agent: Agent, url: string, name: string): string | undefined {
  const pairs = agent.cookieHeader(url).split('; ');
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
