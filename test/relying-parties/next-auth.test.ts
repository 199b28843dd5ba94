// next-auth 4 with a provider of type oauth. It needs next itself, some hundred megabytes that no other test uses; what it
// says to a provider, it says through openid-client 5. So this stands for it: that library, unmodified, in the calls of
// next-auth's core/lib/oauth (client, authorization-url, callback), for the provider of the guide: wellKnown, idToken,
// checks pkce, state and nonce, and a userinfo.request.
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { type Client, custom, generators, Issuer, type TokenSet } from 'openid-client-5';
import { SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { browse, newPerson, type RpServer, registerAt, serveRp } from './support.js';

interface Kept {
  checks: { state: string; nonce: string; code_verifier: string };
  tokens: TokenSet;
}

const CALLBACK = '/api/auth/callback/link2ur';

/** core/lib/oauth/client.ts */
async function openidClient(issuer: string, origin: string): Promise<Client> {
  const { Client } = await Issuer.discover(`${issuer}/.well-known/openid-configuration`);
  const client = new Client({
    client_id: 'next-auth',
    client_secret: SECRET,
    redirect_uris: [`${origin}${CALLBACK}`],
  });
  client[custom.clock_tolerance] = 10;
  return client;
}

describe('next-auth 4, through its openid-client 5', () => {
  let app: TestApp;
  let rp: RpServer;

  before(async () => {
    app = await startApp();
    rp = await serveRp((origin) => {
      const server = express();
      server.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false }));
      const kept = (req: express.Request) => req.session as unknown as Kept;

      server.get('/api/auth/signin/link2ur', async (req, res) => {
        const client = await openidClient(app.issuer, origin);
        const checks = {
          state: generators.state(),
          nonce: generators.nonce(),
          code_verifier: generators.codeVerifier(),
        };
        kept(req).checks = checks;
        const url = client.authorizationUrl({
          scope: 'openid profile email offline_access',
          prompt: 'consent',
          state: checks.state,
          nonce: checks.nonce,
          code_challenge: generators.codeChallenge(checks.code_verifier),
          code_challenge_method: 'S256',
        });
        res.redirect(url);
      });

      server.get(CALLBACK, async (req, res) => {
        const client = await openidClient(app.issuer, origin);
        const { checks } = kept(req);
        const query = new URLSearchParams(req.query as Record<string, string>);
        const params = client.callbackParams(`http://n?${query}`);
        const tokens = await client.callback(`${origin}${CALLBACK}`, params, {
          state: checks.state,
          nonce: checks.nonce,
          code_verifier: checks.code_verifier,
        });
        kept(req).tokens = tokens;
        res.json({ claims: tokens.claims(), profile: await client.userinfo(String(tokens.access_token)) });
      });

      server.get('/refresh', async (req, res) => {
        const client = await openidClient(app.issuer, origin);
        const before = kept(req).tokens;
        const tokens = await client.refresh(String(before.refresh_token));
        kept(req).tokens = tokens;
        res.json({
          hasRotated: tokens.refresh_token !== before.refresh_token,
          profile: await client.userinfo(String(tokens.access_token)),
        });
      });

      server.get('/logout', async (req, res) => {
        const client = await openidClient(app.issuer, origin);
        const { refresh_token: token = '', id_token: hint = '' } = kept(req).tokens;
        await client.revoke(token);
        res.redirect(client.endSessionUrl({ id_token_hint: hint, post_logout_redirect_uri: `${origin}/` }));
      });
      server.get('/', (_req, res) => void res.end('home'));
      return server;
    });
    await registerAt(app, rp.origin, { client_id: 'next-auth' }, CALLBACK);
  });
  after(async () => {
    await rp?.close();
    await app?.close();
  });

  it('logs in, knows the user, refreshes and logs out', async () => {
    const agent = newPerson();
    const page = await browse(agent, `${rp.origin}/api/auth/signin/link2ur`);
    const { claims, profile } = JSON.parse(page.text);
    expect(claims.sub).to.equal(USER.id);
    expect(profile).to.include({ sub: USER.id, name: USER.name, email: USER.email });

    const again = JSON.parse((await agent.get(`${rp.origin}/refresh`)).text);
    expect(again.hasRotated).to.equal(true);
    expect(again.profile.sub).to.equal(USER.id);

    const out = await browse(agent, `${rp.origin}/logout`);
    expect(out).to.include({ url: `${rp.origin}/`, text: 'home' });
    // The session is over: the next login asks.
    const next = await agent.get((await agent.get(`${rp.origin}/api/auth/signin/link2ur`)).location ?? '');
    expect(next.location).to.match(/\/interaction\//);
  });
});
