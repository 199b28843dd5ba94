// What the OpenID Foundation's suite does in every module, as one relying party: discover, authorize,
// check the answer, redeem, check the ID token, ask UserInfo. FAILUREs of the suite fail here.
// @see https://gitlab.com/openid/conformance-suite
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { Agent, type Page } from '../agent.js';
import { ALL_SCOPES, REDIRECT_URI, SECRET, startApp, type TestApp } from '../app.js';
import { assertionClaims, byAssertion, type ClientKey, signed } from '../client-keys.js';
import { type ClientInit, register } from '../relying-party.js';
import { destination, type Manners, postedAnswer, type Shown, type Walk, walk } from '../walk.js';
import { deployWithTls, isDeployed } from './deployment.js';
import {
  brings,
  checkAnswer,
  checkFrontHashes,
  grantTypesFor,
  isFrontChannel,
  membersOf,
  type ResponseType,
  userClaimsIn,
} from './front-channel.js';

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

/** The production configuration, and the response types beyond code on. */
export const WITH_IMPLICIT = { OAUTH_FEATURES: 'par,dpop,private_key_jwt,implicit' };

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
  /** Makes clients, or makes them as they are described. */
  register(...clients: ClientInit[]): Promise<void>;
  responseMode: 'default' | 'form_post';
  /** Of the requests of the modules that are running. */
  responseType: ResponseType;
  /** What a client registered itself as (registered.ts); the others are those that an operator made. */
  enrolled?: Map<StaticClient, Enrolled>;
  /** Sets the time of logins; set back to real after each module. */
  clock: { now(): Date; set(seconds: number): void | Promise<void> };
}

/** How the suite ends a module that it does not fail, when not simply passed; with the reason. */
export type Outcome = { warned: string } | { skipped: string };

/** One module: throws if the suite would fail it. */
export type Module = (bench: Bench) => Promise<Outcome | undefined> | Promise<void>;
export type Modules = Readonly<Record<string, Module>>;

export const random = (bytes = 16) => randomBytes(bytes).toString('base64url');

export interface BenchOptions extends Pick<Bench, 'responseMode' | 'clock'> {
  /** All that the plan's requests will have. */
  responseTypes?: readonly ResponseType[];
  /** Variables of the service beyond the production configuration. */
  env?: Record<string, string>;
  /** The clients register themselves (registered.ts): none is made beforehand. */
  isEnrolling?: boolean;
}

/** A provider with the suite's clients, and the checks the suite makes before each module. */
export async function openBench({
  responseMode,
  clock,
  responseTypes = ['code'],
  env = {},
  isEnrolling = false,
}: BenchOptions): Promise<Bench> {
  const clients = [CLIENT, CLIENT2, CLIENT_POST].map(({ id, auth }) => ({
    client_id: id,
    client_name: id,
    token_endpoint_auth_method: auth,
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [POST_LOGOUT],
    scope: ALL_SCOPES,
    grant_types: grantTypesFor(responseTypes),
    response_types: responseTypes,
  }));
  const deployment = isDeployed ? await deployWithTls(env) : undefined;
  const app =
    (deployment as unknown as TestApp | undefined) ?? (await startApp({ env, overrides: { clock } }));
  const registerAll = async (...all: ClientInit[]) => {
    if (deployment)
      await deployment.apply(all.map((client) => ({ client_name: client.client_id, ...client })));
    else for (const client of all) await register(app, client);
  };
  if (!isEnrolling) await registerAll(...clients);

  const discover = async () =>
    (await (await fetch(`${app.issuer}/.well-known/openid-configuration`)).json()) as Json;
  const metadata = isEnrolling ? await discover() : await settled(discover, responseTypes);
  for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
    expect(metadata[name], name).to.be.a('string');
  }
  for (const { auth } of [CLIENT, CLIENT_POST]) {
    expect(metadata.token_endpoint_auth_methods_supported).to.include(auth);
  }
  const [responseType = 'code'] = responseTypes;
  return { app, metadata, register: registerAll, responseMode, responseType, clock };
}

