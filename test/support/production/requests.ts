// Requests of relying parties to one instance, and what a browser is asked for a code.
import type { Agent } from '../agent.js';
import { authorizeUrl, SECRET, signIn, WEB_CLIENT } from '../app.js';

const OFFLINE = { scope: 'openid profile email offline_access', prompt: 'consent' };

/** Signs in as far as needed, agrees, and gives the code; refresh tokens included. */
export async function newCode(
  agent: Agent,
  issuer: string,
  params: Record<string, string> = {},
  username?: string,
): Promise<string> {
  const url = authorizeUrl(issuer, { ...OFFLINE, ...params });
  const back = await signIn(agent, issuer, url, username === undefined ? {} : { username });
  const code = back.searchParams.get('code');
  if (code === null) throw new Error(`no code: ${back.href}`);
  return code;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text || '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** A request as a program makes it; given up after 10 seconds. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(10_000), ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

const asClient = { client_id: WEB_CLIENT.client_id, client_secret: SECRET };

function post(url: string, fields: Record<string, string>): Promise<Answer> {
  return send(url, { method: 'POST', body: new URLSearchParams({ ...asClient, ...fields }) });
}

export const introspect = (origin: string, token: string, fields: Record<string, string> = {}) =>
  post(`${origin}/api/oauth/introspect`, { token, ...fields });

export const revoke = (origin: string, token: string) => post(`${origin}/api/oauth/revoke`, { token });

export const askToken = (origin: string, fields: Record<string, string>) =>
  post(`${origin}/api/oauth/token`, fields);

export const askUserinfo = (origin: string, accessToken: string) =>
  send(`${origin}/api/oauth/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } });
