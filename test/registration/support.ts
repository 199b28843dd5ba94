// An app on which clients may register themselves, and short ways to do so.
import type { RegistrationTokenDraft } from '../../src/clients/registration/index.js';
import { startApp, type TestApp, type TestAppOptions } from '../support/app.js';

export const FEATURES = 'par,dpop,private_key_jwt,registration';

export const REDIRECT = 'https://rp.example/registered';

export const AUTHOR = { actor: 'operator:test' };

export const POLICIES = {
  partners: {
    scopes: ['openid', 'email'],
    grant_types: ['authorization_code'],
    auth_methods: ['private_key_jwt'],
    application_types: ['web'],
    redirect_hosts: ['*.partner.example', 'exact.example'],
    max_clients: 2,
  },
  rotating: {
    client_secret_lifetime: 3_600,
    rotate_client_secret: true,
    registration_access_token_lifetime: 600,
    redirect_hosts: ['*', 'localhost'],
  },
  tokensOnly: { response_types: ['id_token'], redirect_hosts: ['*'] },
};

export function startRegistrationApp(options: TestAppOptions = {}): Promise<TestApp> {
  const env = {
    OAUTH_FEATURES: FEATURES,
    OAUTH_REGISTRATION_POLICIES: JSON.stringify(POLICIES),
    ...options.env,
  };
  return startApp({ ...options, env });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Json = Record<string, any>;

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
}

/** A registration token, single use unless the draft says otherwise. */
export async function newToken(app: TestApp, draft: Partial<RegistrationTokenDraft> = {}): Promise<string> {
  return (await app.services.registrationTokens.create({ label: 'test', ...draft }, AUTHOR)).token;
}

export interface Sent {
  token?: string | undefined;
  /** Sent as JSON, text as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

export async function send(method: string, url: string, { token, body, headers }: Sent): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

export const endpoint = ({ issuer }: Pick<TestApp, 'issuer'>) => `${issuer}/api/oauth/register`;

/** A request for a client; with a new token unless one is given. */
export async function ask(app: TestApp, body: unknown, sent: Sent = {}): Promise<Answer> {
  const token = 'token' in sent ? sent.token : await newToken(app);
  return send('POST', endpoint(app), { ...sent, token, body });
}

/** A registered client: the whole answer. */
export async function registered(
  app: TestApp,
  body: Json = {},
  draft: Partial<RegistrationTokenDraft> = {},
): Promise<Json> {
  const token = await newToken(app, draft);
  const answer = await ask(app, { redirect_uris: [REDIRECT], ...body }, { token });
  if (answer.status !== 201)
    throw new Error(`not registered: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** A request about a registered client, with its own token unless one is given. */
export function manage(method: string, client: Json, sent: Sent = {}): Promise<Answer> {
  return send(method, client.registration_client_uri, { token: client.registration_access_token, ...sent });
}

/** What an update sends back of an answer. */
export function updateOf(client: Json, changes: Json = {}): Json {
  const {
    registration_access_token: _token,
    registration_client_uri: _uri,
    client_id_issued_at: _issued,
    client_secret_expires_at: _expires,
    ...rest
  } = client;
  return { ...rest, ...changes };
}

/** How many clients there are, up to 200. */
export async function clientCount({ services }: TestApp): Promise<number> {
  return (await services.clients.list({ limit: 200 })).items.length;
}
