// Apps of our own: nobody is asked whether they agree, unless the app insists.
import { expect } from 'chai';
import * as client from 'openid-client';
import { Agent } from '../support/agent.js';
import { startApp, type TestApp, USER } from '../support/app.js';
import { logIn, type RelyingParty, refusal, register, relyingParty } from '../support/relying-party.js';

const CLIENT_ID = 'own-app';

describe('an app of our own', () => {
  let app: TestApp;
  let rp: RelyingParty;

  before(async () => {
    app = await startApp();
    await register(app, { client_id: CLIENT_ID, is_first_party: true });
    rp = await relyingParty(app, { clientId: CLIENT_ID });
  });
  after(() => app.close());

  const consentOf = (clientId = CLIENT_ID) => app.services.consents.find(USER.id, clientId);

  it('gets what it asks for without a consent page, and leaves no consent', async () => {
    const { shown, tokens } = await logIn(rp, new Agent(), { scope: 'openid profile email' });
    expect(shown).to.deep.equal(['login']);
    expect(tokens.scope).to.equal('openid profile email');
    const info = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
    expect(info.email).to.equal(USER.email);
    expect(await consentOf()).to.equal(undefined);
  });

  it('gets more when it asks for more, and single claims, silently', async () => {
    const agent = new Agent();
    await logIn(rp, agent, { scope: 'openid' });
    const claims = JSON.stringify({ userinfo: { phone_number: null } });
    const { shown, tokens } = await logIn(rp, agent, { scope: 'openid email', claims, prompt: 'none' });
    expect(shown).to.deep.equal([]);
    const info = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
    expect(info).to.include({ email: USER.email, phone_number: USER.phone });
    // What a later request does not ask for it does not get.
    expect((await logIn(rp, agent, { scope: 'openid', prompt: 'none' })).tokens.scope).to.equal('openid');
  });

  it('gets a refresh token for offline_access alone, whether or not somebody is logged in', async () => {
    const agent = new Agent();
    for (const question of [['login'], []]) {
      const { shown, tokens } = await logIn(rp, agent, { scope: 'openid offline_access' });
      expect(shown).to.deep.equal(question);
      expect(tokens.scope).to.equal('openid offline_access');
      const refreshed = await client.refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
      expect(refreshed.access_token).to.be.a('string');
    }
    expect((await logIn(rp, agent, { scope: 'openid' })).tokens.refresh_token).to.equal(undefined);
  });

  it('gets no refresh token it is not registered for', async () => {
    await register(app, { client_id: 'own-short', is_first_party: true, scope: 'openid email' });
    await register(app, {
      client_id: 'own-codes',
      is_first_party: true,
      grant_types: ['authorization_code'],
    });
    for (const clientId of ['own-short', 'own-codes']) {
      const own = await relyingParty(app, { clientId });
      const { tokens } = await logIn(own, new Agent(), { scope: 'openid offline_access' });
      expect(tokens.refresh_token, clientId).to.equal(undefined);
      expect(tokens.scope, clientId).to.equal('openid');
    }
  });

  it('may still not ask for a scope it is not registered for', async () => {
    const own = await relyingParty(app, { clientId: 'own-short' });
    const { error } = await refusal(own, new Agent(), { scope: 'openid phone' });
    expect(error.error).to.equal('invalid_scope');
  });

  it('asks with prompt=consent, and a refusal is a refusal', async () => {
    await register(app, { client_id: 'own-polite', is_first_party: true });
    const polite = await relyingParty(app, { clientId: 'own-polite' });
    const agent = new Agent();
    const claims = JSON.stringify({ userinfo: { phone_number: null } });
    const params = { scope: 'openid email', claims, prompt: 'consent' };
    const { error, shown } = await refusal(polite, agent, params, { decision: 'deny' });
    expect(shown).to.deep.equal(['login', 'consent']);
    expect(error.error).to.equal('access_denied');
    expect(await consentOf('own-polite')).to.equal(undefined);
    const agreed = await logIn(polite, agent, params);
    expect(agreed.shown).to.deep.equal(['consent']);
    const remembered = await consentOf('own-polite');
    expect(remembered?.scopes).to.have.members(['openid', 'email']);
    expect(remembered?.claims).to.deep.equal(['phone_number']);
  });

  it('asks when it is a native app, which anybody might be', async () => {
    const redirectUri = 'com.example.own:/callback';
    await register(app, {
      client_id: 'own-native',
      is_first_party: true,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: [redirectUri],
    });
    const auth = client.None();
    const native = await relyingParty(app, { clientId: 'own-native', redirectUri, auth });
    expect((await logIn(native, new Agent())).shown).to.deep.equal(['login', 'consent']);
  });

  it('asks like any other once the mark is taken away', async () => {
    await register(app, { client_id: 'own-once', is_first_party: true });
    const once = await relyingParty(app, { clientId: 'own-once' });
    await logIn(once, new Agent());
    await register(app, { client_id: 'own-once' });
    expect((await logIn(once, new Agent())).shown).to.deep.equal(['login', 'consent']);
  });
});
