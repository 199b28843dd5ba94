// The whole life of a login as a relying party with openid-client lives it. Whatever the library checks
// (signature, iss, aud, nonce, state, iss parameter, sub of UserInfo) is checked here too.
import { expect } from 'chai';
import * as client from 'openid-client';
import { Agent } from '../support/agent.js';
import { SECRET, SPA_CLIENT, startApp, type TestApp, USER, WEB_CLIENT } from '../support/app.js';
import {
  logIn,
  prepare,
  publicRelyingParty,
  type RelyingParty,
  refusal,
  register,
  relyingParty,
} from '../support/relying-party.js';
import { destination, postedAnswer, walk } from '../support/walk.js';

const LOGGED_OUT = 'https://rp.example/logged-out';

describe('openid-client', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await register(app, { client_id: 'web-post', token_endpoint_auth_method: 'client_secret_post' });
    await register(app, {
      ...SPA_CLIENT,
      client_id: 'browser-app',
      post_logout_redirect_uris: [LOGGED_OUT],
    });
  });

  after(() => app.close());

  const variants: Record<string, () => Promise<RelyingParty>> = {
    'a confidential client with client_secret_basic': () => relyingParty(app),
    'a confidential client with client_secret_post': () =>
      relyingParty(app, { clientId: 'web-post', auth: client.ClientSecretPost(SECRET) }),
    'a public client': () =>
      relyingParty(app, {
        clientId: 'browser-app',
        redirectUri: SPA_CLIENT.redirect_uris[0] ?? '',
        auth: client.None(),
      }),
  };

  for (const [name, open] of Object.entries(variants)) {
    it(`logs in, reads UserInfo, refreshes and logs out as ${name}`, async () => {
      const rp = await open();
      const agent = new Agent();

      const scope = 'openid profile email offline_access';
      const { tokens, claims, shown } = await logIn(rp, agent, { scope, prompt: 'consent' });
      expect(shown).to.deep.equal(['login', 'consent']);
      expect(claims.sub).to.equal(USER.id);
      expect(claims.aud).to.equal(rp.config.clientMetadata().client_id);
      expect(claims.amr).to.deep.equal(['pwd']);
      expect(claims.acr).to.equal('urn:link2ur:acr:password');
      expect(claims.auth_time).to.be.a('number');
      expect(tokens.expires_in).to.equal(3600);
      expect(tokens.scope?.split(' ').sort()).to.deep.equal(scope.split(' ').sort());

      const userInfo = await client.fetchUserInfo(rp.config, tokens.access_token, claims.sub);
      expect(userInfo).to.deep.equal({
        sub: USER.id,
        name: '张三',
        given_name: '三',
        family_name: '张',
        picture: 'https://cdn.example/avatars/10000001.jpg',
        locale: 'zh-CN',
        updated_at: 1767323045,
        email: USER.email,
        email_verified: true,
      });

      const refreshed = await client.refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
      expect(refreshed.access_token).not.to.equal(tokens.access_token);
      expect(refreshed.refresh_token).to.be.a('string').and.not.to.equal(tokens.refresh_token);
      expect(refreshed.claims()).to.include({ sub: USER.id, auth_time: claims.auth_time });
      await client.fetchUserInfo(rp.config, refreshed.access_token, claims.sub);

      const state = client.randomState();
      const endSession = client.buildEndSessionUrl(rp.config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: LOGGED_OUT,
        state,
      });
      const loggedOut = await walk(agent, app.issuer, endSession.href);
      expect(loggedOut.shown).to.deep.equal([]);
      expect(destination(loggedOut).href).to.equal(`${LOGGED_OUT}?state=${state}`);

      const { error } = await refusal(rp, agent, { prompt: 'none' });
      expect(error.error).to.equal('login_required');
    });
  }

  it('logs in without a second question while the session and the consent last', async () => {
    const rp = await relyingParty(app);
    const agent = new Agent();
    const first = await logIn(rp, agent);
    const second = await logIn(rp, agent);
    expect(second.shown).to.deep.equal([]);
    expect(second.claims.auth_time).to.equal(first.claims.auth_time);
  });

  it('discovers the provider by its RFC 8414 metadata, too', async () => {
    const config = await client.discovery(
      new URL(app.issuer),
      WEB_CLIENT.client_id,
      undefined,
      client.ClientSecretBasic(SECRET),
      { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
    );
    expect(config.serverMetadata().issuer).to.equal(app.issuer);
    expect(config.serverMetadata().supportsPKCE()).to.equal(true);
  });

  it('gets an answer by form_post, which openid-client redeems', async () => {
    const rp = await relyingParty(app);
    const { url, checks, form } = await formPost(rp);
    expect(form.action).to.equal(rp.redirectUri);
    expect(url).to.include('response_mode=form_post');
    const request = new Request(form.action, { method: 'POST', body: new URLSearchParams(form.fields) });
    const tokens = await client.authorizationCodeGrant(rp.config, request, checks);
    expect(tokens.claims()?.sub).to.equal(USER.id);
  });

  async function formPost(rp: RelyingParty) {
    const attempt = await prepare(rp, { response_mode: 'form_post' });
    return { ...attempt, form: postedAnswer(await walk(new Agent(), app.issuer, attempt.url)) };
  }

  it('gets errors by form_post as well', async () => {
    const rp = await relyingParty(app);
    const { url, checks } = await prepare(rp, { response_mode: 'form_post', prompt: 'none' });
    const { action, fields } = postedAnswer(await walk(new Agent(), app.issuer, url));
    expect(action).to.equal(rp.redirectUri);
    expect(fields).to.include({ error: 'login_required', state: checks.expectedState, iss: app.issuer });
    expect(fields).not.to.have.property('code');
  });

  it('logs a public client in with nothing but PKCE', async () => {
    const { tokens } = await logIn(await publicRelyingParty(app), new Agent());
    expect(tokens.access_token).to.match(/^[\w-]{43,}$/);
  });
});
