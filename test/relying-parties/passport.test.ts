// passport-openidconnect, as its README has it: login with state kept in the session. Refresh and logout are the app's.
import { createRequire } from 'node:module';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { browse, newPerson, type RpServer, registerAt, serveRp } from './support.js';

const OpenIDConnectStrategy = createRequire(import.meta.url)('passport-openidconnect');

interface Kept {
  id: string;
  displayName: string;
  email: string;
  idToken: string;
  refreshToken: string;
}

describe('passport-openidconnect', () => {
  let app: TestApp;
  let rp: RpServer;

  before(async () => {
    app = await startApp();
    const discovery = (await (
      await fetch(`${app.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, string>;
    rp = await serveRp((origin) => {
      const authenticator = new passport.Passport();
      const settings = {
        issuer: discovery.issuer,
        authorizationURL: discovery.authorization_endpoint,
        tokenURL: discovery.token_endpoint,
        userInfoURL: discovery.userinfo_endpoint,
        clientID: 'passport',
        clientSecret: SECRET,
        callbackURL: `${origin}/oauth2/redirect`,
        scope: ['profile', 'email', 'offline_access'],
        skipUserProfile: false,
        prompt: 'consent',
      };
      type Done = (error: unknown, user?: Kept) => void;
      type Profile = { id: string; displayName: string; emails: { value: string }[] };
      const verify = (
        _issuer: string,
        profile: Profile,
        _context: unknown,
        idToken: string,
        _accessToken: string,
        refreshToken: string,
        done: Done,
      ) => {
        const email = profile.emails[0]?.value ?? '';
        done(null, { id: profile.id, displayName: profile.displayName, email, idToken, refreshToken });
      };
      authenticator.use(new OpenIDConnectStrategy(settings, verify));
      authenticator.serializeUser((user, done) => done(null, user));
      authenticator.deserializeUser((user: Express.User, done) => done(null, user));
      const server = express();
      server.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false }));
      server.use(authenticator.session());
      server.get('/login', authenticator.authenticate('openidconnect'));
      server.get(
        '/oauth2/redirect',
        authenticator.authenticate('openidconnect', { failureRedirect: '/failed', failureMessage: true }),
        (_req, res) => res.redirect('/me'),
      );
      server.get('/me', (req, res) => void res.json(req.user ?? null));
      server.get('/failed', (_req, res) => void res.status(401).end('failed'));
      server.get('/', (_req, res) => void res.end('logged out'));
      server.get('/logout', (req, res, next) => {
        const { idToken } = req.user as Kept;
        req.logout((error) => {
          if (error) return next(error);
          const query = new URLSearchParams({
            id_token_hint: idToken,
            post_logout_redirect_uri: `${origin}/`,
          });
          res.redirect(`${discovery.end_session_endpoint}?${query}`);
        });
      });
      return server;
    });
    await registerAt(app, rp.origin, { client_id: 'passport' }, '/oauth2/redirect');
  });
  after(async () => {
    await rp?.close();
    await app?.close();
  });

  it('logs in with the profile of UserInfo, refreshes and logs out', async () => {
    const agent = newPerson();
    const me = JSON.parse((await browse(agent, `${rp.origin}/login`)).text) as Kept;
    expect(me).to.include({ id: USER.id, displayName: USER.name, email: USER.email });
    const answer = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: me.refreshToken,
        client_id: 'passport',
        client_secret: SECRET,
      }),
    });
    expect(answer.status).to.equal(200);
    const out = await browse(agent, `${rp.origin}/logout`);
    expect(out).to.include({ url: `${rp.origin}/`, text: 'logged out' });
  });
});
