// What the OpenID Foundation's suite does in every module, as one relying party: discover, authorize,
// check the answer, redeem, check the ID token, ask UserInfo. FAILUREs of the suite fail here.
// @see https://gitlab.com/openid/conformance-suite
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { Agent, type Page } from '../agent.js';
import { ALL_SCOPES, REDIRECT_URI, SECRET, startApp, type TestApp } from '../app.js';
import { assertionClaims, byAssertion, type ClientKey, signed } from '../client-keys.js';
import { type ClientInit, type movableClock, register } from '../relying-party.js';
import { destination, type Manners, postedAnswer, type Shown, type Walk, walk } from '../walk.js';
import { deployWithTls, isDeployed } from './deployment.js';

export type Params = Record<string, string | undefined>;
export type Json = Record<string, unknown>;

export interface StaticClient {
  id: string;
  auth: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
}

/** The three clients a static_client plan is configured with; confidential, and PKCE is not required. */
export const CLIENT: StaticClient = { id: 'suite-client', auth: 'client_secret_basic' };
export const CLIENT2: StaticClient = { id: 'suite-client2', auth: 'client_secret_basic' };
export const CLIENT_POST: StaticClient = { id: 'suite-client-post', auth: 'client_secret_post' };

export const POST_LOGOUT = 'https://rp.example/post_logout_redirect';

/** A client that registered itself for a module. */
export interface Enrolled {
  id: string;
  secret: string;
  /** Signs its assertions, when it authenticates so. */
  key?: ClientKey;
}

export interface Bench {
  /** With its services only where it is in this process (isDeployed in deployment.ts). */
  app: TestApp;
  metadata: Json;
  /** Makes a client, or makes it as it is described. */
  register(client: ClientInit): Promise<void>;
  responseMode: 'default' | 'form_post';
  /** What a client registered itself as (registered.ts); the others are those that an operator made. */
  enrolled?: Map<StaticClient, Enrolled>;
  /** Sets the time of logins; set back to real after each module. */
  clock: Pick<ReturnType<typeof movableClock>, 'now' | 'set'>;
}

/** One module: throws unless the suite would pass it (or end it with the warning named beside it). */
export type Module = (bench: Bench) => Promise<void>;
export type Modules = Readonly<Record<string, Module>>;

export const random = (bytes = 16) => randomBytes(bytes).toString('base64url');

/** A provider with the suite's clients, and the checks the suite makes before each module. */
export async function openBench(
  responseMode: Bench['responseMode'],
  clock: Bench['clock'],
  { env = {}, isEnrolling = false }: { env?: Record<string, string>; isEnrolling?: boolean } = {},
): Promise<Bench> {
  const clients = [CLIENT, CLIENT2, CLIENT_POST].map(({ id, auth }) => ({
    client_id: id,
    client_name: id,
    token_endpoint_auth_method: auth,
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [POST_LOGOUT],
    scope: ALL_SCOPES,
  }));
  const deployment = isDeployed ? await deployWithTls(env) : undefined;
  const app =
    (deployment as unknown as TestApp | undefined) ?? (await startApp({ env, overrides: { clock } }));
  const registerOne = (client: ClientInit) =>
    deployment ? deployment.apply([{ client_name: client.client_id, ...client }]) : register(app, client);
  for (const client of isEnrolling ? [] : clients) await registerOne(client);

  const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
  const metadata = (await response.json()) as Json;
  for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
    expect(metadata[name], name).to.be.a('string');
  }
  for (const { auth } of [CLIENT, CLIENT_POST]) {
    expect(metadata.token_endpoint_auth_methods_supported).to.include(auth);
  }
  return { app, metadata, register: registerOne, responseMode, clock };
}

export interface Authorization {
  params: Record<string, string>;
  client: StaticClient;
  /** The answer to the relying party. */
  answer: Record<string, string>;
  shown: Shown[];
}

export interface AuthorizeOptions {
  agent?: Agent;
  client?: StaticClient;
  params?: Params;
  manners?: Manners;
  method?: 'GET' | 'POST';
}

/** Under which id and with what a client comes in this module. */
const credentialsOf = ({ enrolled }: Bench, client: StaticClient): Enrolled =>
  enrolled?.get(client) ?? { id: client.id, secret: SECRET };

/** The parameters of a request: the defaults of the suite, with changes; undefined leaves one out. */
function requestParams(bench: Bench, client: StaticClient, changes: Params): Record<string, string> {
  const params: Params = {
    client_id: credentialsOf(bench, client).id,
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    state: random(),
    nonce: random(),
    response_type: 'code',
    ...(bench.responseMode === 'form_post' ? { response_mode: 'form_post' } : {}),
    ...changes,
  };
  return Object.fromEntries(Object.entries(params).filter((entry): entry is [string, string] => !!entry[1]));
}

/** Sends a browser to the authorization endpoint; the pages in between are answered. */
export async function visit(bench: Bench, options: AuthorizeOptions = {}): Promise<Walk & { sent: URL }> {
  const { agent = new Agent(), client = CLIENT, params = {}, manners = {}, method = 'GET' } = options;
  const sent = new URL(String(bench.metadata.authorization_endpoint));
  const fields = requestParams(bench, client, params);
  sent.search = new URLSearchParams(fields).toString();
  const start: Page =
    method === 'GET'
      ? await agent.get(sent.href)
      : await agent.post(`${sent.origin}${sent.pathname}`, fields);
  return { ...(await walk(agent, bench.app.issuer, start, manners)), sent };
}

/** The provider's answer, from where this response mode puts it and from nowhere else. */
export function readAnswer(bench: Bench, walked: Walk): Record<string, string> {
  if (bench.responseMode === 'form_post') {
    const { action, fields } = postedAnswer(walked);
    expect(action, 'nothing may be added to the redirect URI').to.equal(REDIRECT_URI);
    expect(walked.page.headers.get('cache-control')).to.include('no-store');
    return fields;
  }
  const url = destination(walked);
  expect(`${url.origin}${url.pathname}`).to.equal(REDIRECT_URI);
  expect(url.hash).to.equal('');
  return Object.fromEntries(url.searchParams);
}

async function authorizeAny(bench: Bench, options: AuthorizeOptions): Promise<Authorization> {
  const { sent, ...walked } = await visit(bench, options);
  const params = Object.fromEntries(sent.searchParams);
  const answer = readAnswer(bench, walked);
  expect(answer.state, 'state is echoed').to.equal(params.state);
  expect(answer.iss, 'iss parameter').to.equal(bench.app.issuer);
  return { params, client: options.client ?? CLIENT, answer, shown: walked.shown };
}

/** An authorization request that succeeds: exactly code, state and iss come back. */
export async function authorize(bench: Bench, options: AuthorizeOptions = {}): Promise<Authorization> {
  const result = await authorizeAny(bench, options);
  expect(result.answer).to.have.all.keys('code', 'iss', ...(result.params.state ? ['state'] : []));
  // 96 bits at least; ours are 256 bits in base64url.
  expect(result.answer.code).to.match(/^[\w-]{43,}$/);
  return result;
}

/** An authorization request that fails with one of `errors`, and with nothing but an error. */
export async function authorizeWithError(
  bench: Bench,
  errors: string[],
  options: AuthorizeOptions = {},
): Promise<Authorization> {
  const result = await authorizeAny(bench, options);
  const { error_description: _description, error_uri: _uri, ...rest } = result.answer;
  expect(rest).to.have.all.keys('error', 'state', 'iss');
  expect(result.answer.error).to.be.oneOf(errors);
  expect(result.answer.error_description ?? '').to.match(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  return result;
}

export interface TokenResponse {
  status: number;
  headers: Headers;
  body: Json;
}

/** A request to the token endpoint, authenticated the way the client is registered with. */
export async function requestTokens(
  bench: Bench,
  client: StaticClient,
  fields: Record<string, string>,
): Promise<TokenResponse> {
  const { id, secret, key } = credentialsOf(bench, client);
  const isBasic = !key && client.auth === 'client_secret_basic';
  const credentials = key
    ? byAssertion(await signed(key, assertionClaims(id, bench.app.issuer)))
    : { client_id: id, client_secret: secret };
  const response = await fetch(String(bench.metadata.token_endpoint), {
    method: 'POST',
    headers: isBasic ? { authorization: `Basic ${btoa(`${id}:${secret}`)}` } : {},
    body: new URLSearchParams(isBasic ? fields : { ...credentials, ...fields }),
  });
  const body = (await response.json()) as Json;
  return { status: response.status, headers: response.headers, body };
}

/** Checks what every successful token response has to have (RFC 6749 §5.1). */
export function checkTokenResponse({ status, headers, body }: TokenResponse): void {
  expect(status, JSON.stringify(body)).to.equal(200);
  expect(headers.get('content-type')).to.match(/^application\/json/);
  expect(headers.get('cache-control')).to.include('no-store');
  expect(body.access_token).to.match(/^[\w-]{43,}$/);
  expect(body.token_type).to.equal('Bearer');
  expect(body.expires_in).to.be.a('number').and.be.greaterThan(0);
}

export interface IdTokenClaims extends JWTPayload {
  auth_time: number;
}

/** PerformStandardIdTokenChecks: iss, aud, exp, iat, auth_time, nonce, acr, sub, signature, kid. */
export async function checkIdToken(
  bench: Bench,
  idToken: unknown,
  { client, nonce }: { client: StaticClient; nonce: string | undefined },
): Promise<IdTokenClaims> {
  const { app, metadata } = bench;
  const jwks = createRemoteJWKSet(new URL(String(metadata.jwks_uri)));
  const { payload, protectedHeader } = await jwtVerify(String(idToken), jwks, {
    issuer: app.issuer,
    audience: credentialsOf(bench, client).id,
    algorithms: ['RS256'],
    requiredClaims: ['sub', 'iat', 'exp'],
  });
  expect(protectedHeader.kid).to.be.a('string').and.not.equal('');
  expect(payload.sub).to.match(/^[\x20-\x7e]{1,255}$/);
  expect(payload.nonce).to.equal(nonce);
  expect(payload.acr).to.be.oneOf(metadata.acr_values_supported as string[]);
  expect(payload.auth_time).to.be.a('number');
  return payload as IdTokenClaims;
}

/** UserInfo for a bearer token; 200 and JSON. */
export async function fetchUserInfo({ metadata }: Bench, accessToken: unknown): Promise<Json> {
  const response = await fetch(String(metadata.userinfo_endpoint), {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(response.status).to.equal(200);
  expect(response.headers.get('content-type')).to.match(/^application\/json/);
  return (await response.json()) as Json;
}

export interface Flow extends Authorization {
  tokens: Json;
  claims: IdTokenClaims;
  userInfo: Json;
}

/** What is to be checked of a code: redeem it, check tokens, ask UserInfo. */
export async function redeem(bench: Bench, { answer, params, client, shown }: Authorization): Promise<Flow> {
  const response = await requestTokens(bench, client, {
    grant_type: 'authorization_code',
    code: answer.code ?? '',
    redirect_uri: REDIRECT_URI,
  });
  checkTokenResponse(response);
  const claims = await checkIdToken(bench, response.body.id_token, { client, nonce: params.nonce });
  const userInfo = await fetchUserInfo(bench, response.body.access_token);
  expect(userInfo.sub).to.equal(claims.sub);
  return { answer, params, client, shown, tokens: response.body, claims, userInfo };
}

/** The happy flow with these parameters. */
export async function flow(bench: Bench, options: AuthorizeOptions = {}): Promise<Flow> {
  return redeem(bench, await authorize(bench, options));
}
