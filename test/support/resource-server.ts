// A resource server of the tests, apps that may use it, and ways to ask the provider about tokens.
import { Agent } from './agent.js';
import { authorizeUrl, exchangeCode, postToken, REDIRECT_URI, SECRET, signIn, type TestApp } from './app.js';
import { register } from './relying-party.js';

export const OPERATOR = { actor: 'operator:test' };

export const API = 'https://api.example/orders';
export const OPAQUE_API = 'https://api.example/opaque';

export const ORDERS_APP = { client_id: 'orders-app', client_secret: SECRET };
export const ORDERS_API = { client_id: 'orders-api', client_secret: SECRET };
export const BATCH = { client_id: 'batch', client_secret: SECRET };
export const STRANGER = { client_id: 'stranger', client_secret: SECRET };

const SCOPE = 'openid profile email offline_access orders.read orders.write opaque.read';

/** Registers a resource server with JWTs, one without, the client they authenticate as, and clients that use them. */
export async function seedResourceServers(app: TestApp): Promise<void> {
  await register(app, { ...ORDERS_API, redirect_uris: [], grant_types: ['client_credentials'] });
  const { resourceServers } = app.services;
  await resourceServers.create(
    {
      identifier: API,
      name: 'Orders',
      scopes: [
        { name: 'orders.read', description: { en: 'See your orders', zh: '查看你的订单' } },
        { name: 'orders.write' },
        { name: 'profile' },
        { name: 'email' },
      ],
      client_id: ORDERS_API.client_id,
    },
    OPERATOR,
  );
  await resourceServers.create(
    {
      identifier: OPAQUE_API,
      name: 'Opaque',
      scopes: [{ name: 'opaque.read' }],
      access_token_alg: 'opaque',
      client_id: ORDERS_API.client_id,
    },
    OPERATOR,
  );
  await register(app, { ...ORDERS_APP, scope: SCOPE });
  await register(app, {
    ...BATCH,
    scope: 'orders.read opaque.read',
    redirect_uris: [],
    grant_types: ['client_credentials'],
  });
  await register(app, STRANGER);
}

export interface Obtained {
  access: string;
  refresh: string;
  id: string;
  scope: string;
}

/** A user's tokens for a resource, got by the app. */
export async function obtainFor(
  app: TestApp,
  {
    resource = API,
    scope = 'openid offline_access orders.read',
    agent = new Agent(),
    client = ORDERS_APP,
  }: { resource?: string; scope?: string; agent?: Agent; client?: typeof ORDERS_APP } = {},
): Promise<Obtained> {
  const url = authorizeUrl(app.issuer, {
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    scope,
    resource,
    prompt: 'consent',
  });
  const back = await signIn(agent, app.issuer, url);
  const { status, body } = await exchangeCode(app.issuer, back.searchParams.get('code') ?? '', {
    ...client,
    resource,
  });
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)} ${back.search}`);
  return {
    access: body.access_token ?? '',
    refresh: body.refresh_token ?? '',
    id: body.id_token ?? '',
    scope: body.scope ?? '',
  };
}

/** A token that the batch client got for itself. */
export async function obtainByBatch(app: TestApp, resource = API, scope = 'orders.read'): Promise<string> {
  const { body } = await postToken(app.issuer, {
    grant_type: 'client_credentials',
    ...BATCH,
    resource,
    scope,
  });
  if (!body.access_token) throw new Error(JSON.stringify(body));
  return body.access_token;
}

async function post(app: TestApp, path: string, fields: Record<string, string>, headers = {}) {
  const response = await fetch(`${app.issuer}/api/oauth/${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && text.startsWith('{');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

export type Credentials = { client_id: string; client_secret: string };

export const introspect = (app: TestApp, token: string, as: Credentials = ORDERS_API, headers = {}) =>
  post(app, 'introspect', { token, ...as }, headers);

export const revoke = (app: TestApp, token: string, as: Credentials = ORDERS_APP, hint?: string) =>
  post(app, 'revoke', { token, ...as, ...(hint !== undefined && { token_type_hint: hint }) });
