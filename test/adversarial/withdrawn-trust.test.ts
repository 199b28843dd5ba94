// Clients that were disabled and users who were deactivated: nothing of theirs works any more.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  obtainTokens,
  PASSWORD,
  refresh,
  SECRET,
  startApp,
  type TestApp,
  USER,
  userinfo,
  WEB_CLIENT,
} from '../support/app.js';
import { askSilently, openConsent, openLogin } from '../support/browsing.js';
import { type Inspector, openInspector } from '../support/inspector.js';
import { send } from '../support/raw-http.js';

describe('trust that was withdrawn', () => {
  let app: TestApp;
  let inspector: Inspector;

  before(async () => {
    app = await startApp();
    inspector = await openInspector(app.dataDir);
  });

  after(async () => {
    await inspector.close();
    await app.close();
  });

  async function setClient(isActive: boolean): Promise<void> {
    const client = clientInputSchema.parse({ ...WEB_CLIENT, is_active: isActive });
    await app.services.clients.apply(client, 'operator:test');
  }

  async function setUser(isActive: boolean): Promise<void> {
    await inspector.change('UPDATE users SET is_active = $2 WHERE id = $1', [USER.id, isActive]);
  }

  async function introspect(token: string) {
    const body = new URLSearchParams({ client_id: 'web-app', client_secret: SECRET, token });
    const response = await fetch(`${app.issuer}/api/oauth/introspect`, { method: 'POST', body });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  describe('from a client', () => {
    let agent: Agent;
    let tokens: Awaited<ReturnType<typeof obtainTokens>>;
    let code: string;

    before(async () => {
      agent = new Agent();
      tokens = await obtainTokens(app.issuer, agent);
      code = (await askSilently(agent, app.issuer)).get('code') ?? '';
      expect((await userinfo(app.issuer, tokens.access_token ?? '')).status).to.equal(200);
      await setClient(false);
    });

    after(() => setClient(true));

    it('kills its access tokens', async () => {
      const { status, body } = await userinfo(app.issuer, tokens.access_token ?? '');
      expect(status).to.equal(401);
      expect(body.error).to.equal('invalid_token');
    });

    it('kills its refresh tokens and codes', async () => {
      expect((await refresh(app.issuer, tokens.refresh_token ?? '')).status).to.equal(401);
      expect((await exchangeCode(app.issuer, code)).status).to.equal(401);
      expect((await introspect(tokens.access_token ?? '')).status).to.equal(401);
    });

    it('answers as if it had never been registered', async () => {
      const { body } = await refresh(app.issuer, tokens.refresh_token ?? '');
      const other = await fetch(`${app.issuer}/api/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: 'never', client_secret: SECRET, grant_type: 'refresh_token' }),
      });
      expect(body).to.deep.equal(await other.json());
    });

    it('stops its authorization requests at a page, silent ones too', async () => {
      for (const prompt of ['none', 'login']) {
        const page = await agent.get(authorizeUrl(app.issuer, { prompt }));
        expect(page.status).to.equal(400);
        expect(page.location).to.equal(undefined);
        expect(page.text).to.include('id="error-code">invalid_client<');
      }
    });

    it('stops a consent that was under way', async () => {
      await setClient(true);
      const waiting = new Agent();
      const form = formIn(await openConsent(waiting, app.issuer, { prompt: 'consent' }), 'consent-form');
      await setClient(false);
      const end = await waiting.follow(await waiting.submit(form, { decision: 'allow' }), app.issuer);
      expect(end.status).to.be.within(400, 499);
      expect(end.location).to.equal(undefined);
    });
  });

  describe('from a user', () => {
    let agent: Agent;
    let tokens: Awaited<ReturnType<typeof obtainTokens>>;
    let code: string;

    before(async () => {
      agent = new Agent();
      tokens = await obtainTokens(app.issuer, agent);
      code = (await askSilently(agent, app.issuer)).get('code') ?? '';
      await setUser(false);
    });

    after(() => setUser(true));

    it('kills access tokens', async () => {
      const { status, body } = await userinfo(app.issuer, tokens.access_token ?? '');
      expect(status).to.equal(401);
      expect(body.error).to.equal('invalid_token');
    });

    it('kills codes and refresh tokens', async () => {
      expect((await exchangeCode(app.issuer, code)).body.error).to.equal('invalid_grant');
      expect((await refresh(app.issuer, tokens.refresh_token ?? '')).body.error).to.equal('invalid_grant');
    });

    it('ends silent sign-in, and asks for somebody else to log in', async () => {
      expect((await askSilently(agent, app.issuer)).get('error')).to.equal('login_required');
      const page = await agent.follow(authorizeUrl(app.issuer), app.issuer);
      expect(page.text).to.include('id="login-form"').and.not.include(USER.name);
    });

    it('ends login with the right password', async () => {
      const fresh = new Agent();
      const form = formIn(await openLogin(fresh, app.issuer), 'login-form');
      const page = await fresh.submit(form, { username: USER.email, password: PASSWORD });
      expect(page.status).to.equal(400);
      expect(page.text).to.include('id="login-form"');
    });
  });

  describe('from an address', () => {
    it('is not lent by X-Forwarded-For when no proxy is trusted', async () => {
      const spoofed = '203.0.113.77';
      const forwarded = {
        'x-forwarded-for': spoofed,
        'x-real-ip': spoofed,
        forwarded: `for=${spoofed}`,
        'x-client-ip': spoofed,
        'cf-connecting-ip': spoofed,
      };
      const agent = new Agent();
      agent.headers = { ...agent.headers, ...forwarded };
      await obtainTokens(app.issuer, agent);
      await send(app.issuer, { target: '/healthz', headers: forwarded });
      const rows = await inspector.query<{ ip: string; type: string }>(
        'SELECT DISTINCT ip, type FROM oauth_audit_event',
      );
      const ips = new Set(rows.filter(({ ip }) => ip).map(({ ip }) => ip));
      expect(rows.map(({ type }) => type))
        .to.include('login.succeeded')
        .and.include('consent.granted');
      expect([...ips]).to.deep.equal(['127.0.0.1']);
      expect(app.logs.join('\n')).not.to.include(spoofed);
    });
  });
});
