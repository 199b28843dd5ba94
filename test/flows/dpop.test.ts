// Tokens bound to a key (RFC 9449): with openid-client as apps use it, and with proofs that no library would make.
import { expect } from 'chai';
import { calculateJwkThumbprint } from 'jose';
import * as client from 'openid-client';
import type { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import {
  authorizeUrl,
  REDIRECT_URI,
  SECRET,
  SPA_CLIENT,
  signIn,
  startApp,
  type TestApp,
  USER,
} from '../support/app.js';
import { type ClientKey, makeClientKey, now } from '../support/client-keys.js';
import { nonceFrom, type ProofInit, proof } from '../support/dpop.js';
import {
  claimsOf,
  movableClock,
  oauthError,
  prepare,
  publicRelyingParty,
  type RelyingParty,
  register,
  relyingParty,
} from '../support/relying-party.js';
import { basic } from '../support/token-endpoint.js';
import { destination, walk } from '../support/walk.js';

const BOUND = 'bound-app';
const OFFLINE = { scope: 'openid profile offline_access', prompt: 'consent' };

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

describe('DPoP', () => {
  const clock = movableClock();
  let app: TestApp;
  let key: ClientKey;
  let stranger: ClientKey;
  let tokenEndpoint: string;
  let userinfoEndpoint: string;
  const agent = new Agent();

  before(async () => {
    app = await startApp({ overrides: { clock } });
    tokenEndpoint = `${app.issuer}/api/oauth/token`;
    userinfoEndpoint = `${app.issuer}/api/oauth/userinfo`;
    [key, stranger] = await Promise.all([makeClientKey(), makeClientKey()]);
    await register(app, { client_id: BOUND, dpop_bound_access_tokens: true });
  });
  afterEach(() => clock.set(0));
  after(() => app.close());

  async function send(url: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(url, init);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    };
  }

  const tokenRequest = (fields: Record<string, string>, dpop?: string, as = BOUND) =>
    send(tokenEndpoint, {
      method: 'POST',
      headers: { authorization: basic(as, SECRET), ...(dpop && { dpop }) },
      body: new URLSearchParams(fields),
    });

  const nonce = () => nonceFrom(tokenEndpoint, key, { client_id: 'spa' });
  const atToken = async (init: ProofInit = {}, by = key) =>
    proof(by, tokenEndpoint, { nonce: await nonce(), ...init });

  async function newCode(params: Record<string, string> = {}, clientId = BOUND): Promise<string> {
    const url = authorizeUrl(app.issuer, { ...OFFLINE, client_id: clientId, ...params });
    return (await signIn(agent, app.issuer, url)).searchParams.get('code') ?? '';
  }
  const byCode = (code: string) => ({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI });

  async function tokens(dpop?: string): Promise<Record<string, string>> {
    const { status, body } = await tokenRequest(byCode(await newCode()), dpop ?? (await atToken()));
    if (status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`);
    return body as Record<string, string>;
  }

  async function userinfo(
    accessToken: string,
    dpop?: string,
    scheme = dpop ? 'DPoP' : 'Bearer',
  ): Promise<Answer> {
    const headers = { authorization: `${scheme} ${accessToken}`, ...(dpop && { dpop }) };
    return send(userinfoEndpoint, { headers });
  }
  const atUserinfo = async (accessToken: string, by = key, init: ProofInit = {}) =>
    proof(by, userinfoEndpoint, { method: 'GET', accessToken, nonce: await nonce(), ...init });

  it('is advertised with its algorithms', async () => {
    const { config } = await relyingParty(app);
    expect(config.serverMetadata().dpop_signing_alg_values_supported).to.deep.equal([
      'PS256',
      'ES256',
      'EdDSA',
      'Ed25519',
    ]);
  });

  async function logInWithKey(rp: RelyingParty, DPoP: client.DPoPHandle) {
    const { url, checks } = await prepare(rp, OFFLINE);
    const callback = destination(await walk(new Agent(), app.issuer, url));
    return client.authorizationCodeGrant(rp.config, callback, checks, undefined, { DPoP });
  }

  const parties: Record<string, () => Promise<RelyingParty>> = {
    confidential: () => relyingParty(app, { clientId: BOUND }),
    public: () => publicRelyingParty(app),
  };
  for (const [name, open] of Object.entries(parties)) {
    it(`logs in, reads UserInfo and refreshes with openid-client, for a ${name} client`, async () => {
      const rp = await open();
      const DPoP = client.getDPoPHandle(rp.config, await client.randomDPoPKeyPair('ES256'));
      const got = await logInWithKey(rp, DPoP);
      expect(got.token_type).to.equal('dpop');
      const { sub } = claimsOf(got);
      expect(sub).to.equal(USER.id);
      expect(await client.fetchUserInfo(rp.config, got.access_token, sub, { DPoP })).to.include({ sub });
      const next = await client.refreshTokenGrant(rp.config, got.refresh_token ?? '', {}, { DPoP });
      expect(next.token_type).to.equal('dpop');
      expect(await client.fetchUserInfo(rp.config, next.access_token, sub, { DPoP })).to.include({ sub });
    });
  }

  it('goes on when the key that nonces are made of changes', async () => {
    const rp = await relyingParty(app, { clientId: BOUND });
    const DPoP = client.getDPoPHandle(rp.config, await client.randomDPoPKeyPair('ES256'));
    const got = await logInWithKey(rp, DPoP);
    const before = await nonce();
    await app.services.keys.rotate({ algs: ['HMAC'], now: true }, { actor: 'operator:test' });
    for (let tries = 0; (await nonce()) === before && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await nonce()).not.to.equal(before);
    const next = await client.refreshTokenGrant(rp.config, got.refresh_token ?? '', {}, { DPoP });
    expect(next.access_token).to.be.a('string');
  });

  it('is demanded of a client that is registered so', async () => {
    const code = await newCode();
    const without = await tokenRequest(byCode(code));
    expect([without.status, without.body.error]).to.deep.equal([400, 'invalid_grant']);
    // The code is not spent by that.
    expect((await tokenRequest(byCode(code), await atToken())).status).to.equal(200);
  });

  it('asks for a proof with a nonce first, and says which', async () => {
    const code = await newCode();
    const first = await tokenRequest(byCode(code), await proof(key, tokenEndpoint));
    expect([first.status, first.body.error]).to.deep.equal([400, 'use_dpop_nonce']);
    const fresh = first.headers.get('dpop-nonce') ?? '';
    expect(fresh).to.match(/^[\w-]{43}$/);
    const second = await tokenRequest(byCode(code), await proof(key, tokenEndpoint, { nonce: fresh }));
    expect(second.status).to.equal(200);
  });

  it('tells pages of other origins the nonce', async () => {
    const [origin] = SPA_CLIENT.redirect_uris.map((uri) => new URL(uri).origin);
    const preflight = await fetch(tokenEndpoint, {
      method: 'OPTIONS',
      headers: {
        origin: origin ?? '',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'dpop',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).to.include('dpop');
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { origin: origin ?? '', dpop: await proof(key, tokenEndpoint) },
      body: new URLSearchParams({ client_id: 'spa', ...byCode('x') }),
    });
    expect(response.headers.get('access-control-expose-headers')).to.include('DPoP-Nonce');
  });

  const bad: Record<string, (nonce: string) => Promise<string>> = {
    'that is no JWT': async () => 'x.y.z',
    'signed by another key': async (fresh) => {
      const { kid: _k, use: _u, alg: _a, ...jwk } = stranger.publicJwk;
      return proof(key, tokenEndpoint, { nonce: fresh, header: { jwk } });
    },
    'for another address': (fresh) => proof(key, userinfoEndpoint, { nonce: fresh }),
    'for another issuer': (fresh) => proof(key, 'https://evil.example/api/oauth/token', { nonce: fresh }),
    'for another method': (fresh) => proof(key, tokenEndpoint, { nonce: fresh, method: 'GET' }),
    'of another type': (fresh) => proof(key, tokenEndpoint, { nonce: fresh, header: { typ: 'JWT' } }),
    'without a jti': (fresh) => proof(key, tokenEndpoint, { nonce: fresh, claims: { jti: undefined } }),
    'without a time': (fresh) => proof(key, tokenEndpoint, { nonce: fresh, claims: { iat: undefined } }),
    'that has expired': (fresh) => proof(key, tokenEndpoint, { nonce: fresh, claims: { exp: now() - 300 } }),
    'that is not good yet': (fresh) =>
      proof(key, tokenEndpoint, { nonce: fresh, claims: { nbf: now() + 300 } }),
    'that shows its private key': async (fresh) => {
      const jwk = { ...key.publicJwk, d: 'AAAA' };
      return proof(key, tokenEndpoint, { nonce: fresh, header: { jwk } });
    },
    'by RS256': async (fresh) => proof(await makeClientKey('RS256'), tokenEndpoint, { nonce: fresh }),
  };
  for (const [name, make] of Object.entries(bad)) {
    it(`refuses a proof ${name}`, async () => {
      const { status, body } = await tokenRequest(byCode(await newCode()), await make(await nonce()));
      expect([status, body.error]).to.deep.equal([400, 'invalid_dpop_proof']);
      expect(body).to.have.all.keys('error', 'error_description', 'error_uri');
    });
  }

  it('refuses a nonce that is not ours', async () => {
    for (const nonce of ['x', 'A'.repeat(43)]) {
      const { body, headers } = await tokenRequest(byCode('x'), await proof(key, tokenEndpoint, { nonce }));
      expect(body.error).to.equal('use_dpop_nonce');
      expect(headers.get('dpop-nonce')).to.be.a('string');
    }
  });

  it('refuses a proof the second time', async () => {
    const once = await atToken();
    await tokens(once);
    const again = await tokenRequest(byCode(await newCode()), once);
    expect([again.status, again.body.error]).to.deep.equal([400, 'invalid_grant']);
    const { access_token: token = '' } = await tokens();
    const shown = await atUserinfo(token);
    expect((await userinfo(token, shown)).status).to.equal(200);
    expect((await userinfo(token, shown)).status).to.equal(401);
  });

  it('takes one of twenty requests that come with a proof at once', async () => {
    const { access_token: token = '' } = await tokens();
    const shown = await atUserinfo(token);
    const answers = await Promise.all(Array.from({ length: 20 }, () => userinfo(token, shown)));
    expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_token')).to.have.lengthOf(19);
  });

  it('gives a bound token to nobody else at UserInfo', async () => {
    const { access_token: token = '' } = await tokens();
    const attempts = [
      userinfo(token),
      userinfo(token, undefined, 'DPoP'),
      userinfo(token, await atUserinfo(token, stranger)),
      userinfo(token, await atUserinfo(token, key, { accessToken: 'another' })),
      userinfo(token, await atUserinfo(token), 'Bearer'),
    ];
    for (const { status, headers } of await Promise.all(attempts)) {
      expect(status).to.be.oneOf([400, 401]);
      expect(headers.get('www-authenticate')).to.match(/DPoP|Bearer/);
    }
    const inForm = await send(userinfoEndpoint, {
      method: 'POST',
      body: new URLSearchParams({ access_token: token }),
    });
    expect(inForm.status).to.equal(401);
    const challenged = await userinfo(token, await atUserinfo(token, key, { nonce: undefined }));
    expect(challenged.status).to.equal(401);
    expect(challenged.headers.get('www-authenticate')).to.match(/^DPoP .*error="use_dpop_nonce"/);
    expect(challenged.headers.get('dpop-nonce')).to.be.a('string');
  });

  it('is no way to use a token that is bound to nothing', async () => {
    const code = await newCode({}, 'web-app');
    const { body } = await tokenRequest(byCode(code), undefined, 'web-app');
    const token = String(body.access_token);
    expect(body.token_type).to.equal('Bearer');
    expect((await userinfo(token, await atUserinfo(token))).status).to.equal(401);
  });

  it('tells the key of a bound token at introspection', async () => {
    const { access_token: token = '' } = await tokens();
    const { body } = await send(`${app.issuer}/api/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: basic(BOUND, SECRET) },
      body: new URLSearchParams({ token }),
    });
    const jkt = await calculateJwkThumbprint(key.publicJwk);
    expect(body).to.deep.include({ active: true, token_type: 'DPoP', cnf: { jkt } });
  });

  it('binds a code that was asked for with dpop_jkt', async () => {
    const params = { dpop_jkt: await calculateJwkThumbprint(key.publicJwk) };
    const wrong = await tokenRequest(byCode(await newCode(params)), await atToken({}, stranger));
    expect(wrong.body.error).to.equal('invalid_grant');
    const without = await tokenRequest(byCode(await newCode(params, 'web-app')), undefined, 'web-app');
    expect(without.body.error).to.equal('invalid_grant');
    expect((await tokenRequest(byCode(await newCode(params)), await atToken())).status).to.equal(200);
  });

  describe('refresh tokens', () => {
    /** A public client's request. */
    const asSpa = (fields: Record<string, string>, dpop?: string) =>
      send(tokenEndpoint, {
        method: 'POST',
        headers: dpop === undefined ? {} : { dpop },
        body: new URLSearchParams({ client_id: 'spa', ...fields }),
      });

    async function spaToken(): Promise<string> {
      const rp = await publicRelyingParty(app);
      const { url, checks } = await prepare(rp, OFFLINE);
      const code = destination(await walk(agent, app.issuer, url)).searchParams.get('code') ?? '';
      const fields = {
        ...byCode(code),
        redirect_uri: rp.redirectUri,
        code_verifier: checks.pkceCodeVerifier ?? '',
      };
      const { body } = await asSpa(fields, await atToken());
      return String(body.refresh_token);
    }
    const byToken = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token });

    it('of a public client are bound to its key', async () => {
      const token = await spaToken();
      for (const dpop of [undefined, await atToken({}, stranger)]) {
        expect((await asSpa(byToken(token), dpop)).body.error).to.equal('invalid_grant');
      }
      const good = await asSpa(byToken(token), await atToken());
      expect(good.status).to.equal(200);
      // And so is the next one.
      const next = String(good.body.refresh_token);
      expect((await asSpa(byToken(next), await atToken({}, stranger))).body.error).to.equal('invalid_grant');
      expect((await asSpa(byToken(next), await atToken())).status).to.equal(200);
    });

    it('can be retried after a lost answer, by their holder only', async () => {
      const token = await spaToken();
      const first = await asSpa(byToken(token), await atToken());
      clock.set(5);
      expect((await asSpa(byToken(token), await atToken({}, stranger))).body.error).to.equal('invalid_grant');
      const retry = await asSpa(byToken(token), await atToken());
      expect(retry.status).to.equal(200);
      expect(retry.body.refresh_token).to.equal(first.body.refresh_token);
      const access = String(retry.body.access_token);
      expect((await userinfo(access, await atUserinfo(access))).status).to.equal(200);
      expect((await userinfo(access)).status).to.equal(401);
      clock.set(15);
      expect((await asSpa(byToken(token), await atToken())).body.error).to.equal('invalid_grant');
    });

    it('of a confidential client go with whatever key it has then', async () => {
      const { refresh_token: token = '' } = await tokens();
      const { body } = await tokenRequest(byToken(token), await atToken({}, stranger));
      const access = String(body.access_token);
      expect((await userinfo(access, await atUserinfo(access, stranger))).status).to.equal(200);
      expect((await userinfo(access, await atUserinfo(access))).status).to.equal(401);
    });
  });

  it('off, is neither advertised nor demanded of a client, nor taken for anything', async () => {
    const off = await startApp({ env: { OAUTH_FEATURES: 'none' } });
    try {
      const { config } = await relyingParty(off);
      expect(config.serverMetadata()).not.to.have.property('dpop_signing_alg_values_supported');
      const refused = register(off, { client_id: BOUND, dpop_bound_access_tokens: true });
      const error = (await refused.catch((reason) => reason)) as ValidationError;
      expect(error.problems).to.deep.equal([
        {
          field: 'dpop_bound_access_tokens',
          reason: 'needs dpop, which is off: OAUTH_FEATURES does not have it',
        },
      ]);
      // One from before must not get tokens that anybody can use.
      const stored = await app.services.stores.clients.find(BOUND);
      if (stored) await off.services.stores.clients.create(stored);
      const rp = await relyingParty(off, { clientId: BOUND });
      expect((await oauthError(client.refreshTokenGrant(rp.config, 'x'))).error).to.equal('invalid_client');
    } finally {
      await off.close();
    }
  });
});
