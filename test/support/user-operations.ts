// What tests of sessions, consents and users look at: what a person has, and whether it still works.
import { Agent } from './agent.js';
import { authorizeUrl, exchangeCode, REDIRECT_URI, refresh, signIn, userinfo } from './app.js';
import { askSilently } from './browsing.js';

export const AUTHOR = { actor: 'operator:test', ip: '203.0.113.9', requestId: 'the-request' };

/** A browser that is logged in, with tokens of the web app that end with its session. */
export interface Login {
  agent: Agent;
  accessToken: string;
  /** Only where `offline_access` was asked for. */
  refreshToken: string;
}

/** Logs somebody in at a provider, through pages, and redeems the code. */
export async function logIn(
  issuer: string,
  { offline = false, username, ip }: { offline?: boolean; username?: string; ip?: string } = {},
): Promise<Login> {
  const agent = new Agent();
  if (ip !== undefined) agent.headers = { ...agent.headers, 'x-forwarded-for': ip };
  const params: Record<string, string> = offline
    ? { scope: 'openid profile email offline_access', prompt: 'consent' }
    : {};
  const back = await signIn(agent, issuer, authorizeUrl(issuer, params), username ? { username } : {});
  const { status, body } = await exchangeCode(issuer, back.searchParams.get('code') ?? '');
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`);
  return { agent, accessToken: body.access_token ?? '', refreshToken: body.refresh_token ?? '' };
}

/** A code that was given and not redeemed. */
export async function pendingCode({ agent }: Login, issuer: string): Promise<string> {
  return (await askSilently(agent, issuer, { redirect_uri: REDIRECT_URI })).get('code') ?? '';
}

/** What of it works. A refresh token is used up by asking. */
export async function whatWorks({ agent, accessToken, refreshToken }: Login, issuer: string) {
  const silent = await askSilently(agent, issuer);
  return {
    browser: silent.has('code'),
    access: (await userinfo(issuer, accessToken)).status === 200,
    refresh: refreshToken !== '' && (await refresh(issuer, refreshToken)).status === 200,
  };
}
