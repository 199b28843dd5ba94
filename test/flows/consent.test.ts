// What a user agrees to, how long it is remembered, and what an app gets for it.
import { expect } from 'chai';
import * as client from 'openid-client';
import { Agent, formIn } from '../support/agent.js';
import { OTHER_USER, startApp, type TestApp, USER } from '../support/app.js';
import {
  logIn,
  prepare,
  type RelyingParty,
  refusal,
  register,
  relyingParty,
} from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

describe('consent', () => {
  let app: TestApp;
  let count = 0;

  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  /** An app nobody has agreed to yet. */
  async function newApp(settings: Record<string, unknown> = {}): Promise<RelyingParty> {
    count += 1;
    const clientId = `app-${count}`;
    await register(app, { client_id: clientId, ...settings });
    return relyingParty(app, { clientId });
  }

  /** The page where the person is asked for consent. */
  async function consentPage(rp: RelyingParty, agent: Agent, params: Record<string, string>) {
    const { url } = await prepare(rp, params);
    const { page } = await walk(agent, app.issuer, url, { decision: 'deny' });
    expect(page.location).to.include('error=access_denied');
    return agent.follow((await prepare(rp, params)).url, app.issuer);
  }

  const listed = (text: string, kind: 'scopes-new' | 'scopes-granted') =>
    new RegExp(`<ul class="scopes ${kind}"[^>]*>([\\s\\S]*?)</ul>`).exec(text)?.[1] ?? '';

  it('is remembered in the same browser and in others', async () => {
    const rp = await newApp();
    const first = new Agent();
    expect((await logIn(rp, first)).shown).to.deep.equal(['login', 'consent']);
    expect((await logIn(rp, first)).shown).to.deep.equal([]);
    expect((await logIn(rp, new Agent())).shown).to.deep.equal(['login']);
  });

  it('is remembered for one user and one app only', async () => {
    const rp = await newApp();
    const agent = new Agent();
    await logIn(rp, agent);
    const other = await logIn(rp, new Agent(), {}, { username: OTHER_USER.email });
    expect(other.shown).to.deep.equal(['login', 'consent']);
    expect((await logIn(await newApp(), agent)).shown).to.deep.equal(['consent']);
  });

  it('is asked again for new scopes only, and remembers those beside the old', async () => {
    const rp = await newApp();
    const agent = new Agent();
    await logIn(rp, agent, { scope: 'openid profile' });
    const more = await logIn(rp, agent, { scope: 'openid email' });
    expect(more.shown).to.deep.equal(['consent']);
    const both = await logIn(rp, agent, { scope: 'openid profile email' });
    expect(both.shown).to.deep.equal([]);
    const userInfo = await client.fetchUserInfo(rp.config, both.tokens.access_token, USER.id);
    expect(userInfo).to.include({ name: USER.name, email: USER.email });
  });

  it('of one browser covers no new scope in another', async () => {
    const rp = await newApp();
    await logIn(rp, new Agent(), { scope: 'openid profile' });
    const elsewhere = new Agent();
    expect((await logIn(rp, elsewhere, { scope: 'openid profile' })).shown).to.deep.equal(['login']);
    expect((await logIn(rp, elsewhere, { scope: 'openid email' })).shown).to.deep.equal(['consent']);
    const { error } = await refusal(rp, elsewhere, { scope: 'openid phone', prompt: 'none' });
    expect(error.error).to.equal('consent_required');
  });

  it('tells new scopes from those that were agreed to', async () => {
    const rp = await newApp();
    const agent = new Agent();
    await logIn(rp, agent, { scope: 'openid profile' });
    const page = await consentPage(rp, agent, { scope: 'openid profile email phone' });
    const [fresh, old] = [listed(page.text, 'scopes-new'), listed(page.text, 'scopes-granted')];
    expect(fresh).to.include('读取你的邮箱').and.include('读取你的手机号');
    expect(fresh).not.to.include('读取你的昵称和头像');
    expect(old).to.include('读取你的昵称和头像').and.include('验证你的身份');
    expect(old).not.to.include('读取你的邮箱');
  });

  it('names the app, its site, the account and where the answer goes', async () => {
    const rp = await newApp({ client_name: 'Tea & <b>Cake</b>', client_uri: 'https://tea.example/' });
    const page = await consentPage(rp, new Agent(), { scope: 'openid profile', ui_locales: 'en' });
    expect(page.text).to.include('Tea &amp; &lt;b&gt;Cake&lt;/b&gt;').and.not.include('<b>Cake');
    expect(page.text).to.include('href="https://tea.example/"');
    expect(page.text).to.include(USER.name).and.include(USER.email).and.include('rp.example');
    expect(page.text).to.include('Read your name and profile picture');
    expect(page.text).not.to.include('Read your email address');
  });

  it('refused is access_denied with state and iss, and is not remembered', async () => {
    const rp = await newApp();
    const agent = new Agent();
    const { error, state, shown } = await refusal(rp, agent, {}, { decision: 'deny' });
    expect(shown).to.deep.equal(['login', 'consent']);
    expect(error.error).to.equal('access_denied');
    expect(error.cause.get('iss')).to.equal(app.issuer);
    expect(state).to.have.lengthOf.at.least(43);
    expect((await logIn(rp, agent)).shown).to.deep.equal(['consent']);
  });

  it('refused for more keeps what was agreed to before', async () => {
    const rp = await newApp();
    const agent = new Agent();
    await logIn(rp, agent, { scope: 'openid profile' });
    await refusal(rp, agent, { scope: 'openid profile email' }, { decision: 'deny' });
    const { shown, tokens } = await logIn(rp, agent, { scope: 'openid profile' });
    expect(shown).to.deep.equal([]);
    expect(tokens.scope).to.equal('openid profile');
  });

  it('withdrawn ends every token at once and is asked for anew', async () => {
    const rp = await newApp();
    const agent = new Agent();
    const params = { scope: 'openid offline_access', prompt: 'consent' };
    const { tokens } = await logIn(rp, agent, params);
    const clientId = rp.config.clientMetadata().client_id;
    await app.services.consents.withdraw({ userId: USER.id, clientId, actor: `user:${USER.id}` });

    const userInfo = await fetch(`${app.issuer}/api/oauth/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(userInfo.status).to.equal(401);
    const refreshed = client.refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
    expect(await refreshed.catch((error) => error.error)).to.equal('invalid_grant');
    expect((await logIn(rp, agent, { scope: 'openid' })).shown).to.deep.equal(['consent']);
  });

  it('lets the user be somebody else: not you?', async () => {
    const rp = await newApp();
    const agent = new Agent();
    const { url, checks } = await prepare(rp);
    const { page } = await walk(agent, app.issuer, url, { decision: 'deny' });
    expect(page.location).to.include('access_denied');
    const consent = await agent.follow(url, app.issuer);
    const login = await agent.follow(await agent.submit(formIn(consent, 'switch-form')), app.issuer);
    expect(login.text).to.include('id="login-form"');
    const end = await walk(agent, app.issuer, login, { username: OTHER_USER.email });
    expect(end.shown).to.deep.equal(['login', 'consent']);
    const tokens = await client.authorizationCodeGrant(rp.config, destination(end), checks);
    expect(tokens.claims()?.sub).to.equal(OTHER_USER.id);
  });

  describe('of scopes', () => {
    const granted: Record<string, Record<string, unknown>> = {
      openid: {},
      'openid profile': {
        name: '张三',
        given_name: '三',
        family_name: '张',
        picture: 'https://cdn.example/avatars/10000001.jpg',
        locale: 'zh-CN',
        updated_at: 1767323045,
      },
      'openid email': { email: USER.email, email_verified: true },
      'openid phone': { phone_number: USER.phone },
    };
    for (const [scope, claims] of Object.entries(granted)) {
      it(`gives the claims of ${scope} in UserInfo and no others, and none in the ID token`, async () => {
        const rp = await relyingParty(app);
        const { tokens, claims: idToken } = await logIn(rp, new Agent(), { scope });
        expect(tokens.scope).to.equal(scope);
        const userInfo = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
        expect(userInfo).to.deep.equal({ sub: USER.id, ...claims });
        for (const name of Object.keys(claims)) expect(idToken).not.to.have.property(name);
      });
    }

    it('is invalid_scope for one the client may not ask for', async () => {
      const rp = await newApp({ scope: 'openid profile' });
      const { error, shown } = await refusal(rp, new Agent(), { scope: 'openid email' });
      expect(error.error).to.equal('invalid_scope');
      expect(shown).to.deep.equal([]);
    });
  });

  describe('of single claims', () => {
    const claims = (wanted: object) => ({ scope: 'openid', claims: JSON.stringify(wanted) });

    it('gives them where they were asked for, and only there', async () => {
      const rp = await newApp();
      const params = claims({ id_token: { email: { essential: true } }, userinfo: { phone_number: null } });
      const { tokens, claims: idToken, shown } = await logIn(rp, new Agent(), params);
      expect(shown).to.deep.equal(['login', 'consent']);
      expect(idToken).to.include({ email: USER.email }).and.not.have.any.keys('phone_number', 'name');
      const userInfo = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
      expect(userInfo).to.deep.equal({ sub: USER.id, phone_number: USER.phone });
    });

    it('asks for consent to them in words, once', async () => {
      const rp = await newApp();
      const agent = new Agent();
      const params = { ...claims({ userinfo: { phone_number: null } }), ui_locales: 'en' };
      expect((await consentPage(rp, agent, params)).text).to.include('phone number');
      expect((await logIn(rp, agent, params)).shown).to.deep.equal(['consent']);
      expect((await logIn(rp, agent, params)).shown).to.deep.equal([]);
      const more = claims({ userinfo: { phone_number: null, email: null } });
      expect((await logIn(rp, agent, more)).shown).to.deep.equal(['consent']);
    });

    it('leaves out those of scopes that the app is not registered for, as if nobody had asked', async () => {
      const rp = await newApp({ scope: 'openid email' });
      const wanted = {
        userinfo: { phone_number: { essential: true }, email: null },
        id_token: { name: null },
      };
      const params = claims(wanted);
      expect((await consentPage(rp, new Agent(), params)).text).not.to.include('phone number');
      const { tokens, claims: idToken } = await logIn(rp, new Agent(), params);
      const userInfo = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
      expect(userInfo).to.deep.equal({ sub: USER.id, email: USER.email });
      expect(idToken).not.to.have.property('name');
    });

    it('does not give an app of our own more than it is registered for, though nobody is asked', async () => {
      const rp = await newApp({ scope: 'openid', is_first_party: true });
      const { tokens } = await logIn(rp, new Agent(), claims({ userinfo: { phone_number: null } }));
      expect(await client.fetchUserInfo(rp.config, tokens.access_token, USER.id)).to.deep.equal({
        sub: USER.id,
      });
    });

    it('leaves out what the user has not got', async () => {
      const rp = await newApp();
      const params = claims({ userinfo: { birthdate: null, name: { essential: true } } });
      const { tokens } = await logIn(rp, new Agent(), params);
      const userInfo = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
      expect(userInfo).to.deep.equal({ sub: USER.id, name: USER.name });
    });

    it('leaves out what the app could not have by a scope either', async () => {
      await register(app, { client_id: 'modest', scope: 'openid email', owner: 'somebody' });
      const rp = await relyingParty(app, { clientId: 'modest' });
      const wanted = { email: null, phone_number: null, name: { essential: true }, unionid: null };
      const params = { ...claims({ userinfo: wanted, id_token: wanted }), ui_locales: 'en' };
      expect((await consentPage(rp, new Agent(), params)).text).to.not.include('phone number');
      const { tokens, claims: idToken } = await logIn(rp, new Agent(), params);
      const userInfo = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
      expect(userInfo).to.deep.equal({ sub: USER.id, email: USER.email });
      expect(idToken).to.include({ email: USER.email });
      expect(idToken).to.not.have.any.keys('phone_number', 'name', 'unionid');
    });

    it('does not answer for another subject than the one asked for', async () => {
      const rp = await relyingParty(app);
      const agent = new Agent();
      await logIn(rp, agent);
      const params = { ...claims({ id_token: { sub: { value: OTHER_USER.id } } }), prompt: 'none' };
      const { error } = await refusal(rp, agent, params);
      expect(error.error).to.equal('login_required');
    });

    it('is invalid_request when the parameter is no JSON object', async () => {
      for (const wrong of ['{', '[]', '"text"', '{"userinfo":[]}']) {
        const { error } = await refusal(await relyingParty(app), new Agent(), { claims: wrong });
        expect(error.error, wrong).to.equal('invalid_request');
      }
    });
  });

  it('to stay connected is asked for every time the app asks for it', async () => {
    const rp = await newApp();
    const agent = new Agent();
    const params = { scope: 'openid offline_access', prompt: 'consent' };
    const first = await logIn(rp, agent, params);
    expect(first.tokens.refresh_token).to.be.a('string');
    const second = await logIn(rp, agent, params);
    expect(second.shown).to.deep.equal(['consent']);
    expect(second.tokens.refresh_token).to.be.a('string').and.not.equal(first.tokens.refresh_token);
  });

  const without: Record<string, [Record<string, unknown>, Record<string, string>]> = {
    'prompt=consent': [{}, { scope: 'openid offline_access' }],
    offline_access: [{}, { scope: 'openid', prompt: 'consent' }],
    'the grant type refresh_token': [
      { grant_types: ['authorization_code'] },
      { scope: 'openid offline_access', prompt: 'consent' },
    ],
  };
  for (const [what, [settings, params]] of Object.entries(without)) {
    it(`gives no refresh token without ${what}`, async () => {
      const { tokens } = await logIn(await newApp(settings), new Agent(), params);
      expect(tokens).not.to.have.property('refresh_token');
      expect(tokens.scope).to.equal('openid');
    });
  }

  it('is written down, as is its refusal', async () => {
    const rp = await newApp();
    const agent = new Agent();
    await refusal(rp, agent, { scope: 'openid email' }, { decision: 'deny' });
    await logIn(rp, agent, { scope: 'openid email' });
    const clientId = rp.config.clientMetadata().client_id;
    const events = await app.services.stores.audit.list({ clientId, limit: 50 });
    const of = (type: string) => events.find((event) => event.type === type);
    for (const type of ['consent.denied', 'consent.granted', 'token.issued']) {
      expect(of(type), type).to.include({ userId: USER.id, clientId, scope: 'openid email' });
      expect(of(type)?.ip, type).to.match(/127\.0\.0\.1|::1/);
    }
  });
});
