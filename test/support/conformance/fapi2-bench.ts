// What the suite does in every module of the FAPI 2.0 plans: push, authorize, check the answer, redeem with a proof,
// check the ID token, ask UserInfo. With openid_connect, and private_key_jwt and DPoP or certificates for both.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { Agent, type Page } from '../agent.js';
import { REDIRECT_URI, type TestApp } from '../app.js';
import { assertionClaims, byAssertion, type ClientKey, now, signed } from '../client-keys.js';
import { type ProofInit, proof } from '../dpop.js';
import type { Certified } from '../mutual-tls/certificates.js';
import { headersFor } from '../mutual-tls/proxy.js';
import { destination, goOn, type Manners, walk } from '../walk.js';

export type Json = Record<string, unknown>;
/** What is sent in the place of a default; undefined leaves it out. */
export type Fields = Record<string, string | undefined>;

export interface FapiClient {
  id: string;
  key: ClientKey;
  /** What it is known by with client_auth_type=mtls. */
  certificate: Certified;
}

/** The variants of the plans. */
export interface FapiVariant {
  /** fapi_request_method=signed_non_repudiation: what is pushed is a signed request object. */
  isSigned?: boolean;
  /** fapi_response_mode=jarm: what comes back is signed. */
  isAnswerSigned?: boolean;
  /** client_auth_type=mtls and sender_constrain=mtls, in the place of private_key_jwt and DPoP. */
  isCertified?: boolean;
}

export interface FapiBench {
  app: Pick<TestApp, 'issuer' | 'close'>;
  metadata: Json;
  first: FapiClient;
  second: FapiClient;
  /** The key that proofs are made with. */
  dpop: ClientKey;
  variant: FapiVariant;
  /** A code, unused, whose time is over. */
  expiredCode(): Promise<string>;
  /** A pushed request, unused, whose time is over. */
  expiredRequestUri(): Promise<string>;
}

export type FapiModule = (bench: FapiBench) => Promise<void>;
export type FapiModules = Readonly<Record<string, FapiModule>>;

/** What the profile lets us sign with. */
const PROFILE_ALGS = ['PS256', 'ES256', 'EdDSA'];

export const random = (bytes = 16) => randomBytes(bytes).toString('base64url');

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
  /** The type that tokens have to be of in this variant. */
  tokenType: 'DPoP' | 'Bearer';
}

async function send({ variant }: FapiBench, url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Json) : {};
  const tokenType = variant.isCertified ? 'Bearer' : 'DPoP';
  return { status: response.status, headers: response.headers, body, tokenType };
}

const defined = (fields: Fields) =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

export interface CallOptions {
  client?: FapiClient;
  /** Changes to what is asked for; at a push, inside the request object if there is one. */
  fields?: Fields;
  /** Beside a request object. */
  outside?: Fields;
  /** Changes to the claims of the request object. */
  request?: Json;
  /** Makes the request object of its claims in the place of the client's key. */
  sign?: (claims: Json) => Promise<string> | string;
  /** Pushed without a request object, whatever the variant. */
  isUnsigned?: boolean;
  /** Changes to the claims of the client assertion. */
  assertion?: Json;
  /** Signs the assertion in place of the client's key. */
  assertionKey?: ClientKey;
  /** A proof made by this key; false: none, nor a certificate. */
  dpop?: ClientKey | false;
  /** A push may come without a proof; whoever is known by a certificate shows it. */
  isPush?: boolean;
  proofInit?: ProofInit;
  method?: string;
}

/** What the proxy says of the client's connection. */
function certificateOf({ certificate }: FapiClient, isShown = true): Record<string, string> {
  return isShown ? headersFor(certificate.x509.raw) : {};
}

/** A request to one of our endpoints as the client; with the nonce we ask for, when we ask for one. */
async function call(bench: FapiBench, url: string, base: Fields, options: CallOptions): Promise<Answer> {
  const { client = bench.first, fields = {}, assertion = {}, dpop = bench.dpop, method = 'POST' } = options;
  const { isPush = false } = options;
  const { isCertified = false } = bench.variant;
  const attempt = async (nonce?: string): Promise<Answer> => {
    const claims = assertionClaims(client.id, bench.app.issuer, assertion);
    const credentials = isCertified
      ? { client_id: client.id }
      : byAssertion(await signed(options.assertionKey ?? client.key, claims));
    const body = new URLSearchParams(defined({ ...credentials, ...base, ...fields }));
    const headers = isCertified
      ? certificateOf(client, dpop !== false || isPush)
      : dpop
        ? { dpop: await proof(dpop, url, { nonce, method, ...options.proofInit }) }
        : {};
    return send(bench, url, { method, headers, ...(method === 'POST' && { body }) });
  };
  const first = await attempt();
  const nonce = first.headers.get('dpop-nonce');
  return first.body.error === 'use_dpop_nonce' && nonce ? attempt(nonce) : first;
}

