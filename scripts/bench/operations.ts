// The operations as a relying party and a browser perform them: every answer is checked.
import { createHash, randomBytes } from 'node:crypto';
import { PASSWORD, REDIRECT_URI, SCOPE, SERVICE_CLIENT, WEB_CLIENT } from './dataset.js';
import { type Answer, CookieJar, type HttpClient } from './http-client.js';
import type { Operation } from './plan.js';

/** A user, and what is known of them from before the measurement. */
export interface LoadUser {
  id: string;
  email: string;
  jar: CookieJar;
  accessToken: string;
  refreshToken: string;
}

/** The server under load. */
export interface Target {
  http: HttpClient;
  /** From the discovery document: the bare library has other paths. */
  endpoints: Record<string, string>;
}

type Json = Record<string, unknown>;

const MAX_HOPS = 12;
const HTML = { accept: 'text/html', 'accept-language': 'en' };
const random = () => randomBytes(32).toString('base64url');

export function basic({
  client_id: id,
  client_secret: secret,
}: {
  client_id: string;
  client_secret: string;
}) {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

const WEB = { accept: 'application/json', ...basic(WEB_CLIENT) };
const SERVICE = { accept: 'application/json', ...basic(SERVICE_CLIENT) };

function expectThat(condition: unknown, what: string, { status, text }: Answer): asserts condition {
  if (!condition) throw new Error(`${what}: got ${status} ${text.slice(0, 300)}`);
}

function json(answer: Answer, what: string): Json {
  expectThat(answer.status === 200, what, answer);
  return JSON.parse(answer.text) as Json;
}

const encode = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

async function post(
  target: Target,
  endpoint: string,
  headers: Record<string, string>,
  fields: Record<string, string>,
) {
  const answer = await target.http.send('POST', target.endpoints[endpoint] ?? '', headers, encode(fields));
  return { answer, body: json(answer, endpoint) };
}

/** The form on a page of ours, filled in: whatever it asks, yes. */
function fillIn({ text }: Answer, user: LoadUser): { action: string; body: string } | undefined {
  const form = /<form id="(login|consent)-form"[\s\S]*?<\/form>/.exec(text)?.[0];
  if (form === undefined) return undefined;
  const action = /action="([^"]*)"/.exec(form)?.[1] ?? '';
  const csrf = /name="csrf" value="([^"]*)"/.exec(form)?.[1] ?? '';
  const reply = form.includes('login-form')
    ? { username: user.email, password: PASSWORD }
    : { decision: 'allow' };
  return { action, body: encode({ csrf, ...reply }) };
}

/** Follows the browser from the authorization request to the redirect URI, answering what is asked. */
async function authorize({ http, endpoints }: Target, user: LoadUser, params: Record<string, string>) {
  const { jar } = user;
  const send = async (method: string, url: string, body?: string) => {
    const path = url.replace(/^https?:\/\/[^/]+/, '');
    const answer = await http.send(method, path, { ...HTML, ...jar.headerFor(path) }, body);
    jar.store(answer.headers);
    return answer;
  };
  let answer = await send('GET', `${endpoints.authorization_endpoint}?${encode(params)}`);
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const { location } = answer.headers;
    if (location?.startsWith(REDIRECT_URI)) return { location, answer };
    const form = location === undefined ? fillIn(answer, user) : undefined;
    expectThat(location !== undefined || form, 'authorization', answer);
    answer = form ? await send('POST', form.action, form.body) : await send('GET', location ?? '');
  }
  throw new Error('authorization: too many redirects');
}

async function userinfo({ http, endpoints }: Target, user: LoadUser, accessToken: string): Promise<void> {
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` };
  const answer = await http.send('GET', endpoints.userinfo_endpoint ?? '', headers);
  const claims = json(answer, 'userinfo');
  expectThat(claims.sub === user.id && claims.email === user.email, 'userinfo', answer);
}

/** Authorization, token, userinfo. Pages are answered as they come, none when everything is remembered. */
async function logIn(target: Target, user: LoadUser, more: Record<string, string> = {}): Promise<Json> {
  const verifier = random();
  const state = random();
  const { location, answer: back } = await authorize(target, user, {
    client_id: WEB_CLIENT.client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: SCOPE,
    state,
    nonce: random(),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  const query = new URL(location).searchParams;
  const code = query.get('code');
  expectThat(code && query.get('state') === state, `authorization, ${location}`, back);
  const { answer, body } = await post(target, 'token_endpoint', WEB, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
  });
  expectThat(typeof body.id_token === 'string', 'token', answer);
  await userinfo(target, user, String(body.access_token));
  return body;
}

/** A browser that has never been here: login, consent, and the rest. */
function firstLogIn(target: Target, user: LoadUser, scope = SCOPE): Promise<Json> {
  return logIn(target, user, { prompt: 'consent', login_hint: user.email, scope });
}

/** Logs the user in, remembers the consent and gets the tokens that later operations use. */
export async function prepareUser(target: Target, user: LoadUser): Promise<void> {
  const first = await firstLogIn(target, user, WEB_CLIENT.scope);
  user.refreshToken = String(first.refresh_token);
  // Bound to the session, as most access tokens are: each use looks at the session as well.
  const second = await logIn(target, user);
  user.accessToken = String(second.access_token);
}

/** Each operation once; users are nobody else's meanwhile. */
export const OPERATION_STEPS: Record<Operation, (target: Target, user: LoadUser) => Promise<unknown>> = {
  login: (target, user) => logIn(target, user),
  'first-login': (target, user) => firstLogIn(target, { ...user, jar: new CookieJar() }),
  'first-login-light': (target, user) => firstLogIn(target, { ...user, jar: new CookieJar() }),
  async refresh(target, user) {
    const fields = { grant_type: 'refresh_token', refresh_token: user.refreshToken };
    const { answer, body } = await post(target, 'token_endpoint', WEB, fields);
    expectThat(
      body.id_token && body.refresh_token && body.refresh_token !== user.refreshToken,
      'refresh',
      answer,
    );
    user.refreshToken = String(body.refresh_token);
  },
  async 'client-credentials'(target) {
    const { answer, body } = await post(target, 'token_endpoint', SERVICE, {
      grant_type: 'client_credentials',
    });
    expectThat(body.access_token, 'client credentials', answer);
  },
  userinfo: (target, user) => userinfo(target, user, user.accessToken),
  async introspection(target, user) {
    const { answer, body } = await post(target, 'introspection_endpoint', WEB, { token: user.accessToken });
    expectThat(body.active === true && body.sub === user.id, 'introspection', answer);
  },
  async discovery({ http }) {
    const answer = await http.send('GET', '/.well-known/openid-configuration', {
      accept: 'application/json',
    });
    expectThat(json(answer, 'discovery').issuer, 'discovery', answer);
  },
};
