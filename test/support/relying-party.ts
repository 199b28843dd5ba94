// Relying parties as the world writes them: openid-client does the protocol, and its checks are ours.
import * as client from 'openid-client';
import { clientInputSchema } from '../../src/clients/input.js';
import type { Agent } from './agent.js';
import { REDIRECT_URI, SECRET, SPA_CLIENT, type TestApp, WEB_CLIENT } from './app.js';
import { destination, type Manners, type Shown, walk } from './walk.js';

export interface RelyingParty {
  app: TestApp;
  config: client.Configuration;
  redirectUri: string;
}

export type ClientInit = { client_id: string } & Record<string, unknown>;

/** Registers a client like WEB_CLIENT, with its differences. */
export async function register({ services }: TestApp, init: ClientInit): Promise<void> {
  const input = { ...WEB_CLIENT, client_name: init.client_id, ...init };
  const { client_secret: _secret, ...withoutSecret } = input;
  const isPublic = init.token_endpoint_auth_method === 'none';
  await services.clients.apply(clientInputSchema.parse(isPublic ? withoutSecret : input), 'operator:test');
}

export interface RelyingPartyOptions {
  clientId?: string;
  redirectUri?: string;
  auth?: client.ClientAuth;
  metadata?: Partial<client.ClientMetadata>;
}

/** A relying party that has discovered the provider: WEB_CLIENT unless the options say otherwise. */
export async function relyingParty(
  app: TestApp,
  {
    clientId = WEB_CLIENT.client_id,
    redirectUri = REDIRECT_URI,
    auth = client.ClientSecretBasic(SECRET),
    metadata,
  }: RelyingPartyOptions = {},
): Promise<RelyingParty> {
  const issuer = new URL(app.issuer);
  const options = { execute: [client.allowInsecureRequests] };
  const config = await client.discovery(issuer, clientId, metadata, auth, options);
  return { app, config, redirectUri };
}

/** The public client of the test suite as a relying party. */
export function publicRelyingParty(app: TestApp): Promise<RelyingParty> {
  const [redirectUri = ''] = SPA_CLIENT.redirect_uris;
  return relyingParty(app, { clientId: SPA_CLIENT.client_id, redirectUri, auth: client.None() });
}

export interface Attempt {
  url: string;
  checks: client.AuthorizationCodeGrantChecks & { expectedState: string };
}

/** An authorization request with PKCE, state and nonce, and what the answer has to match. */
export async function prepare(
  { config, redirectUri }: RelyingParty,
  params: Record<string, string> = {},
): Promise<Attempt> {
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...params,
  });
  return { url: url.href, checks: { expectedState, expectedNonce, pkceCodeVerifier } };
}

export type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

export interface Login {
  tokens: Tokens;
  claims: client.IDToken;
  /** The pages the person was asked something on. */
  shown: Shown[];
}

/** The claims of the ID token; a missing one is an error. */
export function claimsOf(tokens: Tokens): client.IDToken {
  const claims = tokens.claims();
  if (!claims) throw new Error('no ID token');
  return claims;
}

/** Sends the browser through an authorization request and redeems the code. */
export async function logIn(
  rp: RelyingParty,
  agent: Agent,
  params: Record<string, string> = {},
  manners: Manners = {},
  checks: Partial<client.AuthorizationCodeGrantChecks> = {},
): Promise<Login> {
  const attempt = await prepare(rp, params);
  const walked = await walk(agent, rp.app.issuer, attempt.url, manners);
  const callback = destination(walked);
  if (callback.searchParams.has('error')) throw new Error(`refused: ${callback.search}`);
  const tokens = await client.authorizationCodeGrant(rp.config, callback, { ...attempt.checks, ...checks });
  return { tokens, claims: claimsOf(tokens), shown: walked.shown };
}

/** Sends the browser through an authorization request that is to fail; the parameters of the answer. */
export async function refusal(
  rp: RelyingParty,
  agent: Agent,
  params: Record<string, string> = {},
  manners: Manners = {},
): Promise<{ error: client.AuthorizationResponseError; state: string | null; shown: Shown[] }> {
  const { url, checks } = await prepare(rp, params);
  const walked = await walk(agent, rp.app.issuer, url, manners);
  const callback = destination(walked);
  try {
    await client.authorizationCodeGrant(rp.config, callback, checks);
  } catch (error) {
    // Thrown only once state and iss have been found right.
    if (!(error instanceof client.AuthorizationResponseError)) throw error;
    return { error, state: callback.searchParams.get('state'), shown: walked.shown };
  }
  throw new Error(`not refused: ${callback.href}`);
}

/** What the provider says about `work`, which has to fail at the token endpoint. */
export async function oauthError(work: Promise<unknown>): Promise<client.ResponseBodyError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof client.ResponseBodyError) return error;
    throw error;
  }
  throw new Error('the provider did not refuse');
}

/** How the provider challenges `work`, which has to fail with a WWW-Authenticate header. */
export async function challenge(work: Promise<unknown>): Promise<client.WWWAuthenticateChallengeError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof client.WWWAuthenticateChallengeError) return error;
    throw error;
  }
  throw new Error('the provider did not refuse');
}

/** A clock that stands where it is put, and otherwise goes with the real one. */
export function movableClock() {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    /** From now on, this many seconds ahead of (or, negative, behind) the real time. */
    set(seconds: number) {
      offset = seconds * 1000;
    },
  };
}