export const PKCE_VERIFIER = 'v'.repeat(64);
const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');

/** The parameters of the authorization request that the suite pushes. */
export function requestOf({ first, variant }: FapiBench, client: FapiClient = first): Fields {
  return {
    client_id: client.id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile',
    state: random(),
    nonce: random(),
    code_challenge: challengeOf(PKCE_VERIFIER),
    code_challenge_method: 'S256',
    ...(variant.isAnswerSigned && { response_mode: 'jwt' }),
  };
}

/** The parameters as a request object (FAPI 2.0 Message Signing, section 5.3.2). */
async function requestObject(bench: FapiBench, { claims, ...sent }: Fields, options: CallOptions) {
  const { client = bench.first, request = {}, sign = (all: Json) => signed(client.key, all) } = options;
  const times = { iat: now(), nbf: now(), exp: now() + 300 };
  return sign({
    iss: client.id,
    aud: bench.app.issuer,
    jti: randomUUID(),
    ...times,
    ...sent,
    ...(claims !== undefined && { claims: JSON.parse(claims) }),
    ...request,
  });
}

/** Pushes an authorization request; without a proof unless one is given. */
export async function push(bench: FapiBench, options: CallOptions = {}): Promise<Answer & { sent: Fields }> {
  const { client = bench.first, outside = {}, isUnsigned = !bench.variant.isSigned } = options;
  const sent = { ...requestOf(bench, client), ...options.fields };
  const form = isUnsigned
    ? sent
    : { client_id: client.id, request: await requestObject(bench, sent, options) };
  const url = String(bench.metadata.pushed_authorization_request_endpoint);
  const base = { ...form, ...outside };
  return { ...(await call(bench, url, base, { dpop: false, isPush: true, ...options, fields: {} })), sent };
}

export async function pushed(bench: FapiBench, options: CallOptions = {}) {
  const { status, body, sent } = await push(bench, options);
  expect(status, JSON.stringify(body)).to.equal(201);
  expect(body.expires_in).to.be.a('number').and.within(5, 600);
  return { requestUri: String(body.request_uri), sent };
}

/** The address a browser is sent to. */
export function addressOf(bench: FapiBench, requestUri: string, more: Fields = {}): string {
  const params = defined({ client_id: bench.first.id, request_uri: requestUri, ...more });
  return `${bench.metadata.authorization_endpoint}?${new URLSearchParams(params)}`;
}

/** What an answer by JARM says: signed by an algorithm of the profile, for this client, not for long. */
async function readSigned(bench: FapiBench, answer: Json, audience: string): Promise<Json> {
  expect(answer).to.have.all.keys('response');
  const jwks = createRemoteJWKSet(new URL(String(bench.metadata.jwks_uri)));
  const { payload } = await jwtVerify(String(answer.response), jwks, {
    issuer: bench.app.issuer,
    audience,
    algorithms: PROFILE_ALGS,
    requiredClaims: ['exp'],
  });
  expect((payload.exp ?? Infinity) - now(), 'seconds it is good for').to.be.at.most(600);
  const { aud: _aud, exp: _exp, ...rest } = payload;
  return rest;
}

/** The parameters of our answer to the app. */
export async function visit(bench: FapiBench, url: string, agent = new Agent(), manners: Manners = {}) {
  const back = destination(await walk(agent, bench.app.issuer, url, manners));
  expect(`${back.origin}${back.pathname}`).to.equal(REDIRECT_URI);
  expect(back.hash).to.equal('');
  const plain = Object.fromEntries(back.searchParams);
  const clientId = new URL(url).searchParams.get('client_id') ?? '';
  const answer = bench.variant.isAnswerSigned ? await readSigned(bench, plain, clientId) : plain;
  expect(answer.iss).to.equal(bench.app.issuer);
  return answer as Record<string, string>;
}

/** An error page of ours, or the error sent back to the app; in neither case a code. */
export async function expectRefusedVisit(bench: FapiBench, url: string): Promise<Page> {
  const page = await goOn(new Agent(), bench.app.issuer, url);
  const sent = page.location === undefined ? undefined : new URL(page.location).searchParams;
  const text = sent?.has('response') ? JSON.stringify(decodeJwt(sent.get('response') ?? '')) : page.location;
  expect(text ?? page.text).to.match(/invalid_request|error/);
  expect(text ?? '').not.to.match(/[?&"]code["=]/);
  expect(page.text).not.to.include('login-form');
  return page;
}

