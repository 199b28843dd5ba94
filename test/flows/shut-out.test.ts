// A deactivated user and a disabled client are out at once, at every door.
import { expect } from 'chai';
import * as client from 'openid-client';
import { Agent, formIn, type Page } from '../support/agent.js';
import { OTHER_USER, PASSWORD, SECRET, startApp, type TestApp, USER, userinfo } from '../support/app.js';
import {
  challenge,
  logIn,
  oauthError,
  prepare,
  type RelyingParty,
  refusal,
  register,
  relyingParty,
} from '../support/relying-party.js';
import { answer, destination, walk } from '../support/walk.js';

const OFFLINE = { scope: 'openid email offline_access', prompt: 'consent' };

describe('shutting out', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  describe('a deactivated user', () => {
    let rp: RelyingParty;
    let hashedPassword: string;

    before(async () => {
      rp = await relyingParty(app);
      hashedPassword = await app.services.hasher.hash(PASSWORD);
    });
    const setActive = (isActive: boolean) =>
      app.services.stores.users.save({ ...USER, hashedPassword, isActive });
    afterEach(() => setActive(true));

    it('cannot log in, and is told no more than with a wrong password', async () => {
      await setActive(false);
      const agent = new Agent();
      const page = await agent.follow((await prepare(rp)).url, app.issuer);
      const inactive = await answer(agent, page, 'login');
      expect(inactive.status).to.equal(400);
      const wrong = await answer(agent, page, 'login', { password: 'wrong' });
      const message = ({ text }: Page) => /<p class="alert"[^>]*>([^<]*)</.exec(text)?.[1];
      expect(message(inactive)).to.be.a('string').and.equal(message(wrong));
    });

    it('cannot redeem a code', async () => {
      const { url, checks } = await prepare(rp);
      const callback = destination(await walk(new Agent(), app.issuer, url));
      await setActive(false);
      const error = await oauthError(client.authorizationCodeGrant(rp.config, callback, checks));
      expect(error.error).to.equal('invalid_grant');
    });

    it('cannot refresh', async () => {
      const { tokens } = await logIn(rp, new Agent(), OFFLINE);
      await setActive(false);
      const error = await oauthError(client.refreshTokenGrant(rp.config, tokens.refresh_token ?? ''));
      expect(error.error).to.equal('invalid_grant');
    });

    it('has no UserInfo', async () => {
      const { tokens } = await logIn(rp, new Agent());
      await setActive(false);
      const { status, body } = await userinfo(app.issuer, tokens.access_token);
      expect(status).to.equal(401);
      expect(body).to.include({ error: 'invalid_token' }).and.not.have.any.keys('sub', 'email');
    });

    it('is not logged in any more, although the browser has a session', async () => {
      const agent = new Agent();
      await logIn(rp, agent);
      await setActive(false);
      expect((await refusal(rp, agent, { prompt: 'none' })).error.error).to.equal('login_required');
      const page = await agent.follow((await prepare(rp)).url, app.issuer);
      expect(page.text).to.include('id="login-form"');
      const other = await logIn(rp, agent, {}, { username: OTHER_USER.email });
      expect(other.claims.sub).to.equal(OTHER_USER.id);
    });

    it('cannot agree on the consent page that is open', async () => {
      const agent = new Agent();
      let page = await agent.follow((await prepare(rp, { prompt: 'consent' })).url, app.issuer);
      page = await agent.follow(await answer(agent, page, 'login'), app.issuer);
      expect(page.text).to.include('id="consent-form"');
      await setActive(false);
      const end = await agent.follow(await answer(agent, page, 'consent'), app.issuer);
      expect(end.location ?? '').not.to.include('code=');
    });

    it('comes back as before when activated again', async () => {
      await setActive(false);
      await setActive(true);
      expect((await logIn(rp, new Agent())).claims.sub).to.equal(USER.id);
    });
  });

  describe('a disabled client', () => {
    let count = 0;
    let rp: RelyingParty;
    let clientId: string;
    const agent = new Agent();

    beforeEach(async () => {
      count += 1;
      clientId = `client-${count}`;
      await register(app, { client_id: clientId });
      rp = await relyingParty(app, { clientId });
    });
    const disable = () => register(app, { client_id: clientId, is_active: false });

    it('gets an error page in place of a login, never a redirect', async () => {
      const { url } = await prepare(rp);
      await disable();
      const page = await agent.get(url);
      expect(page.status).to.equal(400);
      expect(page.location).to.equal(undefined);
      expect(page.text).to.include('<code id="error-code">invalid_client</code>');
    });

    it('gets no code when it is disabled while the login page is open', async () => {
      const someone = new Agent();
      const page = await someone.follow((await prepare(rp)).url, app.issuer);
      await disable();
      const end = await walk(someone, app.issuer, await answer(someone, page, 'login'));
      expect(end.page.location ?? '').not.to.include('code=');
      expect(end.page.status).to.equal(400);
    });

    it('gets no code when it is disabled while the consent page is open', async () => {
      const someone = new Agent();
      const login = await someone.follow((await prepare(rp)).url, app.issuer);
      const page = await someone.follow(await answer(someone, login, 'login'), app.issuer);
      expect(page.text).to.include('id="consent-form"');
      await disable();
      const end = await someone.follow(
        await someone.submit(formIn(page, 'consent-form'), { decision: 'allow' }),
        app.issuer,
      );
      expect(end.location ?? '').not.to.include('code=');
      expect(end.status).to.equal(400);
    });

    it('cannot redeem, refresh, revoke or introspect: 401 invalid_client', async () => {
      const { tokens } = await logIn(rp, agent, OFFLINE);
      const { url, checks } = await prepare(rp);
      const callback = destination(await walk(agent, app.issuer, url));
      await disable();
      const attempts = {
        redeem: client.authorizationCodeGrant(rp.config, callback, checks),
        refresh: client.refreshTokenGrant(rp.config, tokens.refresh_token ?? ''),
        revoke: client.tokenRevocation(rp.config, tokens.access_token),
        introspect: client.tokenIntrospection(rp.config, tokens.access_token),
      };
      for (const [what, work] of Object.entries(attempts)) {
        const { status, response } = await challenge(work);
        expect(status, what).to.equal(401);
        expect(response.headers.get('www-authenticate'), what).to.include('invalid_client');
      }
    });

    it('cannot use UserInfo with a token it got before', async () => {
      const { tokens } = await logIn(rp, agent);
      await disable();
      expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(401);
    });

    it('cannot bring a user back after logout', async () => {
      const { tokens } = await logIn(rp, agent);
      await disable();
      const url = client.buildEndSessionUrl(rp.config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: 'https://rp.example/logged-out',
      });
      const page = await agent.get(url.href);
      expect(page.status).to.equal(400);
      expect(page.location).to.equal(undefined);
    });

    it('is in the user’s way nowhere else', async () => {
      const someone = new Agent();
      await logIn(rp, someone);
      await disable();
      expect((await logIn(await relyingParty(app), someone)).claims.sub).to.equal(USER.id);
      const url = `${app.issuer}/api/oauth/logout`;
      expect((await walk(someone, app.issuer, url)).page.text).to.include('id="signed-out"');
    });

    it('works as before when it is enabled again, with the tokens it has', async () => {
      const { tokens } = await logIn(rp, agent, OFFLINE);
      await disable();
      await register(app, { client_id: clientId });
      expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(200);
      await client.refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
    });

    it('is told nothing by a wrong secret that it is not told by the right one', async () => {
      await disable();
      const answers = await Promise.all(
        [SECRET, 'wrong'].map(async (secret) => {
          const response = await fetch(`${app.issuer}/api/oauth/token`, {
            method: 'POST',
            headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
            body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x' }),
          });
          return { status: response.status, body: await response.json() };
        }),
      );
      expect(answers[0]).to.deep.equal(answers[1]);
    });
  });
});
