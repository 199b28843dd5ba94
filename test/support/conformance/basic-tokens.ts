// Modules of the basic plan about the token endpoint, UserInfo and the claims.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { REDIRECT_URI, USER } from '../app.js';
import {
  authorize,
  type Bench,
  CLIENT,
  CLIENT_POST,
  CLIENT2,
  checkIdToken,
  checkTokenResponse,
  type Flow,
  fetchUserInfo,
  flow,
  type Json,
  type Modules,
  type Outcome,
  redeem,
  requestTokens,
} from './bench.js';
import { isDeployed } from './deployment.js';
import { brings, halfHash } from './front-channel.js';

/** ValidateOpenIdStandardClaims: the types of the standard claims that are there. */
function checkStandardClaims(userInfo: Json): void {
  const types: Record<string, string> = {
    sub: 'string',
    name: 'string',
    given_name: 'string',
    family_name: 'string',
    picture: 'string',
    locale: 'string',
    updated_at: 'number',
    email: 'string',
    email_verified: 'boolean',
    phone_number: 'string',
  };
  for (const [name, value] of Object.entries(userInfo)) {
    expect(types, `${name} is a claim we know`).to.have.property(name);
    expect(value, name).to.be.a(types[name] ?? '');
    if (typeof value === 'string') expect(value.trim(), name).not.to.be.oneOf(['', 'null']);
  }
}

const PROFILE = ['name', 'given_name', 'family_name', 'picture', 'locale', 'updated_at'];
const EMAIL = ['email', 'email_verified'];
const PHONE = ['phone_number'];

// Of the 14 profile claims and the two of phone, a user row has these only.
const LACKING = (claims: string): Outcome => ({
  warned: `VerifyScopesReturnedInUserInfoClaims: a user of Link²Ur has no ${claims}`,
});
const NO_PROFILE = LACKING(
  'middle_name, nickname, preferred_username, profile, website, gender, birthdate, zoneinfo',
);
const NO_PHONE = LACKING('phone_number_verified');
const NO_ADDRESS: Outcome = {
  skipped: 'address is not in scopes_supported, because no user of Link²Ur has one',
};

/** The claims of the scopes come from UserInfo, the ID token has none of them; unless there is nothing but an ID token. */
const scopeModule = (scope: string, expected: string[], outcome?: Outcome) => async (bench: Bench) => {
  const { idTokens, accessTokens, userInfo, tokens } = await flow(bench, { params: { scope } });
  expect(Object.keys(userInfo)).to.have.members(['sub', ...expected]);
  checkStandardClaims(userInfo);
  if (accessTokens.length === 0) return outcome;
  for (const claims of idTokens) expect(claims).not.to.have.any.keys(...PROFILE, ...EMAIL, ...PHONE);
  expect(String(tokens.scope).split(' ')).to.have.members(scope.split(' '));
  return outcome;
};

const userInfoBy = (request: (accessToken: string) => RequestInit) => async (bench: Bench) => {
  const { accessTokens, claims } = await flow(bench);
  expect(accessTokens).not.to.have.lengthOf(0);
  for (const token of accessTokens) {
    const response = await fetch(String(bench.metadata.userinfo_endpoint), request(token));
    expect(response.status).to.equal(200);
    const userInfo = (await response.json()) as Json;
    expect(userInfo.sub).to.equal(claims.sub);
    checkStandardClaims(userInfo);
  }
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** at_hash and c_hash are optional in an ID token from the token endpoint; right if they are there. */
function checkHashes({ claims, tokens, answer }: Flow): void {
  if (claims.at_hash !== undefined) expect(claims.at_hash).to.equal(halfHash(tokens.access_token));
  if (claims.c_hash !== undefined) expect(claims.c_hash).to.equal(halfHash(answer.code));
}

async function expectInvalidGrant(bench: Bench, code: string): Promise<void> {
  const fields = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI };
  const { status, body } = await requestTokens(bench, CLIENT, fields);
  expect(status).to.equal(400);
  expect(body.error).to.equal('invalid_grant');
}