/** A request that succeeds: exactly code, state and iss come back. */
export async function authorize(bench: FapiBench, options: CallOptions = {}, agent = new Agent()) {
  const { requestUri, sent } = await pushed(bench, options);
  const more = { client_id: (options.client ?? bench.first).id };
  const answer = await visit(bench, addressOf(bench, requestUri, more), agent);
  expect(answer).to.have.all.keys('code', 'iss', ...(sent.state === undefined ? [] : ['state']));
  expect(answer.state).to.equal(sent.state);
  return { code: answer.code ?? '', sent };
}

/** Redeems a code. */
export function redeem(bench: FapiBench, code: string, options: CallOptions = {}): Promise<Answer> {
  const fields = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: PKCE_VERIFIER,
  };
  return call(bench, String(bench.metadata.token_endpoint), fields, options);
}

export function refresh(bench: FapiBench, token: string, options: CallOptions = {}): Promise<Answer> {
  const fields = { grant_type: 'refresh_token', refresh_token: token };
  return call(bench, String(bench.metadata.token_endpoint), fields, options);
}

/** UserInfo with a proof; with the nonce we ask for. */
export async function userInfo(
  bench: FapiBench,
  accessToken: string,
  {
    scheme = 'DPoP',
    init = {},
    client = bench.first,
  }: { scheme?: string; init?: ProofInit; client?: FapiClient } = {},
): Promise<Answer> {
  const url = String(bench.metadata.userinfo_endpoint);
  if (bench.variant.isCertified) {
    const authorization = `${scheme === 'DPoP' ? 'Bearer' : scheme} ${accessToken}`;
    return send(bench, url, { headers: { authorization, ...certificateOf(client) } });
  }
  const attempt = async (nonce?: string) => {
    const dpop = await proof(bench.dpop, url, { method: 'GET', accessToken, nonce, ...init });
    return send(bench, url, { headers: { authorization: `${scheme} ${accessToken}`, dpop } });
  };
  const nonce = (await attempt()).headers.get('dpop-nonce');
  return attempt(nonce ?? undefined);
}

export function checkTokens({ status, headers, body, tokenType }: Answer): void {
  expect(status, JSON.stringify(body)).to.equal(200);
  expect(headers.get('cache-control')).to.include('no-store');
  expect(body.token_type).to.equal(tokenType);
  expect(body.access_token).to.match(/^[\w-]{43,}$/);
  expect(body.expires_in).to.be.a('number');
}

/** The ID token: signed by an algorithm of the profile, for this client, with the nonce. */
export async function checkIdToken(bench: FapiBench, idToken: unknown, sent: Fields): Promise<JWTPayload> {
  const jwks = createRemoteJWKSet(new URL(String(bench.metadata.jwks_uri)));
  const { payload } = await jwtVerify(String(idToken), jwks, {
    issuer: bench.app.issuer,
    audience: String(sent.client_id),
    algorithms: PROFILE_ALGS,
    requiredClaims: ['sub', 'iat', 'exp'],
  });
  expect(payload.nonce).to.equal(sent.nonce);
  return payload;
}

export interface Flow {
  tokens: Json;
  claims: JWTPayload;
  code: string;
}

/** The whole flow, with everything that is checked on the way. */
export async function flow(bench: FapiBench, options: CallOptions = {}, agent = new Agent()): Promise<Flow> {
  const { code, sent } = await authorize(bench, options, agent);
  const answer = await redeem(bench, code, options.client ? { client: options.client } : {});
  checkTokens(answer);
  const claims = await checkIdToken(bench, answer.body.id_token, sent);
  const by = options.client ? { client: options.client } : {};
  const info = await userInfo(bench, String(answer.body.access_token), by);
  expect(info.status).to.equal(200);
  expect(info.body.sub).to.equal(claims.sub);
  return { tokens: answer.body, claims, code };
}

/** The same RSA key, for RS256. */
export async function asRs256(key: ClientKey): Promise<ClientKey> {
  const { alg: _alg, ...jwk } = await crypto.subtle.exportKey('jwk', key.privateKey);
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const privateKey = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['sign']);
  return { ...key, alg: 'RS256', privateKey };
}

/** A refusal with one of `errors`, as JSON. */
export function expectRefusal({ status, body }: Answer, ...errors: string[]): void {
  expect(status).to.be.oneOf([400, 401]);
  expect(body.error).to.be.oneOf(errors);
  expect(body).not.to.have.any.keys('access_token', 'request_uri');
}
