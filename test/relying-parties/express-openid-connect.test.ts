// express-openid-connect, as its README has it.
import { createRequire } from 'node:module';
import { expect } from 'chai';
import express from 'express';
import { SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { browse, newPerson, type RpServer, registerAt, serveRp } from './support.js';

const { auth, requiresAuth } = createRequire(import.meta.url)('express-openid-connect');

describe('express-openid-connect', () => {
  let app: TestApp;
  let rp: RpServer;

  before(async () => {
    app = await startApp();
    rp = await serveRp((origin) => {
      const server = express();
      server.use(
        auth({
          issuerBaseURL: app.issuer,
          baseURL: origin,
          clientID: 'express-oidc',
          clientSecret: SECRET,
          secret: 'a long secret for the session cookie of this app',
          authRequired: false,
          idpLogout: true,
          authorizationParams: {
            response_type: 'code',
            scope: 'openid profile email offline_access',
            prompt: 'consent',
          },
        }),
      );
      server.get('/me', requiresAuth(), async (req, res) => {
        const { oidc } = req as never as {
          oidc: { fetchUserInfo(): Promise<unknown>; idTokenClaims: unknown };
        };
        res.json({ claims: oidc.idTokenClaims, userinfo: await oidc.fetchUserInfo() });
      });
      server.get('/refresh', requiresAuth(), async (req, res) => {
        const { oidc } = req as never as {
          oidc: { accessToken: { access_token: string; refresh(): Promise<{ access_token: string }> } };
        };
        const before = oidc.accessToken.access_token;
        const after = (await oidc.accessToken.refresh()).access_token;
        res.json({
          isNew: after !== before,
          userinfo: await fetch(`${app.issuer}/api/oauth/userinfo`, {
            headers: { authorization: `Bearer ${after}` },
          }).then((answer) => answer.json()),
        });
      });
      server.get('/', (req, res) => {
        res.json({
          isLoggedIn: (req as never as { oidc: { isAuthenticated(): boolean } }).oidc.isAuthenticated(),
        });
      });
      return server;
    });
    await registerAt(app, rp.origin, { client_id: 'express-oidc' }, '/callback');
  });
  after(async () => {
    await rp?.close();
    await app?.close();
  });

  it('logs in, reads UserInfo, refreshes and logs out', async () => {
    const agent = newPerson();
    const me = await browse(agent, `${rp.origin}/me`);
    expect(JSON.parse(me.text)).to.nested.include({ 'claims.sub': USER.id, 'userinfo.name': USER.name });
    const refreshed = JSON.parse((await browse(agent, `${rp.origin}/refresh`)).text);
    expect(refreshed).to.nested.include({ isNew: true, 'userinfo.sub': USER.id });
    const out = await browse(agent, `${rp.origin}/logout`);
    expect(new URL(out.url).origin).to.equal(rp.origin);
    expect(JSON.parse(out.text)).to.deep.equal({ isLoggedIn: false });
    // The provider's session has ended too: whoever comes now is asked to log in.
    expect(
      (await agent.follow((await agent.get(`${rp.origin}/me`)).location ?? '', app.issuer)).text,
    ).to.include('login-form');
  });
});