/** Whether the suite may refresh: Bearer, no-store, entropy, same subject, newer iat. */
async function checkRefresh(bench: Bench, first: Flow): Promise<void> {
  const { client, tokens, claims } = first;
  const refreshToken = String(tokens.refresh_token);
  expect(refreshToken).to.match(/^[\w-]{43,}$/);
  const fields = { grant_type: 'refresh_token', refresh_token: refreshToken };
  // The suite waits as well, for the new ID token to be newer.
  if (isDeployed) await delay(1_000);
  const response = await requestTokens(bench, client, fields);
  checkTokenResponse(response);
  expect(response.headers.get('cache-control')).to.include('no-store');
  expect(response.body.access_token).not.to.equal(tokens.access_token);
  const { nonce } = claims as { nonce?: string };
  const refreshed = await checkIdToken(bench, response.body.id_token, { client, nonce });
  const { iss, sub, aud, azp, auth_time } = claims;
  expect(refreshed).to.deep.include({ iss, sub, aud, auth_time });
  expect(refreshed.azp).to.equal(azp);
  const soonest = Number(claims.iat) + (isDeployed ? 1 : 0);
  expect(refreshed.iat).to.be.at.least(soonest);
  await fetchUserInfo(bench, response.body.access_token);
}

export const tokenModules: Modules = {
  async 'oidcc-server'(bench) {
    const happy = await flow(bench);
    checkHashes(happy);
    const standard = 'iss sub aud exp iat auth_time nonce acr amr at_hash c_hash sid'.split(' ');
    for (const claims of happy.idTokens) {
      for (const name of Object.keys(claims)) expect(standard, 'no unrequested claim').to.include(name);
    }
  },

  'oidcc-userinfo-get': userInfoBy((token) => ({ headers: bearer(token) })),
  'oidcc-userinfo-post-header': userInfoBy((token) => ({ method: 'POST', headers: bearer(token) })),
  'oidcc-userinfo-post-body': userInfoBy((token) => ({
    method: 'POST',
    body: new URLSearchParams({ access_token: token }),
  })),

  'oidcc-scope-profile': scopeModule('openid profile', PROFILE, NO_PROFILE),
  'oidcc-scope-email': scopeModule('openid email', EMAIL),

  async 'oidcc-scope-address'(bench) {
    expect(bench.metadata.scopes_supported).not.to.include('address');
    return NO_ADDRESS;
  },

  'oidcc-scope-phone': scopeModule('openid phone', PHONE, NO_PHONE),

  // All that there are, though the suite leaves it at that.
  'oidcc-scope-all': scopeModule('openid profile email phone', [...PROFILE, ...EMAIL, ...PHONE], NO_ADDRESS),

  async 'oidcc-claims-essential'(bench) {
    const place = brings(bench.responseType, 'code') || brings(bench.responseType, 'token');
    const claims = JSON.stringify({ [place ? 'userinfo' : 'id_token']: { name: { essential: true } } });
    const { idTokens, userInfo } = await flow(bench, { params: { claims } });
    expect(userInfo.name).to.equal(USER.name);
    if (place) for (const idToken of idTokens) expect(idToken).not.to.have.property('name');
  },

  async 'oidcc-codereuse'(bench) {
    const authorization = await authorize(bench);
    await redeem(bench, authorization);
    await expectInvalidGrant(bench, authorization.answer.code ?? '');
  },

  async 'oidcc-codereuse-30seconds'(bench) {
    // The suite waits 30 s; where the clock is ours, the code was used 30 s ago by the record of it.
    const authorization = await authorize(bench);
    const code = authorization.answer.code ?? '';
    await bench.clock.set(-30);
    const { accessTokens } = await redeem(bench, authorization);
    await bench.clock.set(0);
    await expectInvalidGrant(bench, code);
    for (const token of accessTokens) {
      const response = await fetch(String(bench.metadata.userinfo_endpoint), { headers: bearer(token) });
      expect(response.status, 'what came with the code, and for it, is dead').to.equal(401);
    }
  },

  async 'oidcc-server-client-secret-post'(bench) {
    await flow(bench, { client: CLIENT_POST });
  },

  async 'oidcc-refresh-token'(bench) {
    expect(bench.metadata.grant_types_supported).to.include('refresh_token');
    const params = { scope: 'openid offline_access', prompt: 'consent' };
    const first = await flow(bench, { params });
    await checkRefresh(bench, first);
    const second = await flow(bench, { client: CLIENT2, params });
    await checkRefresh(bench, second);
    const third = await flow(bench, { client: CLIENT2, params });
    const fields = { grant_type: 'refresh_token', refresh_token: String(third.tokens.refresh_token) };
    const { status, body } = await requestTokens(bench, CLIENT, fields);
    expect(status).to.equal(400);
    expect(body.error).to.equal('invalid_grant');
  },
};
