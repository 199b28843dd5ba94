// JWT access tokens (RFC 9068) for registered resource servers (RFC 8707): what they say, and who gets them.
import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { rejectionOf } from '../store/suite/support.js';
import { Agent, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  obtainTokens,
  PASSWORD,
  postToken,
  REDIRECT_URI,
  signIn,
  startApp,
  type TestApp,
  USER,
  userinfo,
} from '../support/app.js';
import { register } from '../support/relying-party.js';
import {
  API,
  BATCH,
  OPAQUE_API,
  OPERATOR,
  ORDERS_APP,
  obtainByBatch,
  obtainFor,
  seedResourceServers,
} from '../support/resource-server.js';

describe('JWT access tokens', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await seedResourceServers(app);
  });
  after(() => app.close());

  const authorizeAt = (params: Record<string, string>) =>
    authorizeUrl(app.issuer, { client_id: ORDERS_APP.client_id, resource: API, ...params });

  it('say who may do what for whom, and nothing of the user but the subject', async () => {
    const { access, scope } = await obtainFor(app);
    const keys = createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));
    const { payload, protectedHeader } = await jwtVerify(access, keys, {
      issuer: app.issuer,
      audience: API,
      typ: 'at+jwt',
    });
    expect(protectedHeader.alg).to.equal('RS256');
    expect(scope).to.equal('orders.read');
    const { iat = 0, exp, jti, grant_id, auth_time, ...rest } = payload;
    expect(auth_time).to.be.within(iat - 60, iat);
    expect(rest).to.deep.equal({
      iss: app.issuer,
      aud: API,
      sub: USER.id,
      client_id: ORDERS_APP.client_id,
      scope: 'orders.read',
      acr: 'urn:link2ur:acr:password',
    });
    expect(exp).to.equal(iat + 900);
    expect(jti).to.be.a('string').and.have.length.greaterThan(15);
    expect(grant_id).to.be.a('string');
  });

  it('say name and e-mail address only where these were asked for at the resource and allowed', async () => {
    const { access } = await obtainFor(app, { scope: 'openid email orders.read' });
    expect(decodeJwt(access)).to.include({ email: USER.email, scope: 'email orders.read' });
    expect(decodeJwt(access)).to.not.have.any.keys('name', 'phone_number', 'picture');
    const { access: named } = await obtainFor(app, { scope: 'openid profile orders.read' });
    expect(decodeJwt(named)).to.include({ name: USER.name });
    expect(decodeJwt(named)).to.not.have.any.keys('email', 'given_name', 'picture');
  });

  it('of a client itself name the client, and no grant', async () => {
    const token = await obtainByBatch(app);
    expect(decodeProtectedHeader(token).typ).to.equal('at+jwt');
    expect(decodeJwt(token)).to.include({ sub: 'batch', client_id: 'batch', aud: API, scope: 'orders.read' });
    expect(decodeJwt(token)).to.not.have.property('grant_id');
  });

  it('are not what tokens without a resource are, nor those of a resource that wants none', async () => {
    expect((await obtainTokens(app.issuer)).access_token).to.match(/^[\w-]{40,}$/);
    const { access } = await obtainFor(app, { resource: OPAQUE_API, scope: 'openid opaque.read' });
    expect(access).to.match(/^[\w-]{40,}$/);
  });

  it('do not open UserInfo', async () => {
    const { access } = await obtainFor(app);
    expect((await userinfo(app.issuer, access)).status).to.equal(401);
  });

  it('follow the row: another algorithm, another lifetime, from the next token on', async () => {
    const { resourceServers } = app.services;
    await resourceServers.update(API, { access_token_alg: 'ES256', access_token_lifetime: 60 }, OPERATOR);
    const token = await obtainByBatch(app);
    await resourceServers.update(API, { access_token_alg: null, access_token_lifetime: null }, OPERATOR);
    expect(decodeProtectedHeader(token).alg).to.equal('ES256');
    const { iat = 0, exp } = decodeJwt(token);
    expect(exp).to.equal(iat + 60);
    expect(decodeProtectedHeader(await obtainByBatch(app)).alg).to.equal('RS256');
  });

  it('are refreshed for the same resource', async () => {
    const { access, refresh } = await obtainFor(app);
    const { body } = await postToken(app.issuer, {
      grant_type: 'refresh_token',
      ...ORDERS_APP,
      refresh_token: refresh,
      resource: API,
    });
    const [before, after] = [decodeJwt(access), decodeJwt(body.access_token ?? '')];
    expect(after).to.include({ aud: API, sub: USER.id, grant_id: before.grant_id });
    expect(after.jti).to.not.equal(before.jti);
  });

  it('are given to no client that is not registered for a scope, and for no resource that is none', async () => {
    const ask = (fields: Record<string, string>) =>
      postToken(app.issuer, { grant_type: 'client_credentials', ...BATCH, ...fields });
    const unregistered = await ask({ resource: API, scope: 'orders.write' });
    expect([unregistered.status, unregistered.body.error]).to.deep.equal([400, 'invalid_scope']);
    for (const resource of ['https://api.example/none', `${API}/`, `${API}#x`, 'not a uri']) {
      const { status, body } = await ask({ resource, scope: 'orders.read' });
      expect([status, body.error], resource).to.deep.equal([400, 'invalid_target']);
    }
    // What it may ask of Link²Ur makes it no client of an API that is told that, too.
    const url = authorizeUrl(app.issuer, { scope: 'openid email', resource: API });
    const back = await new Agent().follow(url, app.issuer);
    expect(back.location).to.include('error=invalid_target');
    const other = await ask({ resource: OPAQUE_API, scope: 'orders.read' });
    expect([other.status, other.body.error]).to.deep.equal([400, 'invalid_scope']);
  });

  it('are given for no resource server that is switched off', async () => {
    const { resourceServers } = app.services;
    await resourceServers.update(API, { is_active: false }, OPERATOR);
    const { status, body } = await postToken(app.issuer, {
      grant_type: 'client_credentials',
      ...BATCH,
      resource: API,
      scope: 'orders.read',
    });
    await resourceServers.update(API, { is_active: true }, OPERATOR);
    expect([status, body.error]).to.deep.equal([400, 'invalid_target']);
  });

  for (const [locale, words] of Object.entries({ en: 'See your orders', zh: '查看你的订单' })) {
    it(`the user is asked for in the resource's own words: ${locale}`, async () => {
      const agent = new Agent();
      const url = authorizeAt({ scope: 'openid orders.read orders.write', ui_locales: locale });
      const login = await agent.follow(url, app.issuer);
      const form = formIn(login, 'login-form');
      const answer = await agent.submit(form, { username: USER.email, password: PASSWORD });
      const page = await agent.follow(answer, app.issuer);
      expect(page.text).to.include('consent-form').and.include(words);
      expect(page.text).to.not.include('orders.read');
      // It has no words for this one.
      expect(page.text).to.include('orders.write');
    });
  }

  it('the user is asked for once a session: rights at a resource are not remembered beyond it', async () => {
    const agent = new Agent();
    await obtainFor(app, { agent });
    const url = authorizeAt({ scope: 'openid orders.read', redirect_uri: REDIRECT_URI });
    const again = await agent.follow(url, app.issuer);
    expect(again.location).to.include('code=');
    const other = new Agent();
    const back = await signIn(other, app.issuer, authorizeAt({ scope: 'openid', prompt: 'login' }));
    expect(back.searchParams.get('code')).to.be.a('string');
    const silent = await other.follow(`${url}&prompt=none`, app.issuer);
    expect(silent.location).to.include('error=consent_required');
  });

  it('a client cannot be registered for a scope that nobody knows', async () => {
    const attempt = register(app, { client_id: 'wishful', scope: 'openid orders.raed' });
    expect(String(await rejectionOf(attempt)))
      .to.include('scope')
      .and.include('orders.raed');
  });

  it('two resources at once get a token each', async () => {
    const agent = new Agent();
    const url = authorizeAt({ scope: 'openid orders.read opaque.read', redirect_uri: REDIRECT_URI });
    const back = await signIn(agent, app.issuer, `${url}&resource=${encodeURIComponent(OPAQUE_API)}`);
    const code = back.searchParams.get('code') ?? '';
    const { body } = await exchangeCode(app.issuer, code, { ...ORDERS_APP, resource: API });
    expect(decodeJwt(body.access_token ?? '')).to.include({ aud: API, scope: 'orders.read' });
  });
});
