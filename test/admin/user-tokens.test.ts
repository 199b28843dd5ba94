// People who administer: the role, what they agree to, and when it ends.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { Agent, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  OTHER_USER,
  PASSWORD,
  REDIRECT_URI,
  SECRET,
  signIn,
  USER,
  userinfo,
} from '../support/app.js';
import { register } from '../support/relying-party.js';

const SCOPE = 'openid admin:clients:read admin:clients:write';

describe('admin API: people', () => {
  let app: AdminApp;
  const APP = { client_id: 'console', client_secret: SECRET };

  before(async () => {
    app = await startAdminApp();
    await register(app, { client_id: 'console', scope: `${SCOPE} offline_access` });
    await app.services.roles.grant(USER.id, 'admin', { actor: 'operator:test' });
  });
  after(() => app.close());

  const address = (params: Record<string, string> = {}) =>
    authorizeUrl(app.issuer, {
      client_id: 'console',
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      resource: app.base,
      ...params,
    });

  /** What the app is given for the user who goes through all this. */
  async function tokens(agent = new Agent(), params: Record<string, string> = {}) {
    const back = await signIn(agent, app.issuer, address(params));
    expect(back.searchParams.get('error')).to.equal(null);
    const code = back.searchParams.get('code') ?? '';
    return exchangeCode(app.issuer, code, { ...APP, resource: app.base });
  }

  const get = (token: string | undefined) => app.ask('GET', '/clients', { token: token ?? '' });

  it('get in with a token of their own, and are named in the audit trail', async () => {
    const { body } = await tokens();
    expect(body).to.include({ scope: 'admin:clients:read admin:clients:write', expires_in: 900 });
    const token = body.access_token ?? '';
    const made = await app.ask('POST', '/clients', {
      token,
      body: { client_name: 'By hand', redirect_uris: ['https://hand.example/cb'] },
    });
    expect(made.status).to.equal(201);
    const [event] = await app.services.stores.audit.list({ clientId: made.body.client_id, limit: 5 });
    expect(event).to.include({ type: 'client.created', actor: `user:${USER.id}` });
    expect((await userinfo(app.issuer, token)).status).to.be.oneOf([401, 403]);
  });

  for (const [locale, words] of Object.entries({
    en: 'register, change and delete apps',
    zh: '注册、修改、删除应用',
  })) {
    it(`are asked in words what they allow: ${locale}`, async () => {
      const agent = new Agent();
      const login = await agent.follow(address({ ui_locales: locale, prompt: 'consent' }), app.issuer);
      expect(login.text).to.include('login-form');
      const page = await agent.follow(
        await agent.submit(formIn(login, 'login-form'), { username: USER.email, password: PASSWORD }),
        app.issuer,
      );
      expect(page.text).to.include('consent-form').and.include(words);
      expect(page.text).not.to.include('admin:clients:write');
    });
  }

  it('are asked once a session, and again in the next: rights like these are not remembered', async () => {
    const agent = new Agent();
    await tokens(agent);
    const again = await agent.follow(address(), app.issuer);
    expect(again.location).to.include('code=');
    const other = new Agent();
    const login = await other.follow(address(), app.issuer);
    const form = formIn(login, 'login-form');
    const page = await other.follow(
      await other.submit(form, { username: USER.email, password: PASSWORD }),
      app.issuer,
    );
    expect(page.text).to.include('consent-form');
  });

  it('whose app redeems the code for no resource get a token for themselves only', async () => {
    await tokens();
    const back = await signIn(new Agent(), app.issuer, address());
    const { body } = await exchangeCode(app.issuer, back.searchParams.get('code') ?? '', APP);
    expect(body.scope).to.equal('openid');
    expect((await userinfo(app.issuer, body.access_token ?? '')).body).to.deep.equal({ sub: USER.id });
    expect((await get(body.access_token)).status).to.equal(401);
  });

  it('without the role are sent back with access_denied, whatever they would agree to', async () => {
    const agent = new Agent();
    for (const prompt of ['', 'consent']) {
      const params: Record<string, string> = prompt === '' ? {} : { prompt };
      const back = await signIn(agent, app.issuer, address(params), { username: OTHER_USER.email });
      expect(back.searchParams.get('error')).to.equal('access_denied');
      expect(back.searchParams.get('error_description')).to.include('role admin');
    }
    const plain = authorizeUrl(app.issuer, { client_id: 'console', scope: 'openid' });
    const back = await signIn(agent, app.issuer, plain, { username: OTHER_USER.email });
    expect(back.searchParams.get('code')).to.be.a('string');
  });

  it('with the role can take the place of who is logged in without it', async () => {
    const agent = new Agent();
    const plain = authorizeUrl(app.issuer, { client_id: 'console', scope: 'openid' });
    await signIn(agent, app.issuer, plain, { username: OTHER_USER.email });
    const back = await signIn(agent, app.issuer, address({ prompt: 'login' }));
    expect(back.searchParams.get('code')).to.be.a('string');
  });

  it('need not agree where the app is our own, and still need the role', async () => {
    const own = { client_id: 'own-console', client_secret: SECRET };
    await register(app, { ...own, scope: SCOPE, is_first_party: true });
    const agent = new Agent();
    const login = await agent.follow(address({ client_id: 'own-console' }), app.issuer);
    const fields = { username: USER.email, password: PASSWORD };
    const back = await agent.follow(await agent.submit(formIn(login, 'login-form'), fields), app.issuer);
    const code = new URL(back.location ?? '').searchParams.get('code') ?? '';
    const { body } = await exchangeCode(app.issuer, code, { ...own, resource: app.base });
    expect((await get(body.access_token)).status).to.equal(200);
    const other = await signIn(new Agent(), app.issuer, address({ client_id: 'own-console' }), {
      username: OTHER_USER.email,
    });
    expect(other.searchParams.get('error')).to.equal('access_denied');
  });

  it('cannot allow an app what it is not registered for', async () => {
    const more = await signIn(new Agent(), app.issuer, address({ scope: 'openid admin:keys:write' }));
    expect(more.searchParams.get('error')).to.equal('invalid_scope');
    const params = { client_id: 'web-app', scope: 'openid admin:clients:read' };
    const none = await signIn(new Agent(), app.issuer, address(params));
    expect(none.searchParams.get('error')).to.equal('invalid_target');
  });

  it('lose it with the role, at the next request, and have it again with the role', async () => {
    const { body } = await tokens();
    expect((await get(body.access_token)).status).to.equal(200);
    await app.services.roles.revoke(USER.id, 'admin', { actor: 'operator:test' });
    const refused = await get(body.access_token);
    expect([refused.status, refused.body.code]).to.deep.equal([403, 'access_denied']);
    await app.services.roles.grant(USER.id, 'admin', { actor: 'operator:test' });
    expect((await get(body.access_token)).status).to.equal(200);
  });

  it('lose it with the account', async () => {
    const { body } = await tokens();
    const stored = await app.services.stores.users.find(USER.id);
    if (!stored) throw new Error('no user');
    await app.services.stores.users.save({ ...stored, isActive: false });
    expect((await get(body.access_token)).status).to.equal(401);
    await app.services.stores.users.save(stored);
    expect((await get(body.access_token)).status).to.equal(200);
  });

  it('lose it with the consent, and with the session', async () => {
    const { body } = await tokens();
    await app.services.consents.withdraw({ userId: USER.id, clientId: 'console', actor: 'operator:test' });
    expect((await get(body.access_token)).status).to.equal(401);
    const { body: next } = await tokens();
    expect((await get(next.access_token)).status).to.equal(200);
    await app.services.stores.sessions.destroyByUser(USER.id);
    expect((await get(next.access_token)).status).to.equal(401);
  });

  it('refresh it for the resource, with fewer scopes if the app wants', async () => {
    const params = { scope: `${SCOPE} offline_access`, prompt: 'consent' };
    const { body } = await tokens(new Agent(), params);
    const response = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...APP,
        grant_type: 'refresh_token',
        refresh_token: body.refresh_token ?? '',
        resource: app.base,
        scope: 'openid admin:clients:read',
      }),
    });
    const fresh = (await response.json()) as Record<string, string>;
    expect(fresh.scope).to.equal('admin:clients:read');
    expect((await get(fresh.access_token)).status).to.equal(200);
    const refused = await app.ask('DELETE', '/clients/nothing', {
      token: fresh.access_token ?? '',
      headers: { 'if-match': '*' },
    });
    expect(refused.status).to.equal(403);
  });

  it('agree to no scope that nobody knows', async () => {
    const { body } = await tokens(new Agent(), { scope: `${SCOPE} made:up` });
    expect(body.scope).to.equal('admin:clients:read admin:clients:write');
    const consent = await app.services.consents.find(USER.id, 'console');
    expect(consent?.scopes).to.include('admin:clients:read').and.not.include('made:up');
  });
});
