// A whole provider in this process, on a free port, with a user and clients; and short ways to use it.
import { rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServices, type Overrides, type Services } from '../../src/app.js';
import { clientInputSchema } from '../../src/clients/input.js';
import { loadConfig } from '../../src/config/load.js';
import { type Listener, listen } from '../../src/http/listen.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { Agent, formIn, type Page } from './agent.js';
import { PASSWORD, SECRET } from './basics.js';
import { watchLog } from './secret-watch.js';

export { PASSWORD, SECRET } from './basics.js';

export const USER = {
  id: '10000001',
  name: '张三',
  email: 'zhangsan@example.com',
  phone: '+8613800138000',
  isVerified: true,
  isActive: true,
  avatar: 'avatars/10000001.jpg',
  languagePreference: 'zh_CN',
  updatedAt: new Date('2026-01-02T03:04:05Z'),
};

export const OTHER_USER = {
  ...USER,
  id: '10000002',
  name: 'Ann Lee',
  email: 'ann@example.com',
  phone: '+441234567890',
};

export const REDIRECT_URI = 'https://rp.example/callback';

export const ALL_SCOPES = 'openid profile email phone offline_access';

export const WEB_CLIENT = {
  client_id: 'web-app',
  client_name: 'Web App',
  client_secret: SECRET,
  client_uri: 'https://rp.example/',
  redirect_uris: [REDIRECT_URI, 'https://rp.example/other'],
  post_logout_redirect_uris: ['https://rp.example/logged-out'],
  scope: ALL_SCOPES,
};

export const SPA_CLIENT = {
  client_id: 'spa',
  client_name: 'Browser App',
  redirect_uris: ['https://spa.example/callback'],
  scope: ALL_SCOPES,
  token_endpoint_auth_method: 'none',
};

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let template: Promise<string> | undefined;

/** A data folder with an initialised, migrated database: made once a run, copied from then on. */
export async function copyOfTemplate(): Promise<string> {
  template ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'l2u-template-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    const config = loadConfig({ DATA_DIR: folder, LOG_LEVEL: 'silent' });
    const services = await createServices(config);
    await services.close();
    return folder;
  })();
  const folder = await mkdtemp(join(tmpdir(), 'l2u-'));
  await cp(await template, folder, { recursive: true });
  return folder;
}

export interface TestApp {
  services: Services;
  issuer: string;
  dataDir: string;
  /** Everything logged so far, one JSON object a line. */
  logs: string[];
  /** Stops and starts again on the same data and port; in between, `while` has the data to itself. */
  restart(options?: { while?: () => Promise<unknown> }): Promise<void>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  env?: Record<string, string>;
  overrides?: Overrides;
}

export async function seedBasics({ clients, stores, hasher }: Services): Promise<void> {
  const hashedPassword = await hasher.hash(PASSWORD);
  await stores.users.save({ ...USER, hashedPassword });
  await stores.users.save({ ...OTHER_USER, hashedPassword });
  for (const client of [WEB_CLIENT, SPA_CLIENT]) {
    await clients.apply(clientInputSchema.parse(client), 'operator:test');
  }
}

export async function startApp({ env = {}, overrides = {} }: TestAppOptions = {}): Promise<TestApp> {
  const dataDir = await copyOfTemplate();
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const logs: string[] = [];
  const logger = createLogger('info', { write: (line) => logs.push(line) });
  watchLog(() => logs.join('\n'));
  const config = loadConfig({
    PORT: String(port),
    DATA_DIR: dataDir,
    AVATAR_BASE_URL: 'https://cdn.example/',
    ...env,
  });

  let services = await createServices(config, { logger, ...overrides });
  await seedBasics(services);
  let listener: Listener = await listen(services.http, config);

  return {
    get services() {
      return services;
    },
    issuer,
    dataDir,
    logs,
    async restart(options = {}) {
      await listener.close();
      await services.close();
      await options.while?.();
      services = await createServices(config, { logger, ...overrides });
      listener = await listen(services.http, config);
    },
    async close() {
      await listener.close();
      await services.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The address of an authorization request. */
export function authorizeUrl(issuer: string, params: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: WEB_CLIENT.client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid profile email',
    state: 'the-state',
    ...params,
  });
  return `${issuer}/api/oauth/authorize?${query}`;
}

export interface SignInOptions {
  username?: string;
  password?: string;
  decision?: 'allow' | 'deny';
}

/** Goes through login and consent as asked, until the provider sends the browser away; that address. */
export async function signIn(
  agent: Agent,
  issuer: string,
  url: string,
  { username = USER.email, password = PASSWORD, decision = 'allow' }: SignInOptions = {},
): Promise<URL> {
  let page: Page = await agent.follow(url, issuer);
  if (page.text.includes('id="login-form"')) {
    page = await agent.follow(await agent.submit(formIn(page, 'login-form'), { username, password }), issuer);
  }
  if (page.text.includes('id="consent-form"')) {
    page = await agent.follow(await agent.submit(formIn(page, 'consent-form'), { decision }), issuer);
  }
  if (!page.location) throw new Error(`not sent back: ${page.status} ${page.url} ${page.text.slice(0, 600)}`);
  return new URL(page.location);
}

export interface TokenAnswer {
  status: number;
  headers: Headers;
  body: Record<string, string> & { expires_in?: number };
}

/** POSTs to the token endpoint as the confidential test client, unless the fields say otherwise. */
export async function postToken(issuer: string, fields: Record<string, string>): Promise<TokenAnswer> {
  const response = await fetch(`${issuer}/api/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: WEB_CLIENT.client_id, client_secret: SECRET, ...fields }),
  });
  const body = (await response.json()) as TokenAnswer['body'];
  return { status: response.status, headers: response.headers, body };
}

export function exchangeCode(issuer: string, code: string, extra: Record<string, string> = {}) {
  return postToken(issuer, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...extra });
}

export function refresh(issuer: string, refreshToken: string) {
  return postToken(issuer, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

/** A fresh user's tokens, offline_access included. */
export async function obtainTokens(issuer: string, agent = new Agent()): Promise<TokenAnswer['body']> {
  const url = authorizeUrl(issuer, { scope: 'openid profile email offline_access', prompt: 'consent' });
  const back = await signIn(agent, issuer, url);
  const { status, body } = await exchangeCode(issuer, back.searchParams.get('code') ?? '');
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`);
  return body;
}

export async function userinfo(issuer: string, accessToken: string) {
  const response = await fetch(`${issuer}/api/oauth/userinfo`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}
