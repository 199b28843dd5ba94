// Devices without a browser (RFC 8628), with openid-client as such a device uses it, and a person elsewhere.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { Agent, formIn } from '../support/agent.js';
import { OTHER_USER, SECRET, startApp, type TestApp, USER, userinfo, WEB_CLIENT } from '../support/app.js';
import { assertionClaims, byAssertion, jwksOf, makeClientKey, signed } from '../support/client-keys.js';
import {
  ask,
  begin,
  DEVICE_CODE,
  DEVICE_FEATURES,
  enter,
  letIn,
  poll,
  press,
  TV,
} from '../support/device.js';
import { claimsOf, movableClock, oauthError, register, relyingParty } from '../support/relying-party.js';
import { API, seedResourceServers } from '../support/resource-server.js';
import { walk } from '../support/walk.js';

const SCOPE = 'openid profile offline_access';

describe('the device flow', function () {
  this.timeout(120_000);
  const clock = movableClock();
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: DEVICE_FEATURES }, overrides: { clock } });
    await register(app, TV);
    await register(app, { ...TV, client_id: 'other-tv', client_name: 'Other TV' });
    await register(app, { ...WEB_CLIENT, client_id: 'box', grant_types: [DEVICE_CODE, 'refresh_token'] });
  });
  afterEach(() => clock.set(0));
  after(() => app.close());

  const device = (clientId = TV.client_id, auth = client.None()) => relyingParty(app, { clientId, auth });
  const events = (type: string) => app.services.stores.audit.list({ type, limit: 20 });

  for (const [name, id, auth] of [
    ['a public client', TV.client_id, client.None()],
    ['a client with a secret', 'box', client.ClientSecretBasic(SECRET)],
  ] as const) {
    it(`lets openid-client log in, refresh and revoke as ${name}`, async () => {
      const { config } = await device(id, auth);
      const started = await client.initiateDeviceAuthorization(config, { scope: SCOPE });
      expect(started).to.include({ verification_uri: `${app.issuer}/device`, expires_in: 600, interval: 5 });
      expect(started.user_code).to.match(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
      expect(started.verification_uri_complete).to.equal(
        `${app.issuer}/device?user_code=${started.user_code}`,
      );

      const polling = client.pollDeviceAuthorizationGrant(config, started);
      const { page, shown } = await letIn(new Agent(), app.issuer, started.user_code);
      expect(shown).to.deep.equal(['login', 'consent']);
      expect(page.text).to.include('id="device-approved"');

      const tokens = await polling;
      expect(claimsOf(tokens)).to.include({ sub: USER.id, aud: id, iss: app.issuer });
      expect(tokens.scope?.split(' ').sort()).to.deep.equal(SCOPE.split(' ').sort());
      const claims = await client.fetchUserInfo(config, tokens.access_token, USER.id);
      expect(claims.name).to.equal(USER.name);
      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
      await client.tokenRevocation(config, refreshed.refresh_token ?? '');
      expect((await userinfo(app.issuer, refreshed.access_token)).status).to.equal(401);
    });
  }

  it('gives no refresh token without offline_access, and no ID token without openid', async () => {
    const agent = new Agent();
    const online = await begin(app.issuer, { scope: 'openid profile' });
    await letIn(agent, app.issuer, online.user_code);
    const first = (await poll(app.issuer, online.device_code)).body;
    expect(first).to.include.keys('access_token', 'id_token').and.not.to.have.property('refresh_token');

    const offline = await begin(app.issuer, { scope: 'profile' });
    await letIn(agent, app.issuer, offline.user_code);
    expect((await poll(app.issuer, offline.device_code)).body)
      .to.include.keys('access_token')
      .and.not.to.have.any.keys('id_token', 'refresh_token');
  });

  it('shows who asks, for what, the code and a warning before anything else', async () => {
    const { user_code: code } = await begin(app.issuer, { scope: 'openid email' });
    const page = await enter(new Agent(), app.issuer, code);
    expect(page.status).to.equal(200);
    for (const text of [TV.client_name, code, 'id="device-caution"', 'email address', 'id="device-deny"']) {
      expect(page.text).to.include(text);
    }
    expect(page.headers.get('cache-control')).to.equal('no-store');
    expect(page.headers.get('content-security-policy'))
      .to.match(/default-src 'none'/)
      .and.not.to.match(/script-src/);
    expect(page.text).not.to.include('<script');
  });

  it('fills the code in from verification_uri_complete, and takes it in any case and spacing', async () => {
    const { user_code: code, verification_uri_complete: complete } = await begin(app.issuer);
    const agent = new Agent();
    const page = await agent.get(complete);
    expect(page.text).to.include(`value="${code}"`);
    const form = formIn(page, 'device-form');
    const typed = ` ${code.toLowerCase().replace('-', ' ')} `;
    expect((await agent.submit(form, { user_code: typed })).text).to.include('id="device-confirm-form"');
  });

  it('tells a device to wait, to slow down, and grows the interval by five seconds each time', async () => {
    const { device_code: code } = await begin(app.issuer);
    const at = async (seconds: number) => {
      clock.set(seconds);
      const { status, body } = await poll(app.issuer, code);
      expect(status).to.equal(400);
      return body.error;
    };
    expect(await at(0)).to.equal('authorization_pending');
    expect(await at(2)).to.equal('slow_down');
    expect(await at(10)).to.equal('slow_down');
    expect(await at(24)).to.equal('slow_down');
    expect(await at(44.8)).to.equal('authorization_pending');
    expect(await at(65)).to.equal('authorization_pending');
    expect(await at(601)).to.equal('expired_token');
    // What another client asks about a code has no part in it.
    expect((await poll(app.issuer, code, { client_id: 'other-tv' })).body.error).to.equal('invalid_grant');
  });

  it('answers an approved device however soon it asks', async () => {
    const { device_code: code, user_code: userCode } = await begin(app.issuer);
    await poll(app.issuer, code);
    await letIn(new Agent(), app.issuer, userCode);
    expect((await poll(app.issuer, code)).status).to.equal(200);
  });

  it('is refused on the page that shows the device', async () => {
    const { device_code: code, user_code: userCode } = await begin(app.issuer);
    const agent = new Agent();
    const page = await press(agent, await enter(agent, app.issuer, userCode), 'abort');
    expect(page.text).to.include('id="device-denied"');
    for (let n = 0; n < 2; n += 1) {
      expect((await poll(app.issuer, code)).body.error).to.equal('access_denied');
    }
    expect((await enter(agent, app.issuer, userCode)).status).to.equal(400);
    expect((await events('device.denied')).map(({ clientId }) => clientId)).to.include(TV.client_id);
  });

  it('is refused on the consent page', async () => {
    const { config } = await device('other-tv');
    const started = await client.initiateDeviceAuthorization(config, { scope: SCOPE });
    const { page } = await letIn(new Agent(), app.issuer, started.user_code, { decision: 'deny' });
    expect(page.text).to.include('id="device-denied"');
    const error = await oauthError(client.pollDeviceAuthorizationGrant(config, { ...started, interval: 0 }));
    expect(error.error).to.equal('access_denied');
  });

  it('is cancelled at the login page', async () => {
    const { device_code: code, user_code: userCode } = await begin(app.issuer);
    const agent = new Agent();
    const login = await agent.follow(
      await press(agent, await enter(agent, app.issuer, userCode), 'confirm'),
      app.issuer,
    );
    const page = await agent.follow(await agent.submit(formIn(login, 'cancel-form')), app.issuer);
    expect(page.text).to.include('id="device-denied"');
    expect((await poll(app.issuer, code)).body.error).to.equal('access_denied');
  });

  it('asks nothing twice of a person who is logged in and has agreed before, but whose device it is', async () => {
    const agent = new Agent();
    await letIn(
      agent,
      app.issuer,
      (await begin(app.issuer, { client_id: 'box', client_secret: SECRET })).user_code,
    );
    const started = await begin(app.issuer, { client_id: 'box', client_secret: SECRET });
    const asked = await enter(agent, app.issuer, started.user_code);
    expect(asked.text).to.include(USER.email);
    const { shown } = await walk(agent, app.issuer, await press(agent, asked, 'confirm'));
    expect(shown).to.deep.equal([]);
    const fields = { client_id: 'box', client_secret: SECRET };
    expect((await poll(app.issuer, started.device_code, fields)).status).to.equal(200);
  });

  it('asks for a login anew where the device wants one (max_age)', async () => {
    const agent = new Agent();
    await letIn(agent, app.issuer, (await begin(app.issuer)).user_code);
    for (const maxAge of ['0', '1']) {
      await new Promise((resolve) => setTimeout(resolve, 2_200));
      const started = await begin(app.issuer, { max_age: maxAge });
      const { page, shown } = await letIn(agent, app.issuer, started.user_code);
      expect(shown).to.include('login');
      expect(page.text).to.include('id="device-approved"');
      expect((await poll(app.issuer, started.device_code)).status).to.equal(200);
    }
  });

  it('lets another account in on the way, and the device gets that one', async () => {
    const agent = new Agent();
    const first = await begin(app.issuer, { client_id: 'other-tv' });
    await letIn(agent, app.issuer, first.user_code);
    const started = await begin(app.issuer);
    const asked = await enter(agent, app.issuer, started.user_code);
    const consent = await agent.follow(await press(agent, asked, 'confirm'), app.issuer);
    const other = await agent.submit(formIn(consent, 'switch-form'));
    const { page, shown } = await walk(agent, app.issuer, other, { username: OTHER_USER.email });
    expect(shown).to.deep.equal(['login', 'consent']);
    expect(page.text).to.include('id="device-approved"');
    const { body } = await poll(app.issuer, started.device_code);
    expect(decodeJwt(String(body.id_token)).sub).to.equal(OTHER_USER.id);
  });

  it('may be entered again by the same browser that gave up half-way', async () => {
    const { device_code: code, user_code: userCode } = await begin(app.issuer);
    const agent = new Agent();
    const half = await agent.follow(
      await press(agent, await enter(agent, app.issuer, userCode), 'confirm'),
      app.issuer,
    );
    expect(half.text).to.include('login-form');
    const { page } = await letIn(agent, app.issuer, userCode);
    expect(page.text).to.include('id="device-approved"');
    // The tab it was left in has nothing to say any more.
    const late = await walk(agent, app.issuer, half);
    expect(late.page.text).not.to.include('id="device-approved"');
    expect(late.page.status).to.equal(400);
    expect((await poll(app.issuer, code)).status).to.equal(200);
  });

  it('gives tokens for a resource', async () => {
    await seedResourceServers(app);
    await register(app, { ...TV, client_id: 'orders-tv', scope: 'openid offline_access orders.read' });
    const asOrders = { client_id: 'orders-tv' };
    const started = await begin(app.issuer, {
      ...asOrders,
      scope: 'openid offline_access orders.read',
      resource: API,
    });
    const { page } = await letIn(new Agent(), app.issuer, started.user_code);
    expect(page.text).to.include('id="device-approved"');
    const { body } = await poll(app.issuer, started.device_code, { ...asOrders, resource: API });
    expect(decodeJwt(String(body.access_token))).to.include({ aud: API, scope: 'orders.read', sub: USER.id });
    expect(
      await ask(app.issuer, { ...asOrders, scope: 'openid', resource: 'https://nobody.example/' }),
    ).to.have.nested.property('body.error', 'invalid_target');
  });

  it('binds tokens to the key of a device that proves one', async () => {
    const { config } = await device();
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const started = await client.initiateDeviceAuthorization(config, { scope: SCOPE });
    await letIn(new Agent(), app.issuer, started.user_code);
    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...started, interval: 0 }, undefined, {
      DPoP,
    });
    expect(tokens.token_type).to.equal('dpop');
    await client.fetchUserInfo(config, tokens.access_token, USER.id, { DPoP });
    const stolen = await fetch(`${app.issuer}/api/oauth/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(stolen.status).to.equal(401);
  });

  it('knows a device by its key (private_key_jwt)', async () => {
    const key = await makeClientKey();
    const byKey = {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: jwksOf(key),
      client_secret: undefined,
    };
    await register(app, { ...TV, client_id: 'key-tv', application_type: 'web', ...byKey });
    const assertion = async () => byAssertion(await signed(key, assertionClaims('key-tv', app.issuer)));
    const started = await begin(app.issuer, { ...(await assertion()), client_id: 'key-tv' });
    await letIn(new Agent(), app.issuer, started.user_code);
    expect((await poll(app.issuer, started.device_code, { client_id: 'key-tv' })).body.error).to.equal(
      'invalid_client',
    );
    const { status } = await poll(app.issuer, started.device_code, {
      client_id: 'key-tv',
      ...(await assertion()),
    });
    expect(status).to.equal(200);
  });

  it('is written down: who let which device in, and never a code', async () => {
    const { device_code: code, user_code: userCode } = await begin(app.issuer);
    await letIn(new Agent(), app.issuer, userCode);
    await poll(app.issuer, code);
    const [approved] = await events('device.approved');
    expect(approved).to.include({ actor: `user:${USER.id}`, clientId: TV.client_id });
    expect((await events('token.issued'))[0]).to.include({ clientId: TV.client_id });
    const trail = JSON.stringify(await app.services.stores.audit.list({ limit: 200 })) + app.logs.join('\n');
    for (const secret of [code, userCode, userCode.replace('-', '')]) expect(trail).not.to.include(secret);
    // A device that waits is nothing to warn of.
    expect(app.logs.filter((line) => /authorization_pending|slow_down/.test(line))).to.deep.equal([]);
  });
});
