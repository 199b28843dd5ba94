// Codes in the wrong hands: refused, and still good for their owner. PKCE that cannot be talked down.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  obtainTokens,
  postToken,
  REDIRECT_URI,
  refresh,
  SPA_CLIENT,
  signIn,
  startApp,
  type TestApp,
  WEB_CLIENT,
} from '../support/app.js';
import { askSilently } from '../support/browsing.js';

const VERIFIER = 'a-verifier-of-the-test-suite-that-is-long-enough-0001';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const S256 = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };

const OTHER_SECRET = 'other-app-secret-of-the-test-suite-0001';
const OTHER_CLIENT = {
  ...WEB_CLIENT,
  client_id: 'other-app',
  client_secret: OTHER_SECRET,
  token_endpoint_auth_method: 'client_secret_post',
};
const SPA_URI = SPA_CLIENT.redirect_uris[0] ?? '';

describe('codes and tokens in the wrong hands', () => {
  let app: TestApp;
  let agent: Agent;

  before(async () => {
    app = await startApp();
    await app.services.clients.apply(clientInputSchema.parse(OTHER_CLIENT), 'operator:test');
    agent = new Agent();
    await obtainTokens(app.issuer, agent);
  });

  after(() => app.close());

  async function newCode(params: Record<string, string> = {}): Promise<string> {
    const code = (await askSilently(agent, app.issuer, params)).get('code');
    if (!code) throw new Error('no code was given');
    return code;
  }

  const ATTEMPTS: Record<string, [Record<string, string>, RegExp]> = {
    'another client': [{ client_id: 'other-app', client_secret: OTHER_SECRET }, /invalid_grant/],
    'a public client': [{ client_id: 'spa', client_secret: '' }, /invalid_grant|invalid_client/],
    'a wrong secret': [{ client_secret: 'wrong' }, /invalid_client/],
    'another registered redirect URI': [{ redirect_uri: 'https://rp.example/other' }, /invalid_grant/],
    'an unregistered redirect URI': [{ redirect_uri: 'https://evil.example/' }, /invalid_grant/],
    'no redirect URI': [{ redirect_uri: '' }, /invalid_grant|invalid_request/],
    'a wrong verifier': [{ code_verifier: 'b'.repeat(43) }, /invalid_grant/],
    'no verifier': [{ code_verifier: '' }, /invalid_grant/],
    'a verifier that is too short': [{ code_verifier: 'short' }, /invalid_request|invalid_grant/],
    'the challenge as verifier': [{ code_verifier: CHALLENGE }, /invalid_grant/],
  };

  for (const [what, [wrong, error]] of Object.entries(ATTEMPTS)) {
    it(`are refused with ${what}, and the owner can still redeem the code`, async () => {
      const code = await newCode(S256);
      const refused = await exchangeCode(app.issuer, code, { code_verifier: VERIFIER, ...wrong });
      expect(refused.status).to.be.oneOf([400, 401]);
      expect(refused.body.error).to.match(error);
      expect(refused.body.access_token).to.equal(undefined);
      const owner = await exchangeCode(app.issuer, code, { code_verifier: VERIFIER });
      expect(owner.status).to.equal(200);
    });
  }

  it('are refused with a verifier that no challenge went before', async () => {
    const { status, body } = await exchangeCode(app.issuer, await newCode(), { code_verifier: VERIFIER });
    expect(status).to.equal(400);
    expect(body.error).to.equal('invalid_grant');
  });

  it('are not redeemed for what is no code: tokens of other kinds', async () => {
    const tokens = await obtainTokens(app.issuer, agent);
    for (const value of [tokens.access_token, tokens.refresh_token, tokens.id_token]) {
      const { status, body } = await exchangeCode(app.issuer, value ?? '');
      expect(status).to.equal(400);
      expect(body.error).to.equal('invalid_grant');
    }
    const { body } = await refresh(app.issuer, tokens.access_token ?? '');
    expect(body.error).to.equal('invalid_grant');
    expect((await refresh(app.issuer, tokens.refresh_token ?? '')).status).to.equal(200);
  });

  it('are refused as refresh tokens of another client, and stay good for their own', async () => {
    const { refresh_token: token = '' } = await obtainTokens(app.issuer, agent);
    const stolen = { grant_type: 'refresh_token', refresh_token: token };
    const thief = await postToken(app.issuer, {
      ...stolen,
      client_id: 'other-app',
      client_secret: OTHER_SECRET,
    });
    expect(thief.body.error).to.equal('invalid_grant');
    expect((await refresh(app.issuer, token)).status).to.equal(200);
  });

  it('are told to nobody but their own client', async () => {
    const { access_token: access = '', refresh_token: token = '' } = await obtainTokens(app.issuer, agent);
    const ask = async (path: string, who: { id: string; secret: string }, value: string) => {
      const body = new URLSearchParams({ client_id: who.id, client_secret: who.secret, token: value });
      const response = await fetch(`${app.issuer}/api/oauth/${path}`, { method: 'POST', body });
      return response.text();
    };
    const thief = { id: 'other-app', secret: OTHER_SECRET };
    const owner = { id: 'web-app', secret: WEB_CLIENT.client_secret };
    for (const value of [access, token]) {
      expect(JSON.parse(await ask('introspect', thief, value))).to.deep.equal({ active: false });
      await ask('revoke', thief, value);
      expect(JSON.parse(await ask('introspect', owner, value))).to.include({ active: true });
    }
  });

  it('ask a public client for PKCE', async () => {
    const spa = { client_id: 'spa', redirect_uri: SPA_URI, scope: 'openid' };
    const back = await askSilently(agent, app.issuer, spa);
    expect(back.get('error')).to.equal('invalid_request');
    expect(back.get('error_description')).to.match(/PKCE/i);
    const url = authorizeUrl(app.issuer, { ...spa, ...S256 });
    expect((await signIn(agent, app.issuer, url)).searchParams.get('code')).to.be.a('string');
  });

  it('do not let a public client do without its verifier, or with a secret instead', async () => {
    const spa = { client_id: 'spa', redirect_uri: SPA_URI, scope: 'openid' };
    const code = await newCode({ ...spa, ...S256 });
    const bare = { grant_type: 'authorization_code', code, redirect_uri: SPA_URI, client_id: 'spa' };
    for (const fields of [{}, { client_secret: 'x' }, { code_verifier: 'b'.repeat(43) }]) {
      const body = new URLSearchParams({ ...bare, ...fields });
      const { status } = await fetch(`${app.issuer}/api/oauth/token`, { method: 'POST', body });
      expect(status).to.be.oneOf([400, 401]);
    }
    const body = new URLSearchParams({ ...bare, code_verifier: VERIFIER });
    expect((await fetch(`${app.issuer}/api/oauth/token`, { method: 'POST', body })).status).to.equal(200);
  });

  for (const method of ['plain', 'PLAIN', 's256', 'S512', 'none', 'S256 ']) {
    it(`refuse the challenge method ${JSON.stringify(method)}`, async () => {
      const params = { code_challenge: CHALLENGE, code_challenge_method: method };
      const back = await askSilently(agent, app.issuer, params);
      expect(back.get('error')).to.equal('invalid_request');
      expect(back.has('code')).to.equal(false);
    });
  }

  it('refuse a challenge without a method, which would mean plain', async () => {
    const back = await askSilently(agent, app.issuer, { code_challenge: CHALLENGE });
    expect(back.get('error')).to.equal('invalid_request');
  });

  it('refuse a method without a challenge', async () => {
    const back = await askSilently(agent, app.issuer, { code_challenge_method: 'S256' });
    expect(back.get('error')).to.equal('invalid_request');
  });

  for (const type of ['token', 'id_token', 'id_token token', 'code token', 'code id_token', 'none', 'CODE']) {
    it(`never travel in a redirect: response_type=${type} is refused`, async () => {
      const url = authorizeUrl(app.issuer, { response_type: type, nonce: 'n' });
      const { location = '' } = await agent.get(url);
      const { search, hash } = new URL(location);
      const back = new URLSearchParams(hash.slice(1) || search);
      expect(location.startsWith(REDIRECT_URI)).to.equal(true);
      expect(back.get('error')).to.equal('unsupported_response_type');
      for (const name of ['access_token', 'id_token', 'code']) expect(back.has(name)).to.equal(false);
    });
  }

  it('do not follow what a request object or its address says', async () => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const object = (claims: object) => `${encode({ alg: 'none' })}.${encode(claims)}.`;
    const evil = object({
      redirect_uri: 'https://evil.example/',
      client_id: 'web-app',
      response_type: 'code',
    });
    const asked = await askSilently(agent, app.issuer, { request: evil });
    expect(asked.get('error')).to.equal('request_not_supported');
    const fetched = await askSilently(agent, app.issuer, { request_uri: `${app.issuer}/healthz` });
    expect(fetched.get('error')).to.equal('request_uri_not_supported');
    expect(app.logs.filter((line) => line.includes('/healthz'))).to.deep.equal([]);
  });

  it('carry the issuer in every answer, so that providers cannot be mixed up', async () => {
    for (const params of [{}, { prompt: 'none', max_age: '0' }, { response_type: 'token' }]) {
      const { location = '' } = await agent.get(authorizeUrl(app.issuer, params));
      const { search, hash } = new URL(location, app.issuer);
      if (!location.startsWith(REDIRECT_URI)) continue;
      expect(new URLSearchParams(hash.slice(1) || search).get('iss')).to.equal(app.issuer);
    }
    expect((await askSilently(agent, app.issuer)).get('iss')).to.equal(app.issuer);
  });
});
