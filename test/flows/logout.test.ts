// RP-initiated logout: who is asked, where it leads, and what is over afterwards.
import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose';
import * as client from 'openid-client';
import { keyEncryptionSource } from '../../src/app/secrets.js';
import { openKeySet } from '../../src/keys/signing-keys.js';
import { createKeyEncryption } from '../../src/lib/key-encryption.js';
import { Agent, formIn } from '../support/agent.js';
import { startApp, type TestApp, USER, userinfo } from '../support/app.js';
import {
  logIn,
  publicRelyingParty,
  type RelyingParty,
  refusal,
  relyingParty,
} from '../support/relying-party.js';
import { destination, goOn, questionOn, walk } from '../support/walk.js';

const LOGGED_OUT = 'https://rp.example/logged-out';

describe('logout', () => {
  let app: TestApp;
  let rp: RelyingParty;

  before(async () => {
    app = await startApp();
    rp = await relyingParty(app);
  });
  after(() => app.close());

  async function loggedIn() {
    const agent = new Agent();
    const { tokens } = await logIn(rp, agent);
    return { agent, tokens, idToken: tokens.id_token ?? '' };
  }

  const endSession = (params: Record<string, string>) =>
    client.buildEndSessionUrl(rp.config, params).href.replace(/client_id=[^&]*&?/, '');
  const withoutHint = (state: string) =>
    `${bare()}?${new URLSearchParams({ client_id: 'web-app', post_logout_redirect_uri: LOGGED_OUT, state })}`;
  const bare = () => `${app.issuer}/api/oauth/logout`;

  const isLoggedIn = async (agent: Agent) => {
    try {
      return (await refusal(rp, agent, { prompt: 'none' })).error.error !== 'login_required';
    } catch {
      return true; // Not refused.
    }
  };

  it('asks, and returns with the state once confirmed; the session is over', async () => {
    const { agent } = await loggedIn();
    const page = await agent.follow(withoutHint('of-the-app'), app.issuer);
    expect(questionOn(page)).to.equal('logout');
    expect(page.text).to.include('Web App');
    const end = await walk(agent, app.issuer, page);
    expect(destination(end).href).to.equal(`${LOGGED_OUT}?state=of-the-app`);
    expect(await isLoggedIn(agent)).to.equal(false);
  });

  it('cancelled returns as well, but the user stays logged in', async () => {
    const { agent } = await loggedIn();
    const page = await agent.follow(withoutHint('s'), app.issuer);
    const end = await agent.follow(await agent.submit(formIn(page, 'logout-form')), app.issuer);
    expect(destination({ page: end }).href).to.equal(`${LOGGED_OUT}?state=s`);
    expect(await isLoggedIn(agent)).to.equal(true);
  });

  it('needs no question when an ID token of the user at hand comes with it', async () => {
    const { agent, idToken } = await loggedIn();
    const url = endSession({ id_token_hint: idToken, post_logout_redirect_uri: LOGGED_OUT, state: 's' });
    const end = await walk(agent, app.issuer, url);
    expect(end.shown).to.deep.equal([]);
    expect(destination(end).href).to.equal(`${LOGGED_OUT}?state=s`);
    expect(await isLoggedIn(agent)).to.equal(false);
  });

  it('ends the access tokens of the session', async () => {
    const { agent, idToken, tokens } = await loggedIn();
    expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(200);
    await walk(agent, app.issuer, endSession({ id_token_hint: idToken }));
    expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(401);
  });

  it('ends the session of this browser only', async () => {
    const here = await loggedIn();
    const there = await loggedIn();
    await walk(here.agent, app.issuer, endSession({ id_token_hint: here.idToken }));
    expect(await isLoggedIn(there.agent)).to.equal(true);
    expect((await userinfo(app.issuer, there.tokens.access_token)).status).to.equal(200);
  });

  it('without an address to return to ends on our page, which links back to the app', async () => {
    const { agent, idToken } = await loggedIn();
    const { page, shown } = await walk(agent, app.issuer, endSession({ id_token_hint: idToken }));
    expect(shown).to.deep.equal([]);
    expect(page.status).to.equal(200);
    expect(page.text).to.include('id="signed-out"');
    expect(await isLoggedIn(agent)).to.equal(false);
  });

  it('works without any parameter, and for someone who is not logged in', async () => {
    const { agent } = await loggedIn();
    for (const someone of [agent, new Agent()]) {
      const { page } = await walk(someone, app.issuer, bare());
      expect(page.text).to.include('id="signed-out"');
      expect(await isLoggedIn(someone)).to.equal(false);
    }
  });

  it('returns to the app without a question when nobody is logged in', async () => {
    const { idToken } = await loggedIn();
    const url = endSession({ id_token_hint: idToken, post_logout_redirect_uri: LOGGED_OUT, state: 's' });
    const end = await walk(new Agent(), app.issuer, url);
    expect(end.shown).to.deep.equal([]);
    expect(destination(end).href).to.equal(`${LOGGED_OUT}?state=s`);
  });

  it('knows the app by client_id as well as by the hint', async () => {
    const { agent } = await loggedIn();
    const url = `${bare()}?${new URLSearchParams({
      client_id: 'web-app',
      post_logout_redirect_uri: LOGGED_OUT,
    })}`;
    expect(destination(await walk(agent, app.issuer, url)).href).to.equal(LOGGED_OUT);
  });

  it('accepts an ID token that has expired as a hint', async () => {
    const { agent, idToken } = await loggedIn();
    const expired = await reissue(idToken, { exp: Math.floor(Date.now() / 1000) - 3600 });
    const url = endSession({ id_token_hint: expired, post_logout_redirect_uri: LOGGED_OUT });
    expect(destination(await walk(agent, app.issuer, url)).href).to.equal(LOGGED_OUT);
  });

  /** The same ID token with other claims, signed by the provider’s own key. */
  async function reissue(idToken: string, change: Record<string, unknown>): Promise<string> {
    const { config, stores } = app.services;
    const encryption = createKeyEncryption(keyEncryptionSource(config));
    const { signing } = await openKeySet(await stores.keys.list(), encryption);
    const { kid, alg = 'RS256' } = decodeProtectedHeader(idToken);
    const key = signing.find((jwk) => jwk.kid === kid);
    if (!key) throw new Error('no such key');
    return new SignJWT({ ...decodeJwt(idToken), ...change })
      .setProtectedHeader({ alg, kid: String(kid) })
      .sign(await importJWK(key, alg));
  }

  describe('never redirects', () => {
    const wrong: Record<string, (idToken: string) => Record<string, string>> = {
      'to an address that is not registered': (idToken) => ({
        id_token_hint: idToken,
        post_logout_redirect_uri: 'https://evil.example/',
      }),
      'to a registered address with something added': (idToken) => ({
        id_token_hint: idToken,
        post_logout_redirect_uri: `${LOGGED_OUT}?foo=bar`,
      }),
      'on a hint that is no token': () => ({
        id_token_hint: 'nonsense',
        post_logout_redirect_uri: LOGGED_OUT,
      }),
      'on a hint with a broken signature': (idToken) => ({
        id_token_hint: `${idToken.split('.').slice(0, 2).join('.')}.${'A'.repeat(342)}`,
        post_logout_redirect_uri: LOGGED_OUT,
      }),
      'on a hint without a signature': (idToken) => ({
        id_token_hint: `${btoa('{"alg":"none"}').replaceAll('=', '')}.${idToken.split('.')[1]}.`,
        post_logout_redirect_uri: LOGGED_OUT,
      }),
      'on a hint for another client than client_id': (idToken) => ({
        id_token_hint: idToken,
        client_id: 'spa',
        post_logout_redirect_uri: LOGGED_OUT,
      }),
      'for an unknown client': () => ({
        client_id: 'nobody',
        post_logout_redirect_uri: LOGGED_OUT,
      }),
    };
    for (const [what, params] of Object.entries(wrong)) {
      it(what, async () => {
        const { agent, idToken } = await loggedIn();
        const page = await agent.get(`${bare()}?${new URLSearchParams(params(idToken))}`);
        expect(page.status).to.equal(400);
        expect(page.location).to.equal(undefined);
        expect(page.text).to.include('id="error-code"');
        expect(await isLoggedIn(agent)).to.equal(true);
      });
    }

    it('without a hint or client: the address is not used', async () => {
      const { agent } = await loggedIn();
      const url = `${bare()}?${new URLSearchParams({ post_logout_redirect_uri: LOGGED_OUT, state: 's' })}`;
      const { page } = await walk(agent, app.issuer, url);
      expect(page.location).to.equal(undefined);
      expect(page.text).to.include('id="signed-out"');
    });
  });

  it('does not happen without the secret of the page (CSRF)', async () => {
    const { agent } = await loggedIn();
    await agent.follow(bare(), app.issuer);
    for (const xsrf of ['', 'guessed']) {
      const page = await agent.post(`${bare()}/confirm`, { xsrf, logout: 'yes' });
      expect(page.status).to.equal(400);
      expect(await isLoggedIn(agent)).to.equal(true);
    }
  });

  it('lets the page’s form lead to the app, and cannot be framed', async () => {
    const { agent } = await loggedIn();
    const page = await agent.follow(withoutHint('s'), app.issuer);
    const policy = page.headers.get('content-security-policy');
    expect(policy).to.include("form-action 'self' https://rp.example;");
    expect(policy).to.include("frame-ancestors 'none'");
    expect(page.headers.get('x-frame-options')).to.equal('DENY');
  });

  it('of one app is the logout of all of them in this browser', async () => {
    const { agent, idToken } = await loggedIn();
    const spa = await publicRelyingParty(app);
    const { tokens } = await logIn(spa, agent);
    await walk(agent, app.issuer, endSession({ id_token_hint: idToken }));
    expect((await refusal(spa, agent, { prompt: 'none' })).error.error).to.equal('login_required');
    expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(401);
  });

  it('is written down with the user', async () => {
    const { agent, idToken } = await loggedIn();
    await goOn(agent, app.issuer, bare());
    await walk(agent, app.issuer, endSession({ id_token_hint: idToken }));
    const events = await app.services.stores.audit.list({ type: 'session.ended', limit: 1 });
    expect(events[0]).to.include({ userId: USER.id, clientId: 'web-app' });
  });
});
