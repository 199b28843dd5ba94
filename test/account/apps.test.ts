// The connected apps: who sees what, and how somebody who is not logged in gets there.
import { expect } from 'chai';
import { appsUrl, errorCode, listed, openApps } from '../support/account.js';
import { Agent, formIn } from '../support/agent.js';
import { OTHER_USER, startApp, type TestApp, USER } from '../support/app.js';
import { type Inspector, openInspector } from '../support/inspector.js';
import { logIn, register, relyingParty } from '../support/relying-party.js';
import { answer, questionOn, walk } from '../support/walk.js';

const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202Egpj.`;

describe('connected apps', () => {
  let app: TestApp;
  let inspector: Inspector;
  let agent: Agent;

  before(async () => {
    app = await startApp();
    inspector = await openInspector(app.dataDir);
    agent = new Agent();
    await logIn(await relyingParty(app), agent, { scope: 'openid email' });
  });
  after(async () => {
    await inspector.close();
    await app.close();
  });

  it('lists an app with its site, scopes in words, and when it was allowed and used', async () => {
    await inspector.change(
      `UPDATE oauth_consent SET granted_at = '2026-01-02T12:00:00Z', last_used_at = '2026-03-04T12:00:00Z'
       WHERE user_id = $1`,
      [USER.id],
    );
    const page = await agent.get(`${appsUrl(app)}?ui_locales=en`);
    expect(page.status).to.equal(200);
    expect(listed(page)).to.deep.equal(['web-app']);
    expect(page.text)
      .to.include('<bdi>Web App</bdi>')
      .and.include('<bdi>rp.example</bdi>')
      .and.match(/Verify your identity[\s\S]*Read your email address/)
      .and.include('<time datetime="2026-01-02T12:00:00.000Z">January 2, 2026</time>')
      .and.include('<time datetime="2026-03-04T12:00:00.000Z">March 4, 2026</time>')
      .and.match(/id="app-revoke-1"[^>]* href="\/account\/apps\/web-app\/revoke(\?ui_locales=\w+)?"/);
    expect(page.text).not.to.include('Read your phone number');
    expect(page.headers.get('cache-control')).to.equal('no-store');
    expect(page.headers.get('content-security-policy')).to.include("form-action 'self';");
  });

  it('opens an app that begins a login by itself, and says whose; its home page only on the same origin', async () => {
    const init = 'https://rp.example/login?from=link2ur';
    const other = new Agent();
    await register(app, {
      client_id: 'opens',
      client_uri: 'https://rp.example/home',
      initiate_login_uri: init,
    });
    await register(app, {
      client_id: 'opens-too',
      client_uri: 'https://site.example/',
      initiate_login_uri: init,
    });
    for (const clientId of ['opens', 'opens-too']) {
      await logIn(await relyingParty(app, { clientId }), other, {}, { username: OTHER_USER.email });
    }
    const { text } = await other.get(appsUrl(app));
    const links = [...text.matchAll(/id="app-open-\d"[^>]* href="([^"]+)"/g)].map(
      ([, href = '']) => new URL(href.replaceAll('&amp;', '&')),
    );
    const params = links.map(({ searchParams }) => Object.fromEntries(searchParams));
    const common = { from: 'link2ur', iss: app.issuer };
    expect(params).to.have.deep.members([{ ...common, target_link_uri: 'https://rp.example/home' }, common]);
    for (const { origin, pathname } of links) expect(origin + pathname).to.equal('https://rp.example/login');
    expect((await agent.get(appsUrl(app))).text).not.to.include('id="app-open-');
    await app.services.users.revoke(OTHER_USER.id, {}, { actor: 'operator:test' });
  });

  it('speaks the user’s language, dates included', async () => {
    const { text } = await agent.get(appsUrl(app));
    expect(text)
      .to.include('<html lang="zh-CN">')
      .and.include('已授权的应用')
      .and.include('读取你的邮箱')
      .and.include('2026年1月2日')
      .and.include('2026年3月4日');
  });

  it('says so when there is none', async () => {
    const page = await openApps(app, new Agent(), { username: OTHER_USER.email });
    expect(page.text).to.include('id="apps-empty"');
    expect(listed(page)).to.deep.equal([]);
  });

  it('shows hostile names as text', async () => {
    await register(app, { client_id: 'hostile', client_name: HOSTILE });
    const someone = new Agent();
    await logIn(
      await relyingParty(app, { clientId: 'hostile' }),
      someone,
      {},
      { username: OTHER_USER.email },
    );
    for (const path of ['', '/hostile/revoke']) {
      const { text } = await someone.get(`${appsUrl(app)}${path}`);
      expect(text)
        .to.include('&lt;script&gt;')
        .and.not.match(/<script|<img[^>]*src=x|\u202e/i);
    }
    await app.services.consents.withdraw({
      userId: OTHER_USER.id,
      clientId: 'hostile',
      actor: 'operator:test',
    });
  });

  it('lists an app that has been disabled', async () => {
    await register(app, { client_id: 'disabled' });
    await logIn(await relyingParty(app, { clientId: 'disabled' }), agent);
    await register(app, { client_id: 'disabled', is_active: false });
    expect(listed(await agent.get(appsUrl(app)))).to.deep.equal(['disabled', 'web-app']);
  });

  describe('somebody who is not logged in', () => {
    it('logs in the ordinary way and is back at the list', async () => {
      const someone = new Agent();
      const start = await someone.get(appsUrl(app));
      expect(start.status).to.equal(303);
      expect(start.location).to.match(/\/api\/oauth\/authorize\?client_id=link2ur-account&/);
      const { page, shown } = await walk(someone, app.issuer, start);
      expect(shown).to.deep.equal(['login']);
      expect(page.url).to.equal(appsUrl(app));
      expect(listed(page)).to.include('web-app');
    });

    it('leaves no code that anybody could redeem, and no consent', async () => {
      const someone = new Agent();
      let page = await someone.follow(appsUrl(app), app.issuer);
      page = await answer(someone, page, 'login');
      while (page.location && !page.location.includes('code=')) page = await someone.get(page.location);
      const code = new URL(page.location ?? '').searchParams.get('code') ?? '';
      const response = await fetch(`${app.issuer}/api/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: 'link2ur-account',
          redirect_uri: appsUrl(app),
          code,
          code_verifier: 'v'.repeat(43),
        }),
      });
      expect(response.status).to.equal(400);
      expect(await response.json()).to.include({ error: 'invalid_grant' });
      expect(listed(await someone.get(appsUrl(app)))).not.to.include('link2ur-account');
    });

    it('is asked in the language of the address', async () => {
      const page = await new Agent().follow(`${appsUrl(app)}?ui_locales=zh`, app.issuer);
      expect(questionOn(page)).to.equal('login');
      expect(page.text).to.include('<html lang="zh-CN">');
    });

    it('is told when they gave up, and can try again', async () => {
      const someone = new Agent();
      const login = await someone.follow(appsUrl(app), app.issuer);
      const page = await someone.follow(await someone.submit(formIn(login, 'cancel-form')), app.issuer);
      expect(page.status).to.equal(400);
      expect(errorCode(page)).to.equal('access_denied');
      expect(page.text).to.match(/id="error-continue" href="\/account\/apps"/);
    });

    it('cannot be shown words of somebody else’s choice', async () => {
      const query = `error=${encodeURIComponent(HOSTILE)}&error_description=call+0800`;
      const page = await new Agent().get(`${appsUrl(app)}?${query}`);
      expect(errorCode(page)).to.equal('invalid_request');
      expect(page.text.replaceAll(/<[^>]*>/g, ''))
        .not.to.include('0800')
        .and.not.to.include('alert(1)');
    });

    it('whose browser keeps no cookies is told so, and not sent in circles', async () => {
      const page = await new Agent().get(`${appsUrl(app)}?code=x&state=y`);
      expect(page.status).to.equal(400);
      expect(page.location).to.equal(undefined);
      expect(page.text).to.include('Your browser blocks our cookies').and.include('href="/account/apps"');
      const someone = new Agent();
      let hops = 0;
      let next = await someone.get(appsUrl(app));
      for (; next.location; hops += 1) {
        someone.clearCookies();
        next = await someone.get(next.location);
      }
      expect(hops).to.equal(2);
      expect(next.status).to.equal(400);
    });

    it('is not logged in by a session of a person who was deactivated or deleted', async () => {
      const someone = new Agent();
      await openApps(app, someone, { username: OTHER_USER.email });
      await inspector.change('UPDATE users SET is_active = false WHERE id = $1', [OTHER_USER.id]);
      expect(questionOn(await someone.follow(appsUrl(app), app.issuer))).to.equal('login');
      await inspector.change('UPDATE users SET is_active = true WHERE id = $1', [OTHER_USER.id]);
      expect((await someone.get(appsUrl(app))).status).to.equal(200);
      await inspector.change('DELETE FROM users WHERE id = $1', [OTHER_USER.id]);
      expect(questionOn(await someone.follow(appsUrl(app), app.issuer))).to.equal('login');
    });

    it('makes the client it needs once, however many come first', async () => {
      const other = await startApp();
      try {
        const starts = await Promise.all(Array.from({ length: 5 }, () => new Agent().get(appsUrl(other))));
        expect(starts.map(({ status }) => status)).to.deep.equal([303, 303, 303, 303, 303]);
        const found = await other.services.stores.clients.find('link2ur-account');
        expect(found?.redirect_uris).to.deep.equal([appsUrl(other)]);
        expect(found?.isConfidential).to.equal(false);
      } finally {
        await other.close();
      }
    });
  });
});
