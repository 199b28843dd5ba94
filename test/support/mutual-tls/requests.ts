// Apps of the tests that are known by a certificate, by openid-client and by hand.
import * as client from 'openid-client';
import { Agent } from '../agent.js';
import type { TestApp } from '../app.js';
import { prepare, type RelyingParty, relyingParty } from '../relying-party.js';
import { destination, walk } from '../walk.js';
import type { Certified } from './certificates.js';
import type { MutualTlsProxy } from './proxy.js';

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, body };
}

/** A client's own token, asked for at the proxy with this certificate or none. */
export async function askAs(
  proxy: MutualTlsProxy,
  clientId: string,
  certificate: Certified | undefined,
  fields: Record<string, string> = {},
): Promise<Answer> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, ...fields });
  const url = `${proxy.origin}/api/oauth/token`;
  return answerOf(await proxy.fetchWith(certificate)(url, { method: 'POST', body }));
}

/** UserInfo at the proxy. */
export async function userInfo(
  proxy: MutualTlsProxy,
  token: string,
  certificate?: Certified,
): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  return answerOf(await proxy.fetchWith(certificate)(`${proxy.origin}/api/oauth/userinfo`, { headers }));
}

/** A relying party that goes to the aliased endpoints over connections with its certificate. */
export async function certifiedParty(
  app: TestApp,
  proxy: MutualTlsProxy,
  clientId: string,
  certificate: Certified,
  { auth = client.TlsClientAuth(), metadata = {} }: { auth?: client.ClientAuth; metadata?: object } = {},
): Promise<RelyingParty> {
  const rp = await relyingParty(app, {
    clientId,
    auth,
    metadata: { use_mtls_endpoint_aliases: true, ...metadata },
  });
  const overTls = proxy.fetchWith(certificate);
  rp.config[client.customFetch] = (url, options) =>
    (url.startsWith(proxy.origin) ? overTls : fetch)(url, options as RequestInit);
  return rp;
}

/** A login, its request pushed if so wished. */
export async function logInWith(
  rp: RelyingParty,
  {
    params = {},
    isPushed = false,
    DPoP,
  }: { params?: Record<string, string>; isPushed?: boolean; DPoP?: client.DPoPHandle } = {},
) {
  const { url: plain, checks } = await prepare(rp, params);
  const options = DPoP ? { DPoP } : undefined;
  const url = isPushed
    ? await client.buildAuthorizationUrlWithPAR(rp.config, new URL(plain).searchParams, options)
    : new URL(plain);
  const callback = destination(await walk(new Agent(), rp.app.issuer, url.href));
  return client.authorizationCodeGrant(rp.config, callback, checks, undefined, options);
}
