// The provider and the stand-in for the Link²Ur site over one database, as in the demo: a person between the two.
import { expect } from 'chai';
import { Agent, formIn, type Page } from '../support/agent.js';
import { authorizeUrl, exchangeCode, OTHER_USER, PASSWORD, refresh, USER, userinfo } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { movableClock } from '../support/relying-party.js';
import { type AppWithSite, linkOn, logInAtSite, startAppWithSite, walkWithSite } from '../support/site.js';

const OFFLINE = { scope: 'openid profile offline_access', prompt: 'consent' };

for (const [strategy, options] of Object.entries({
  session: {},
  ticket: { tickets: { alg: 'ES256' } },
} as const)) {
  describe(`the site and the provider, strategy ${strategy}`, () => {
    const clock = movableClock();
    let both: AppWithSite;
    let agent: Agent;
    /** Another one for each test: some change the password, or are gone at the end. */
    let user: { id: string; email: string };
    let users = 0;

    before(async () => {
      both = await startAppWithSite({ ...options, overrides: { clock } });
    });

    beforeEach(async () => {
      agent = new Agent();
      users += 1;
      user = { id: `2000000${users}`, email: `user-${users}@example.com` };
      const { stores } = both.app.services;
      const known = await stores.users.find(USER.id);
      if (!known) throw new Error('no such user');
      await stores.users.save({ ...known, ...user, phone: `+4477009000${users}` });
    });

    after(() => both.close());

    const authorize = (params: Record<string, string> = {}) => authorizeUrl(both.app.issuer, params);

    async function tokens(page: Page) {
      const code = new URL(page.location ?? '').searchParams.get('code') ?? '';
      const { status, body } = await exchangeCode(both.app.issuer, code);
      expect(status, JSON.stringify(body)).to.equal(200);
      return body;
    }

    const claimsOf = ({ id_token: token = '' }: Record<string, unknown>) =>
      JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString());

    async function subjectOf(page: Page) {
      const { access_token: token } = await tokens(page);
      return (await userinfo(both.app.issuer, String(token))).body.sub;
    }

    const walkOn = (url = authorize(), browser = agent) =>
      walkWithSite(browser, both, url, { username: user.email });

    const siteForm = async (form: string, fields: Record<string, string> = {}) =>
      agent.submit(formIn(await agent.get(`${both.site.url}/`), form), fields);

    it('logs a person in at the site, and asks for consent at the provider', async () => {
      const { page, shown } = await walkOn();
      expect(shown).to.deep.equal(['site-login', 'consent']);
      expect(claimsOf(await tokens(page))).to.include({ sub: user.id });
    });

    it('asks for no password when the person is logged in at the site', async () => {
      await logInAtSite(agent, both.site.url, user.email);
      const { page, shown } = await walkOn();
      expect(shown).to.deep.equal(['consent']);
      expect(await subjectOf(page)).to.equal(user.id);
    });

    it('lets a person who is not the one shown log in as another', async () => {
      await logInAtSite(agent, both.site.url, user.email);
      const back = await agent.follow(await agent.follow(authorize(), both.app.issuer), both.site.url);
      const consent = await agent.follow(back, both.app.issuer);
      // Browsers apply form-action to redirects as well.
      const policy = consent.headers.get('content-security-policy');
      expect(policy).to.include(`form-action 'self' https://rp.example ${both.site.url};`);
      const switched = await agent.submit(formIn(consent, 'switch-form'));
      const other = { username: OTHER_USER.email, choice: 'other' } as const;
      const { page, shown } = await walkWithSite(agent, both, switched, other);
      expect(shown).to.deep.equal(['site-account', 'site-login', 'consent']);
      expect(await subjectOf(page)).to.equal(OTHER_USER.id);
      // The session here of the one before has ended; the new one there has not.
      expect((await agent.get(`${both.site.url}/`)).text).to.include(OTHER_USER.name);
    });

    it('asks for the password again with prompt=login, and passes on the new time', async () => {
      // A login of this very second would be recent enough.
      clock.set(-120);
      const first = claimsOf(await tokens((await walkOn()).page));
      clock.set(0);
      const { page, shown } = await walkOn(authorize({ prompt: 'login' }));
      expect(shown).to.deep.equal(['site-login']);
      expect(claimsOf(await tokens(page)).auth_time).to.be.within(
        first.auth_time + 120,
        first.auth_time + 200,
      );
    });

    it('after logout at the site asks for login again', async () => {
      await walkOn();
      expect((await askSilently(agent, both.app.issuer)).has('code')).to.equal(true);
      expect((await siteForm('site-logout-form')).status).to.equal(303);
      expect((await askSilently(agent, both.app.issuer)).get('error')).to.equal('login_required');
      expect((await walkOn()).shown).to.deep.equal(['site-login']);
    });

    it('after a changed password other browsers have to log in again', async () => {
      const elsewhere = new Agent();
      await walkOn(authorize(), elsewhere);
      await logInAtSite(agent, both.site.url, user.email);
      const done = await siteForm('site-password-form', { current: PASSWORD, new: 'another good password' });
      expect(done.status).to.equal(303);
      expect((await askSilently(elsewhere, both.app.issuer)).get('error')).to.equal('login_required');
    });

    it('after the account is deleted nothing it gave is good any more', async () => {
      const { page } = await walkOn(authorize(OFFLINE));
      const { access_token: access = '', refresh_token: token = '' } = await tokens(page);
      expect((await userinfo(both.app.issuer, access)).status).to.equal(200);
      expect((await siteForm('site-delete-form', { current: PASSWORD })).status).to.equal(303);
      expect((await userinfo(both.app.issuer, access)).status).to.equal(401);
      expect((await refresh(both.app.issuer, token)).body.error).to.equal('invalid_grant');
      expect((await askSilently(agent, both.app.issuer)).get('error')).to.equal('login_required');
    });

    it('a logout at the provider goes on to the site, and back', async () => {
      const { page } = await walkOn();
      const { id_token: hint = '' } = await tokens(page);
      const query = new URLSearchParams({
        id_token_hint: hint,
        post_logout_redirect_uri: 'https://rp.example/logged-out',
        state: 's',
      });
      let at = await agent.follow(`${both.app.issuer}/api/oauth/logout?${query}`, both.app.issuer);
      expect(at.location).to.match(new RegExp(`^${both.site.url}/logout\\?return_to=`));
      at = await agent.follow(at, both.site.url);
      at = await agent.follow(at, both.app.issuer);
      expect(at.location).to.equal('https://rp.example/logged-out?state=s');
      expect((await agent.get(`${both.site.url}/`)).text).to.include('id="site-login"');
    });

    it('lets a person who gave up at the site go on', async () => {
      const left = await agent.follow(authorize(), both.app.issuer);
      const login = await agent.follow(left, both.site.url);
      const page = await agent.follow(linkOn(login, 'site-give-up'), both.app.issuer);
      expect(page.text).to.include('class="card card-handoff"');
      await logInAtSite(agent, both.site.url, user.email);
      const done = await walkOn(page.url.replace(/\/return.*/, ''));
      expect(done.shown).to.deep.equal(['consent']);
    });
  });
}

describe('the site and the provider, when the site is down', () => {
  let both: AppWithSite;

  before(async () => {
    both = await startAppWithSite();
  });

  after(() => both.close());

  it('says so, and goes on with the same request once the site is back', async () => {
    const agent = new Agent();
    await logInAtSite(agent, both.site.url);
    both.faults.down = true;
    const page = await agent.follow(authorizeUrl(both.app.issuer), both.app.issuer);
    expect(page.status).to.equal(503);
    both.faults.down = false;
    const { shown } = await walkWithSite(agent, both, page.url);
    expect(shown).to.deep.equal(['consent']);
  });

  it('without a time of login it answers max_age with login_required', async () => {
    const agent = new Agent();
    both.faults.omitAuthTime = true;
    const { page } = await walkWithSite(agent, both, authorizeUrl(both.app.issuer, { max_age: '60' }));
    expect(new URL(page.location ?? '').searchParams.get('error')).to.equal('login_required');
    both.faults.omitAuthTime = false;
  });
});
