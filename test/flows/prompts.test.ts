// prompt, max_age, id_token_hint and login_hint: when a person is asked what, and when the app is told no.
import { expect } from 'chai';
import { Agent, formIn } from '../support/agent.js';
import { OTHER_USER, startApp, type TestApp, USER } from '../support/app.js';
import {
  logIn,
  movableClock,
  prepare,
  publicRelyingParty,
  type RelyingParty,
  refusal,
  relyingParty,
} from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

const OTHER = { username: OTHER_USER.email };

describe('prompts', () => {
  // Logins take their time from here, so that an old login needs no waiting.
  const clock = movableClock();
  let app: TestApp;
  let web: RelyingParty;
  let spa: RelyingParty;

  before(async () => {
    app = await startApp({ overrides: { clock } });
    web = await relyingParty(app);
    spa = await publicRelyingParty(app);
    // Both users have agreed to the web app: from here on consent is asked for only where a test says so.
    await logIn(web, new Agent());
    await logIn(web, new Agent(), {}, OTHER);
  });
  afterEach(() => clock.set(0));
  after(() => app.close());

  /** A browser that has logged in `secondsAgo`, and the ID token it got. */
  async function loggedIn({ secondsAgo = 0, rp = web, manners = {} } = {}) {
    const agent = new Agent();
    clock.set(-secondsAgo);
    const { tokens, claims } = await logIn(rp, agent, {}, manners);
    clock.set(0);
    return { agent, idToken: tokens.id_token ?? '', claims };
  }

  describe('prompt=none', () => {
    it('answers login_required when nobody is logged in', async () => {
      const { error, state, shown } = await refusal(web, new Agent(), { prompt: 'none' });
      expect(error.error).to.equal('login_required');
      expect(state).to.be.a('string');
      expect(shown).to.deep.equal([]);
    });

    it('answers with a code for a logged-in user who has agreed, without a page', async () => {
      const { agent, claims } = await loggedIn();
      const silent = await logIn(web, agent, { prompt: 'none' });
      expect(silent.shown).to.deep.equal([]);
      expect(silent.claims).to.include({ sub: claims.sub, auth_time: claims.auth_time });
    });

    it('answers consent_required for a logged-in user who has not agreed to this app', async () => {
      const { agent } = await loggedIn();
      const { error, shown } = await refusal(spa, agent, { prompt: 'none' });
      expect(error.error).to.equal('consent_required');
      expect(shown).to.deep.equal([]);
    });

    it('answers consent_required for a scope that has not been agreed to', async () => {
      const { agent } = await loggedIn();
      const { error } = await refusal(web, agent, { prompt: 'none', scope: 'openid phone' });
      expect(error.error).to.equal('consent_required');
    });

    it('answers login_required when the login is older than max_age', async () => {
      const { agent } = await loggedIn({ secondsAgo: 100 });
      const { error } = await refusal(web, agent, { prompt: 'none', max_age: '60' });
      expect(error.error).to.equal('login_required');
    });

    it('cannot be combined with another prompt', async () => {
      const { error } = await refusal(web, new Agent(), { prompt: 'none login' });
      expect(error.error).to.equal('invalid_request');
    });
  });

  describe('prompt=login', () => {
    it('asks for the password again and renews auth_time', async () => {
      const { agent, claims } = await loggedIn({ secondsAgo: 100 });
      const again = await logIn(web, agent, { prompt: 'login' });
      expect(again.shown).to.deep.equal(['login']);
      expect(again.claims.sub).to.equal(claims.sub);
      expect(again.claims.auth_time).to.be.greaterThan(claims.auth_time ?? Number.POSITIVE_INFINITY);
    });

    it('lets somebody else log in, who is asked for consent, and whose tokens these are', async () => {
      const { agent } = await loggedIn();
      const other = await logIn(web, agent, { prompt: 'login consent' }, OTHER);
      expect(other.shown).to.deep.equal(['login', 'consent']);
      expect(other.claims.sub).to.equal(OTHER_USER.id);
      const silent = await logIn(web, agent, { prompt: 'none' });
      expect(silent.claims.sub).to.equal(OTHER_USER.id);
    });
  });

  it('prompt=consent asks for consent although it was given', async () => {
    const { agent } = await loggedIn();
    expect((await logIn(web, agent, { prompt: 'consent' })).shown).to.deep.equal(['consent']);
    expect((await logIn(web, agent, { prompt: 'login consent' })).shown).to.deep.equal(['login', 'consent']);
  });

  describe('prompt=select_account', () => {
    it('lets the user go on with the account that is logged in', async () => {
      const { agent, claims } = await loggedIn();
      const { shown, claims: after } = await logIn(web, agent, { prompt: 'select_account' });
      expect(shown).to.deep.equal(['select-account']);
      expect(after).to.include({ sub: claims.sub, auth_time: claims.auth_time });
    });

    it('lets the user log in with another account', async () => {
      const { agent } = await loggedIn();
      const manners = { choice: 'other' as const, ...OTHER };
      const { shown, claims } = await logIn(web, agent, { prompt: 'select_account' }, manners);
      expect(shown).to.deep.equal(['select-account', 'login']);
      expect(claims.sub).to.equal(OTHER_USER.id);
    });

    it('is a plain login when nobody is logged in', async () => {
      const { shown } = await logIn(web, new Agent(), { prompt: 'select_account' });
      expect(shown).to.deep.equal(['login']);
    });

    it('asks nothing more of a user who chose to log in again with the same account', async () => {
      const { agent, claims } = await loggedIn({ secondsAgo: 100 });
      const again = await logIn(web, agent, { prompt: 'select_account' }, { choice: 'other' });
      expect(again.shown).to.deep.equal(['select-account', 'login']);
      expect(again.claims.sub).to.equal(USER.id);
      expect(again.claims.auth_time).to.be.greaterThan(claims.auth_time ?? Number.POSITIVE_INFINITY);
    });
  });

  it('answers an unknown prompt with invalid_request', async () => {
    const { error } = await refusal(web, new Agent(), { prompt: 'sing' });
    expect(error.error).to.equal('invalid_request');
  });

  describe('max_age', () => {
    it('asks for the password again when the login is older', async () => {
      const { agent, claims } = await loggedIn({ secondsAgo: 100 });
      const again = await logIn(web, agent, { max_age: '60' }, {}, { maxAge: 60 });
      expect(again.shown).to.deep.equal(['login']);
      expect(again.claims.auth_time).to.be.greaterThan(claims.auth_time ?? Number.POSITIVE_INFINITY);
    });

    it('asks nothing when the login is younger, and says when it was', async () => {
      const { agent, claims } = await loggedIn({ secondsAgo: 100 });
      const again = await logIn(web, agent, { max_age: '1000' }, {}, { maxAge: 1000 });
      expect(again.shown).to.deep.equal([]);
      expect(again.claims.auth_time).to.equal(claims.auth_time);
    });

    it('of 0 always asks for the password', async () => {
      const { agent } = await loggedIn({ secondsAgo: 5 });
      const again = await logIn(web, agent, { max_age: '0' });
      expect(again.shown).to.deep.equal(['login']);
    });

    it('is invalid_request when it is no number of seconds', async () => {
      for (const max_age of ['-1', 'soon', '1.5']) {
        const { error } = await refusal(web, new Agent(), { max_age });
        expect(error.error, max_age).to.equal('invalid_request');
      }
    });
  });

  describe('id_token_hint', () => {
    it('of the user who is logged in is answered at once', async () => {
      const { agent, idToken } = await loggedIn();
      const { claims } = await logIn(web, agent, { prompt: 'none', id_token_hint: idToken });
      expect(claims.sub).to.equal(USER.id);
    });

    it('of somebody else is login_required with prompt=none', async () => {
      const { idToken } = await loggedIn({ manners: OTHER });
      const { agent } = await loggedIn();
      const { error } = await refusal(web, agent, { prompt: 'none', id_token_hint: idToken });
      expect(error.error).to.equal('login_required');
    });

    it('of somebody else brings up the login page', async () => {
      const { idToken } = await loggedIn({ manners: OTHER });
      const { agent } = await loggedIn();
      const { shown, claims } = await logIn(web, agent, { id_token_hint: idToken }, OTHER);
      expect(shown[0]).to.equal('login');
      expect(claims.sub).to.equal(OTHER_USER.id);
    });

    it('that is forged is invalid_request', async () => {
      const { agent, idToken } = await loggedIn();
      const [header, payload] = idToken.split('.');
      const forged = `${header}.${payload}.${'A'.repeat(342)}`;
      for (const id_token_hint of [forged, 'nonsense']) {
        const { error } = await refusal(web, agent, { prompt: 'none', id_token_hint });
        expect(error.error, id_token_hint).to.equal('invalid_request');
      }
    });
  });

  describe('login_hint', () => {
    it('fills in the user name', async () => {
      const { url } = await prepare(web, { login_hint: 'ann@example.com' });
      const page = await new Agent().follow(url, app.issuer);
      expect(page.text).to.match(/<input id="login-username"[^>]* value="ann@example\.com"/);
    });

    it('cannot break out of the field', async () => {
      const { url } = await prepare(web, { login_hint: '"><script>alert(1)</script>' });
      const page = await new Agent().follow(url, app.issuer);
      expect(page.text).not.to.include('<script>alert');
    });

    it('decides nothing: another user may log in', async () => {
      const { claims } = await logIn(web, new Agent(), { login_hint: OTHER_USER.email });
      expect(claims.sub).to.equal(USER.id);
    });
  });

  describe('the login page', () => {
    it('shows itself again with a wrong password, and takes the right one afterwards', async () => {
      const { url } = await prepare(web);
      const agent = new Agent();
      const page = await agent.follow(url, app.issuer);
      const wrong = await agent.submit(formIn(page, 'login-form'), { username: USER.email, password: 'no' });
      expect(wrong.status).to.equal(400);
      expect(wrong.text).to.include('id="login-error"').and.include(`value="${USER.email}"`);
      const callback = destination(await walk(agent, app.issuer, wrong));
      expect(callback.searchParams.has('code')).to.equal(true);
    });

    it('says the same of an unknown user as of a wrong password', async () => {
      const { url } = await prepare(web);
      const texts: string[] = [];
      for (const username of [USER.email, 'nobody@example.com']) {
        const agent = new Agent();
        const page = await agent.follow(url, app.issuer);
        const { status, text } = await agent.submit(formIn(page, 'login-form'), { username, password: 'no' });
        expect(status).to.equal(400);
        texts.push(/<p class="alert"[^>]*>([^<]*)</.exec(text)?.[1] ?? '');
      }
      expect(texts[0]).not.to.equal('');
      expect(texts[1]).to.equal(texts[0]);
    });

    it('can be cancelled: the app gets access_denied with state and iss', async () => {
      const { url, checks } = await prepare(web);
      const agent = new Agent();
      const page = await agent.follow(url, app.issuer);
      const end = await agent.follow(await agent.submit(formIn(page, 'cancel-form')), app.issuer);
      expect(Object.fromEntries(destination({ page: end }).searchParams)).to.include({
        error: 'access_denied',
        state: checks.expectedState,
        iss: app.issuer,
      });
    });

    it('takes the phone number and the id as a user name, too', async () => {
      for (const username of [USER.phone, USER.id, USER.email.toUpperCase()]) {
        const { claims } = await logIn(web, new Agent(), {}, { username });
        expect(claims.sub, username).to.equal(USER.id);
      }
    });
  });
});
