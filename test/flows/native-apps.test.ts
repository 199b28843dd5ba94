// Native apps (RFC 8252): loopback on any port, schemes of their own, no secret, always PKCE.
import { expect } from 'chai';
import * as client from 'openid-client';
import { Agent } from '../support/agent.js';
import { startApp, type TestApp, USER } from '../support/app.js';
import {
  logIn,
  prepare,
  type RelyingParty,
  refusal,
  register,
  relyingParty,
} from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

const CUSTOM = 'com.example.app:/callback';

describe('native apps', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await register(app, {
      client_id: 'desktop',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', CUSTOM],
      post_logout_redirect_uris: [],
    });
  });

  after(() => app.close());

  const desktop = (redirectUri: string): Promise<RelyingParty> =>
    relyingParty(app, { clientId: 'desktop', redirectUri, auth: client.None() });

  for (const redirectUri of [
    'http://127.0.0.1:51004/callback',
    'http://127.0.0.1:1024/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:51004/callback',
  ]) {
    it(`returns to ${redirectUri}`, async () => {
      const { claims } = await logIn(await desktop(redirectUri), new Agent());
      expect(claims.sub).to.equal(USER.id);
    });
  }

  it('returns to a scheme of its own', async () => {
    const rp = await desktop(CUSTOM);
    const { url, checks } = await prepare(rp);
    const walked = await walk(new Agent(), app.issuer, url);
    const callback = destination(walked);
    expect(callback.href).to.match(/^com\.example\.app:\/callback\?code=/);
    const tokens = await client.authorizationCodeGrant(rp.config, callback, checks);
    expect(tokens.claims()?.sub).to.equal(USER.id);
  });

  it('lets the consent page lead to the scheme of the app', async () => {
    const { url } = await prepare(await desktop(CUSTOM));
    const page = await new Agent().follow(url, app.issuer);
    expect(page.headers.get('content-security-policy')).to.include("form-action 'self' com.example.app:");
  });

  for (const redirectUri of [
    'http://127.0.0.1:51004/other',
    'http://127.0.0.1:51004/callback?x=1',
    'http://localhost:51004/callback',
    'https://127.0.0.1:51004/callback',
    'http://127.0.0.2:51004/callback',
    'com.example.app:/other',
    'com.example.other:/callback',
  ]) {
    it(`shows an error page instead of returning to ${redirectUri}`, async () => {
      const { url } = await prepare(await desktop(redirectUri));
      const page = await new Agent().get(url);
      expect(page.status).to.equal(400);
      expect(page.location).to.equal(undefined);
      expect(page.text).to.include('<code id="error-code">invalid_redirect_uri</code>');
    });
  }

  it('must redeem the code with the very port it was sent to', async () => {
    const rp = await desktop('http://127.0.0.1:51004/callback');
    const { url, checks } = await prepare(rp);
    const callback = destination(await walk(new Agent(), app.issuer, url));
    callback.port = '51005';
    const error = await client.authorizationCodeGrant(rp.config, callback, checks).catch((reason) => reason);
    expect(error).to.be.instanceOf(client.ResponseBodyError).with.property('error', 'invalid_grant');
  });

  it('is refused without PKCE', async () => {
    const rp = await desktop(CUSTOM);
    const query = { redirect_uri: CUSTOM, scope: 'openid', state: 'the-state' };
    const url = client.buildAuthorizationUrl(rp.config, query);
    const { searchParams } = destination(await walk(new Agent(), app.issuer, url.href));
    expect(searchParams.get('error')).to.equal('invalid_request');
    expect(searchParams.get('error_description')).to.include('PKCE');
    expect(searchParams.get('state')).to.equal('the-state');
  });

  it('is not authorized silently, because anybody could pose as the app (RFC 8252 §8.6)', async () => {
    const rp = await desktop('http://127.0.0.1:51004/callback');
    const agent = new Agent();
    await logIn(rp, agent);
    const { error } = await refusal(rp, agent, { prompt: 'none' });
    expect(error.error).to.equal('interaction_required');
    const again = await logIn(rp, agent);
    expect(again.shown).to.deep.equal(['consent']);
  });
});
