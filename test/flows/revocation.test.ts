// Giving tokens back (RFC 7009) and asking about them (RFC 7662).
import { expect } from 'chai';
import * as client from 'openid-client';
import { Agent } from '../support/agent.js';
import { SECRET, startApp, type TestApp, USER, userinfo } from '../support/app.js';
import {
  challenge,
  logIn,
  oauthError,
  publicRelyingParty,
  type RelyingParty,
  register,
  relyingParty,
} from '../support/relying-party.js';

const OFFLINE = { scope: 'openid email offline_access', prompt: 'consent' };

describe('revocation and introspection', () => {
  let app: TestApp;
  let web: RelyingParty;
  let spa: RelyingParty;
  let other: RelyingParty;

  before(async () => {
    app = await startApp();
    await register(app, { client_id: 'other' });
    web = await relyingParty(app);
    spa = await publicRelyingParty(app);
    other = await relyingParty(app, { clientId: 'other' });
  });
  after(() => app.close());

  async function tokensOf(rp: RelyingParty) {
    const { tokens } = await logIn(rp, new Agent(), OFFLINE);
    return { access: tokens.access_token, refresh: tokens.refresh_token ?? '' };
  }

  const isAlive = async (token: string) => (await userinfo(app.issuer, token)).status === 200;

  for (const [name, party] of [
    ['a confidential client', () => web],
    ['a public client', () => spa],
  ] as const) {
    it(`ends an access token of ${name}`, async () => {
      const { access } = await tokensOf(party());
      await client.tokenRevocation(party().config, access);
      const answer = await userinfo(app.issuer, access);
      expect(answer.status).to.equal(401);
      expect(answer.body).to.include({ error: 'invalid_token' });
    });

    it(`ends a refresh token of ${name} and what came of it`, async () => {
      const { access, refresh } = await tokensOf(party());
      await client.tokenRevocation(party().config, refresh, { token_type_hint: 'refresh_token' });
      const error = await oauthError(client.refreshTokenGrant(party().config, refresh));
      expect(error.error).to.equal('invalid_grant');
      expect(await isAlive(access)).to.equal(false);
    });
  }

  it('finds the token although the hint is wrong', async () => {
    const { access } = await tokensOf(web);
    await client.tokenRevocation(web.config, access, { token_type_hint: 'refresh_token' });
    expect(await isAlive(access)).to.equal(false);
  });

  it('of a token that is none, or was revoked before, is a success', async () => {
    await client.tokenRevocation(web.config, 'nonsense');
    const { refresh } = await tokensOf(web);
    await client.tokenRevocation(web.config, refresh);
    await client.tokenRevocation(web.config, refresh);
  });

  it('of a token that belongs to another client does nothing to it', async () => {
    const { access, refresh } = await tokensOf(web);
    for (const token of [access, refresh]) {
      for (const thief of [other, spa]) {
        await client.tokenRevocation(thief.config, token).catch((error: unknown) => {
          expect(error).to.be.instanceOf(client.ResponseBodyError);
        });
      }
    }
    expect(await isAlive(access)).to.equal(true);
    await client.refreshTokenGrant(web.config, refresh);
  });

  it('needs the client to authenticate', async () => {
    const wrong = await relyingParty(app, { auth: client.ClientSecretBasic('wrong') });
    const { access } = await tokensOf(web);
    for (const work of [
      client.tokenRevocation(wrong.config, access),
      client.tokenIntrospection(wrong.config, access),
    ]) {
      const { status, cause } = await challenge(work);
      expect(status).to.equal(401);
      expect(cause[0]?.scheme).to.equal('basic');
    }
    expect(await isAlive(access)).to.equal(true);
  });

  it('introspection describes a token to the client it was issued to', async () => {
    const { access, refresh } = await tokensOf(web);
    const { scope, ...rest } = await client.tokenIntrospection(web.config, access);
    expect(rest).to.include({
      active: true,
      client_id: 'web-app',
      sub: USER.id,
      token_type: 'Bearer',
      iss: app.issuer,
    });
    expect(scope?.split(' ')).to.have.members(['openid', 'email', 'offline_access']);
    const about = await client.tokenIntrospection(web.config, refresh);
    expect(about).to.include({ active: true, client_id: 'web-app' });
    expect(about.exp).to.be.a('number');
  });

  it('introspection tells any other client nothing', async () => {
    const { access, refresh } = await tokensOf(web);
    for (const stranger of [other, spa]) {
      for (const token of [access, refresh]) {
        expect(await client.tokenIntrospection(stranger.config, token)).to.deep.equal({ active: false });
      }
    }
  });

  it('introspection tells nothing of a token that is none, used up or revoked', async () => {
    const { access, refresh } = await tokensOf(web);
    await client.tokenRevocation(web.config, access);
    for (const token of ['nonsense', access, refresh]) {
      expect(await client.tokenIntrospection(web.config, token)).to.deep.equal({ active: false });
    }
    const { tokens } = await logIn(web, new Agent(), OFFLINE);
    await client.refreshTokenGrant(web.config, tokens.refresh_token ?? '');
    const used = await client.tokenIntrospection(web.config, tokens.refresh_token ?? '');
    expect(used).to.deep.equal({ active: false });
  });

  it('does not take an ID token or a code for a token', async () => {
    const { tokens } = await logIn(web, new Agent());
    const about = client.tokenIntrospection(web.config, tokens.id_token ?? '');
    expect(await about.catch(() => ({ active: false }))).to.include({ active: false });
  });

  for (const path of ['/api/oauth/revoke', '/api/oauth/introspect']) {
    it(`${path} answers a request without a token, or in JSON, with invalid_request`, async () => {
      const authorization = `Basic ${btoa(`web-app:${SECRET}`)}`;
      const json = { authorization, 'content-type': 'application/json' };
      for (const init of [
        { headers: { authorization }, body: new URLSearchParams({ token_type_hint: 'access_token' }) },
        { headers: json, body: JSON.stringify({ token: 'x' }) },
      ]) {
        const response = await fetch(`${app.issuer}${path}`, { method: 'POST', ...init });
        expect(response.status).to.equal(400);
        const body = (await response.json()) as Record<string, string>;
        expect(body).to.include({
          error: 'invalid_request',
          error_uri: `${app.issuer}/api/oauth/errors#invalid_request`,
        });
      }
    });
  }
});
