// What the site tells us of a user, and a logout that goes on to the site.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { Agent, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  obtainTokens,
  refresh,
  signIn,
  startApp,
  type TestApp,
  USER,
  userinfo,
} from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { EVENTS_TOKEN } from '../support/login/site.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { register } from '../support/relying-party.js';
import { goOn } from '../support/walk.js';

const SPA = {
  client_id: 'spa',
  redirect_uri: 'https://spa.example/callback',
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
};

const LOGOUT = 'http://localhost:4999/site/logout?x=1';

describe('the word of the site', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { LINK2UR_EVENTS_TOKEN: EVENTS_TOKEN, LINK2UR_LOGOUT_URL: LOGOUT } });
  });
  after(() => app.close());

  const tell = (event: unknown, { id = USER.id, token = EVENTS_TOKEN, type = 'application/json' } = {}) =>
    fetch(`${app.issuer}/api/admin/oauth/users/${id}/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body: typeof event === 'string' ? event : JSON.stringify(event),
    });

  async function state(agent: Agent, tokens: Record<string, string>) {
    const silent = await askSilently(agent, app.issuer);
    const used = await refresh(app.issuer, tokens.refresh_token ?? '');
    return {
      session: silent.get('error') ?? 'alive',
      access: (await userinfo(app.issuer, tokens.access_token ?? '')).status,
      refresh: used.status,
    };
  }

  for (const event of ['logged_out', 'password_changed']) {
    it(`that somebody ${event} ends their sessions, and leaves apps that work without them`, async () => {
      const agent = new Agent();
      const tokens = await obtainTokens(app.issuer, agent);
      expect((await tell({ event })).status).to.equal(204);
      const { session, refresh: refreshed } = await state(agent, tokens);
      expect([session, refreshed]).to.deep.equal(['login_required', 200]);
    });
  }

  for (const event of ['deactivated', 'deleted']) {
    it(`that an account is ${event} ends sessions, tokens and what was agreed to`, async () => {
      const agent = new Agent();
      const tokens = await obtainTokens(app.issuer, agent);
      expect((await tell({ event })).status).to.equal(204);
      expect(await state(agent, tokens)).to.deep.equal({
        session: 'login_required',
        access: 401,
        refresh: 400,
      });
      expect(await app.services.stores.consents.listByUser(USER.id)).to.deep.equal([]);
    });
  }

  it('reaches the apps that registered for back-channel logout', async () => {
    const receiver = await openLogoutReceiver();
    try {
      await register(app, { client_id: 'listening', backchannel_logout_uri: receiver.uri });
      const agent = new Agent();
      await signIn(agent, app.issuer, authorizeUrl(app.issuer, { client_id: 'listening' }));
      await tell({ event: 'password_changed' });
      const [token = ''] = await receiver.tokens(1);
      expect(decodeJwt(token)).to.include({ sub: USER.id, aud: 'listening', iss: app.issuer });
    } finally {
      await receiver.close();
    }
  });

  it('of what can be nobody’s id is refused', async () => {
    expect((await tell({ event: 'deleted' }, { id: '1234567890' })).status).to.equal(400);
  });

  it('may be told twice, and of somebody nobody knows here', async () => {
    for (const id of [USER.id, USER.id, '99999999']) {
      const answer = await tell({ event: 'deleted' }, { id });
      expect(answer.status).to.equal(204);
    }
  });

  it('is written down', async () => {
    await tell({ event: 'logged_out' }, { id: '77777777' });
    const [event] = await app.services.stores.audit.list({
      type: 'user.ended',
      userId: '77777777',
      limit: 1,
    });
    expect(event?.actor).to.equal('site');
    expect(event?.details).to.include({ event: 'logged_out' });
  });

  it('counts only with the token; nothing is changed without', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    for (const token of ['', 'wrong', EVENTS_TOKEN.slice(0, -1), `${EVENTS_TOKEN}x`]) {
      const answer = await tell({ event: 'deleted' }, { token });
      expect(answer.status).to.equal(401);
      expect(answer.headers.get('www-authenticate')).to.match(/^Bearer/);
      expect(await answer.text()).not.to.include(EVENTS_TOKEN);
    }
    expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
  });

  const bad: [string, unknown, string?][] = [
    ['no JSON', '{"event":'],
    ['an unknown event', { event: 'promoted' }],
    ['no event', {}],
    ['an unknown member', { event: 'deleted', why: 'because' }],
    ['a list', [{ event: 'deleted' }]],
    ['null', 'null'],
    ['a form', 'event=deleted', 'application/x-www-form-urlencoded'],
    ['prototype pollution', '{"event":"logged_out","__proto__":{"a":1}}'],
  ];
  for (const [what, body, type] of bad) {
    it(`with ${what} is a 400 that says so`, async () => {
      const answer = await tell(body, type === undefined ? {} : { type });
      expect(answer.status).to.equal(400);
    });
  }

  it('of a body too long, or of an id with a NUL, is refused', async () => {
    expect((await tell({ event: 'x'.repeat(10_000) })).status).to.equal(413);
    expect((await tell({ event: 'deleted' }, { id: 'a%00b' })).status).to.equal(400);
  });

  it('is not listened to where no token is configured', async () => {
    const other = await startApp();
    try {
      const answer = await fetch(`${other.issuer}/api/admin/oauth/users/${USER.id}/events`, {
        method: 'POST',
        headers: { authorization: 'Bearer undefined', 'content-type': 'application/json' },
        body: '{"event":"deleted"}',
      });
      expect(answer.status).to.equal(404);
    } finally {
      await other.close();
    }
  });

  describe('about logout', () => {
    const logout = (params: Record<string, string>) =>
      `${app.issuer}/api/oauth/logout?${new URLSearchParams(params)}`;
    const back = { post_logout_redirect_uri: 'https://rp.example/logged-out', state: 'the-state' };

    it('is asked by way of the browser: to the site and back, then to the app', async () => {
      const agent = new Agent();
      const { id_token = '' } = await obtainTokens(app.issuer, agent);
      const page = await goOn(agent, app.issuer, logout({ id_token_hint: id_token, ...back }));
      const url = new URL(page.location ?? '');
      expect(url.origin + url.pathname).to.equal('http://localhost:4999/site/logout');
      expect([...url.searchParams.keys()]).to.deep.equal(['x', 'return_to']);
      const returnTo = url.searchParams.get('return_to') ?? '';
      expect(returnTo).to.match(new RegExp(`^${app.issuer}/api/oauth/logout/return/[\\w-]{20,30}$`));
      const end = await agent.get(returnTo);
      expect(end.location).to.equal('https://rp.example/logged-out?state=the-state');
    });

    it('that was not confirmed stays here', async () => {
      const agent = new Agent();
      await obtainTokens(app.issuer, agent);
      const page = await agent.follow(logout({ client_id: 'web-app', ...back }), app.issuer);
      expect(page.headers.get('content-security-policy')).to.include('http://localhost:4999');
      const end = await agent.follow(await agent.submit(formIn(page, 'logout-form')), app.issuer);
      expect(end.location).to.equal('https://rp.example/logged-out?state=the-state');
    });

    it('of somebody who is not logged in here leads nobody to the site: that could be anybody’s link', async () => {
      const page = await goOn(new Agent(), app.issuer, `${app.issuer}/api/oauth/logout`);
      expect(page.location).to.equal(undefined);
      expect(page.text).to.include('id="signed-out"');
    });

    it('without the secret of the page is refused, twice as well as once', async () => {
      const agent = new Agent();
      await obtainTokens(app.issuer, agent);
      const confirm = `${app.issuer}/api/oauth/logout/confirm`;
      for (const someone of [agent, new Agent()]) {
        expect((await someone.get(`${confirm}?xsrf=made-up`)).status).to.equal(400);
        expect((await someone.post(confirm, { xsrf: 'made-up', logout: 'yes' })).status).to.equal(400);
      }
      const page = await agent.get(logout({}));
      const form = formIn(page, 'logout-form');
      expect((await agent.submit(form, { logout: 'yes' })).status).to.equal(303);
      expect((await agent.submit(form, { logout: 'yes' })).status).to.equal(400);
    });

    it('asks although there is an ID token, when the app is none of this session', async () => {
      const before = new Agent();
      const { id_token = '' } = await obtainTokens(app.issuer, before);
      const agent = new Agent();
      await signIn(agent, app.issuer, authorizeUrl(app.issuer, { ...SPA, prompt: 'consent' }));
      const page = await agent.follow(logout({ id_token_hint: id_token }), app.issuer);
      expect(page.text).to.include('id="logout-confirm"');
    });

    it('that comes back by an address nobody gave out ends on our page', async () => {
      const page = await goOn(new Agent(), app.issuer, `${app.issuer}/api/oauth/logout/return/made-up`);
      expect(page.text).to.include('id="signed-out"');
    });
  });

  it('never leaves a code usable for a deleted user', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const code = (await askSilently(agent, app.issuer)).get('code') ?? '';
    await tell({ event: 'deleted' });
    expect((await exchangeCode(app.issuer, code)).status).to.equal(400);
  });
});
