// A restart loses nothing: what a user or an app has begun goes on afterwards.
import { expect } from 'chai';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { Agent } from '../support/agent.js';
import { startApp, type TestApp, USER, userinfo } from '../support/app.js';
import { logIn, prepare, type RelyingParty, register, relyingParty } from '../support/relying-party.js';
import { answer, destination, questionOn, walk } from '../support/walk.js';

describe('a restart', () => {
  let app: TestApp;
  let rp: RelyingParty;

  before(async () => {
    app = await startApp();
    rp = await relyingParty(app);
  });
  after(() => app.close());

  it('in the middle of a login lets the login finish', async () => {
    await register(app, { client_id: 'new-app' });
    const party = await relyingParty(app, { clientId: 'new-app' });
    const agent = new Agent();
    const { url, checks } = await prepare(party);
    let page = await agent.follow(url, app.issuer);
    expect(questionOn(page)).to.equal('login');
    await app.restart();
    page = await agent.follow(await answer(agent, page, 'login'), app.issuer);
    expect(questionOn(page)).to.equal('consent');
    await app.restart();
    const callback = destination(await walk(agent, app.issuer, await answer(agent, page, 'consent')));
    await app.restart();
    const tokens = await client.authorizationCodeGrant(party.config, callback, checks);
    expect(tokens.claims()?.sub).to.equal(USER.id);
  });

  it('keeps sessions, consents, tokens and keys', async () => {
    const agent = new Agent();
    const { tokens, claims } = await logIn(rp, agent, {
      scope: 'openid profile email offline_access',
      prompt: 'consent',
    });
    await app.restart();
    const silent = await logIn(rp, agent, { prompt: 'none' });
    expect(silent.claims).to.include({ sub: claims.sub, auth_time: claims.auth_time });
    expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(200);
    await client.refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
    const jwks = createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));
    await jwtVerify(tokens.id_token ?? '', jwks, { issuer: app.issuer });
  });

  it('does not make a used code or a revoked token good again', async () => {
    const { url, checks } = await prepare(rp);
    const callback = destination(await walk(new Agent(), app.issuer, url));
    const tokens = await client.authorizationCodeGrant(rp.config, callback, checks);
    await client.tokenRevocation(rp.config, tokens.access_token);
    await app.restart();
    const again = client.authorizationCodeGrant(rp.config, callback, checks);
    expect(await again.catch((error) => error.error)).to.equal('invalid_grant');
    expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(401);
  });
});
