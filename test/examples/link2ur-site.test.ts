// The stand-in for the Link²Ur site by itself: its login page and where it lets browsers go afterwards.
import { expect } from 'chai';
import { Agent, formIn } from '../support/agent.js';
import { OTHER_USER, PASSWORD, USER } from '../support/app.js';
import { cookieValue } from '../support/browsing.js';
import { movableClock } from '../support/relying-party.js';
import { linkOn, logInAtSite, type SiteAlone, startSiteAlone, submitSiteLogin } from '../support/site.js';

const ISSUER = 'http://provider.example:3000';
const RETURN_TO = `${ISSUER}/interaction/the-uid/return`;

describe('the stand-in for the Link²Ur site: login', () => {
  const clock = movableClock();
  let site: SiteAlone;
  let agent: Agent;

  before(async () => {
    site = await startSiteAlone({ issuer: ISSUER, clock });
  });

  beforeEach(() => {
    agent = new Agent();
  });

  after(() => site.close());

  const loginUrl = (params: Record<string, string> = {}) =>
    `${site.url}/login?${new URLSearchParams({ return_to: RETURN_TO, ...params })}`;

  const session = async () => {
    const response = await fetch(`${site.url}/api/session`, {
      headers: { cookie: agent.cookieHeader(`${site.url}/`), accept: 'application/json' },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('asks for the password, and sends the browser back to the provider', async () => {
    const page = await agent.get(loginUrl());
    expect(page.status).to.equal(200);
    for (const id of ['site-username', 'site-password', 'site-submit', 'site-give-up']) {
      expect(page.text).to.include(`id="${id}"`);
    }
    const answer = await submitSiteLogin(agent, page);
    expect(answer.status).to.equal(303);
    expect(answer.location).to.equal(RETURN_TO);
  });

  it('sends a browser that is logged in straight back', async () => {
    await logInAtSite(agent, site.url);
    expect((await agent.get(loginUrl())).location).to.equal(RETURN_TO);
  });

  it('lets the user give up, and go back without having logged in', async () => {
    const page = await agent.get(loginUrl());
    expect(page.text).to.include(`id="site-give-up" href="${RETURN_TO}"`);
    expect((await session()).status).to.equal(401);
  });

  const foreign: Record<string, string> = {
    'another host': 'http://evil.example/interaction/the-uid/return',
    'another port': 'http://provider.example:3001/interaction/the-uid/return',
    'another scheme': 'https://provider.example:3000/interaction/the-uid/return',
    'no scheme': '//evil.example/',
    'no scheme, as a browser reads it': '/\\evil.example/',
    'a relative address': '/interaction/the-uid/return',
    'the provider as user name': 'http://provider.example:3000@evil.example/',
    'the provider with a user name': 'http://somebody:secret@provider.example:3000/',
    'the provider as a prefix': 'http://provider.example:3000.evil.example/',
    'the provider behind a backslash': 'http://evil.example\\@provider.example:3000/',
    'a script': 'javascript:alert(1)//http://provider.example:3000/',
    'white space': ' ',
  };
  for (const [what, returnTo] of Object.entries(foreign)) {
    it(`sends nobody to ${what}`, async () => {
      const page = await agent.get(loginUrl({ return_to: returnTo }));
      expect(page.text).not.to.include('site-give-up');
      // Neither from the link's address, nor from a hidden field that was changed on the way.
      const form = formIn(page, 'site-login-form');
      const fields = { username: USER.email, password: PASSWORD, return_to: returnTo };
      expect((await agent.submit(form, fields)).location).to.equal(`${site.url}/`);
      expect((await agent.get(loginUrl({ return_to: returnTo }))).location).to.equal(`${site.url}/`);
    });
  }

  it('sends nobody anywhere without a return_to, or with two of them', async () => {
    await logInAtSite(agent, site.url);
    expect((await agent.get(`${site.url}/login`)).location).to.equal(`${site.url}/`);
    const two = `${loginUrl()}&${new URLSearchParams({ return_to: RETURN_TO })}`;
    expect((await agent.get(two)).location).to.equal(`${site.url}/`);
  });

  it('says the same of a wrong password, an unknown user and one who is shut out', async () => {
    const page = await agent.get(loginUrl());
    const shutOut = site.users.rows.get(OTHER_USER.id);
    if (!shutOut) throw new Error('no such user');
    site.users.rows.set(shutOut.id, { ...shutOut, isActive: false });
    const attempts = [
      { password: 'wrong' },
      { username: 'nobody@example.com' },
      { username: OTHER_USER.email },
      { username: 'a\0b' },
    ];
    for (const attempt of attempts) {
      const answer = await submitSiteLogin(agent, page, attempt);
      expect(answer.status, JSON.stringify(attempt)).to.equal(400);
      expect(answer.text).to.include('The user or the password is not right.');
    }
    site.users.rows.set(shutOut.id, shutOut);
    expect((await session()).status).to.equal(401);
    // And the way back is not lost.
    const again = await submitSiteLogin(agent, await submitSiteLogin(agent, page, { password: 'wrong' }));
    expect(again.location).to.equal(RETURN_TO);
  });

  it('refuses a login form that is not from its own page in this browser', async () => {
    const page = await agent.get(loginUrl());
    const form = formIn(page, 'site-login-form');
    const credentials = { username: USER.email, password: PASSWORD };
    const fields = { ...form.fields, ...credentials };
    const foreignPage = formIn(await new Agent().get(loginUrl()), 'site-login-form').fields.csrf ?? '';
    expect((await agent.post(form.action, credentials)).status).to.equal(403);
    expect((await agent.post(form.action, { ...fields, csrf: foreignPage })).status).to.equal(403);
    expect((await new Agent().post(form.action, fields)).status, 'without the cookie').to.equal(403);
    const body = new URLSearchParams(fields);
    const fromElsewhere = { method: 'POST', body, headers: { origin: 'https://evil.example' } };
    expect((await agent.request(form.action, fromElsewhere)).status).to.equal(403);
    expect((await session()).status).to.equal(401);
  });

  it('offers the way on when a form was too old', async () => {
    const page = await agent.get(loginUrl());
    const form = formIn(page, 'site-login-form');
    agent.clearCookies();
    agent.headers = { ...agent.headers, referer: page.url };
    const refused = await agent.submit(form, { username: USER.email, password: PASSWORD });
    expect(refused.text).to.include('form_refused');
    expect((await submitSiteLogin(agent, await agent.get(linkOn(refused, 'site-retry')))).location).to.equal(
      RETURN_TO,
    );
  });

  it('asks for the password again with prompt=login, and notes a new time', async () => {
    await logInAtSite(agent, site.url);
    const before = await session();
    const page = await agent.get(loginUrl({ prompt: 'login' }));
    expect(page.status).to.equal(200);
    expect(page.text).to.include('id="site-reauthenticate"').and.include(`value="${USER.email}"`);
    const old = cookieValue(agent, `${site.url}/`, 'link2ur_session');
    clock.set(60);
    expect((await submitSiteLogin(agent, page)).location).to.equal(RETURN_TO);
    expect(cookieValue(agent, `${site.url}/`, 'link2ur_session')).not.to.equal(old);
    expect((await session()).body.auth_time).to.be.greaterThan(Number(before.body.auth_time));
  });

  it('lets the user choose with prompt=select_account', async () => {
    await logInAtSite(agent, site.url);
    const page = await agent.get(loginUrl({ prompt: 'select_account' }));
    expect(page.text).to.include(`Continue as ${USER.name}`);
    expect((await agent.get(linkOn(page, 'site-continue'))).location).to.equal(RETURN_TO);
    const other = await agent.get(linkOn(page, 'site-other-account'));
    expect(other.text).not.to.include(USER.email);
    expect((await submitSiteLogin(agent, other, { username: OTHER_USER.email })).location).to.equal(
      RETURN_TO,
    );
    expect((await session()).body.id).to.equal(OTHER_USER.id);
  });

  it('fills in login_hint, escaped', async () => {
    const page = await agent.get(loginUrl({ login_hint: '"><script>alert(1)</script>' }));
    expect(page.text).to.include('value="&quot;&gt;&lt;script&gt;').and.not.include('<script>');
  });

  it('speaks the language of ui_locales, else the one chosen here, else the browser’s', async () => {
    const lang = async (url: string) => /<html lang="([^"]+)"/.exec((await agent.get(url)).text)?.[1];
    expect(await lang(loginUrl({ ui_locales: 'zh-CN en' }))).to.equal('zh-CN');
    expect(await lang(loginUrl())).to.equal('en');
    expect(await lang(loginUrl({ lang: 'zh' }))).to.equal('zh-CN');
    expect(await lang(loginUrl())).to.equal('zh-CN');
    expect(await lang(loginUrl({ ui_locales: 'en' }))).to.equal('en');
  });

  it('gives the session a cookie no script can read, under a new id at each login', async () => {
    const page = await agent.request(`${site.url}/login`, { headers: { cookie: 'link2ur_session=planted' } });
    const answer = await submitSiteLogin(agent, page);
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('link2ur_session='));
    expect(cookie).to.match(/^link2ur_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
  });

  it('sends a strict content security policy, and needs no script', async () => {
    const page = await agent.get(loginUrl());
    expect(page.headers.get('content-security-policy')).to.include("default-src 'none'");
    expect(page.text).not.to.match(/<script| style=| on\w+=/);
  });
});