/** The discovery document once it offers `types`: what another process has changed is known within a second. */
async function settled(discover: () => Promise<Json>, types: readonly ResponseType[]): Promise<Json> {
  for (let attempt = 0; ; attempt += 1) {
    const metadata = await discover();
    const offered = metadata.response_types_supported as string[];
    if (types.every((type) => offered.includes(type))) return metadata;
    if (attempt === 20) throw new Error(`not offered: ${types.join(', ')}; but ${offered.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
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
  /** Where the answer is to be, when not where the response type has it. */
  answerIn?: 'query' | 'fragment';
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
    response_type: bench.responseType,
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
export function readAnswer(
  bench: Bench,
  walked: Walk,
  answerIn: 'query' | 'fragment' = isFrontChannel(bench.responseType) ? 'fragment' : 'query',
): Record<string, string> {
  if (bench.responseMode === 'form_post') {
    const { action, fields } = postedAnswer(walked);
    expect(action, 'nothing may be added to the redirect URI').to.equal(REDIRECT_URI);
    expect(walked.page.headers.get('cache-control')).to.include('no-store');
    return fields;
  }
  const url = destination(walked);
  expect(`${url.origin}${url.pathname}`).to.equal(REDIRECT_URI);
  expect(answerIn === 'query' ? url.hash : url.search).to.equal('');
  return Object.fromEntries(answerIn === 'query' ? url.searchParams : new URLSearchParams(url.hash.slice(1)));
}

async function authorizeAny(bench: Bench, options: AuthorizeOptions): Promise<Authorization> {
  const { sent, ...walked } = await visit(bench, options);
  const params = Object.fromEntries(sent.searchParams);
  const answer = readAnswer(bench, walked, options.answerIn);
  expect(answer.state, 'state is echoed').to.equal(params.state);
  if (answer.id_token === undefined) expect(answer.iss, 'iss parameter').to.equal(bench.app.issuer);
  return { params, client: options.client ?? CLIENT, answer, shown: walked.shown };
}

/** An authorization request that succeeds: exactly what the response type brings comes back, and state. */
export async function authorize(bench: Bench, options: AuthorizeOptions = {}): Promise<Authorization> {
  const result = await authorizeAny(bench, options);
  const expected = [...membersOf(bench.responseType), ...(result.params.state ? ['state'] : [])];
  expect(result.answer).to.have.all.keys(...expected);
  checkAnswer(bench.responseType, result.answer);
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
  /** The last answer that has an ID token, or an access token: the token endpoint's where there is a code. */
  tokens: Json;
  /** Of that ID token. */
  claims: IdTokenClaims;
  /** Of all that came, the authorization endpoint's first. */
  idTokens: IdTokenClaims[];
  accessTokens: string[];
  /** What is said of the user: at UserInfo or, where no access token is given, in the ID token. */
  userInfo: Json;
}

/** Redeems the code; checks tokens. */
async function redeemCode(bench: Bench, { answer, params, client }: Authorization) {
  const response = await requestTokens(bench, client, {
    grant_type: 'authorization_code',
    code: answer.code ?? '',
    redirect_uri: REDIRECT_URI,
  });
  checkTokenResponse(response);
  const claims = await checkIdToken(bench, response.body.id_token, { client, nonce: params.nonce });
  return { tokens: response.body, claims };
}

/** What is to be checked of an answer: the tokens in it, those its code is redeemed for, and what UserInfo says. */
export async function redeem(bench: Bench, authorization: Authorization): Promise<Flow> {
  const { answer, params, client } = authorization;
  const type = bench.responseType;
  const idTokens: IdTokenClaims[] = [];
  if (brings(type, 'id_token')) {
    const claims = await checkIdToken(bench, answer.id_token, { client, nonce: params.nonce });
    checkFrontHashes(type, claims, answer);
    idTokens.push(claims);
  }
  const redeemed = brings(type, 'code') ? await redeemCode(bench, authorization) : undefined;
  if (redeemed) idTokens.push(redeemed.claims);
  const claims = idTokens.at(-1);
  if (!claims) throw new Error('no ID token');
  for (const { sub } of idTokens) expect(sub).to.equal(claims.sub);

  const accessTokens = [answer.access_token, redeemed?.tokens.access_token]
    .filter((token) => token !== undefined)
    .map(String);
  let userInfo: Json | undefined;
  for (const token of accessTokens) {
    userInfo = await fetchUserInfo(bench, token);
    expect(userInfo.sub).to.equal(claims.sub);
  }
  return {
    ...authorization,
    tokens: redeemed?.tokens ?? answer,
    claims,
    idTokens,
    accessTokens,
    userInfo: userInfo ?? userClaimsIn(claims),
  };
}

/** The happy flow with these parameters. */
export async function flow(bench: Bench, options: AuthorizeOptions = {}): Promise<Flow> {
  return redeem(bench, await authorize(bench, options));
}
