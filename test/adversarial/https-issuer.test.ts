// A provider behind TLS: what depends on the issuer's scheme and name, and on nothing the request says.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Agent, type Form, formIn, type Page } from '../support/agent.js';
import {
  authorizeUrl,
  copyOfTemplate,
  exchangeCode,
  PASSWORD,
  startApp,
  type TestApp,
  USER,
} from '../support/app.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { eventually } from '../support/production/waiting.js';
import { send } from '../support/raw-http.js';
import { register } from '../support/relying-party.js';

const ISSUER = 'https://op.example';

/** The key under which the signing keys in the template of all data folders are sealed. */
async function templateKey(): Promise<string> {
  const folder = await copyOfTemplate();
  const key = await readFile(join(folder, 'key-encryption-key'), 'utf8');
  await rm(folder, { recursive: true, force: true });
  return key.trim();
}

describe('a provider at an https issuer', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({
      env: {
        OAUTH_ISSUER: ISSUER,
        HOST: '127.0.0.1',
        COOKIE_KEYS: 'kT7wq9ZbX2vN4mR8sL1pD6fH3jC5gA0e',
        KEY_ENCRYPTION_KEY: await templateKey(),
      },
    });
  });

  after(() => app.close());

  /** The address as it is reached in this test, behind the proxy that is not there. */
  const here = (url: string) => url.replace(ISSUER, app.issuer);

  async function follow(agent: Agent, start: Page): Promise<Page> {
    let page = start;
    while (page.location && here(page.location).startsWith(app.issuer))
      page = await agent.get(here(page.location));
    return page;
  }

  const submit = (agent: Agent, { action, fields }: Form, more: Record<string, string>) =>
    agent.post(here(action), { ...fields, ...more });

  it('sets its session cookie with the __Host- prefix, Secure, and every other cookie Secure', async () => {
    const agent = new Agent();
    const lines: string[] = [];
    const record = (page: Page) => {
      lines.push(...page.headers.getSetCookie());
      return page;
    };
    const first = record(await agent.get(authorizeUrl(app.issuer)));
    const login = record(await agent.get(here(first.location ?? '')));
    const form = formIn(login, 'login-form');
    const done = record(await submit(agent, form, { username: USER.email, password: PASSWORD }));
    record(await agent.get(here(done.location ?? '')));
    const session = lines.filter((line) => /^__Host-link2ur_op_session(\.sig)?=/.test(line));
    expect(session.length).to.be.greaterThan(0);
    for (const line of session) {
      expect(line).to.match(/; path=\/(;|$)/i);
      expect(line).not.to.match(/; domain=/i);
    }
    for (const line of lines) {
      expect(line)
        .to.match(/; secure/i)
        .and.to.match(/; httponly/i)
        .and.to.match(/; samesite=lax/i);
    }
  });

  it('signs people in and names itself as configured', async () => {
    const agent = new Agent();
    const login = await follow(agent, await agent.get(authorizeUrl(app.issuer)));
    const form = formIn(login, 'login-form');
    const next = await submit(agent, form, { username: USER.email, password: PASSWORD });
    const consent = formIn(await follow(agent, next), 'consent-form');
    const end = await follow(agent, await submit(agent, consent, { decision: 'allow' }));
    const back = new URL(end.location ?? '').searchParams;
    expect(back.get('iss')).to.equal(ISSUER);
    const { body } = await exchangeCode(app.issuer, back.get('code') ?? '');
    const claims = JSON.parse(Buffer.from(body.id_token?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.iss).to.equal(ISSUER);
  });

  it('takes forms from its own origin only', async () => {
    const agent = new Agent();
    const login = await follow(agent, await agent.get(authorizeUrl(app.issuer)));
    const { action, fields } = formIn(login, 'login-form');
    const body = new URLSearchParams({ ...fields, username: USER.email, password: PASSWORD });
    const from = (origin: string) =>
      agent.request(here(action), { method: 'POST', body, headers: { origin } });
    expect((await from('http://op.example')).status).to.equal(403);
    expect((await from(app.issuer)).status).to.equal(403);
    expect((await from(ISSUER)).status).to.equal(303);
  });

  it('calls no address of this machine or of a private network, whatever is registered', async () => {
    const receiver = await openLogoutReceiver();
    const { port } = new URL(receiver.uri);
    const hosts = ['localhost', '127.0.0.1'];
    try {
      for (const host of hosts) {
        const client_id = `told-at-${host}`;
        await register(app, { client_id, backchannel_logout_uri: `http://${host}:${port}/` });
        const agent = new Agent();
        let page = await follow(agent, await agent.get(authorizeUrl(app.issuer, { client_id })));
        const next = await submit(agent, formIn(page, 'login-form'), {
          username: USER.email,
          password: PASSWORD,
        });
        const consent = formIn(await follow(agent, next), 'consent-form');
        await follow(agent, await submit(agent, consent, { decision: 'allow' }));
        page = await agent.get(`${app.issuer}/account/apps/${client_id}/revoke`);
        const done = await submit(agent, formIn(page, 'revoke-form'), {});
        expect(done.location).to.match(/\?done=revoked$/);
        const filter = { type: 'backchannel_logout.failed', clientId: client_id, limit: 1 };
        await eventually(10_000, async () => {
          const [event] = await app.services.stores.audit.list(filter);
          expect(event?.details?.reason).to.include('special-use IP address');
        });
      }
      expect(receiver.received).to.deep.equal([]);
    } finally {
      await receiver.close();
    }
  });

  it('tells browsers to come back over TLS only', async () => {
    for (const target of ['/', '/.well-known/openid-configuration', '/nowhere']) {
      const { headers } = await send(app.issuer, { target });
      expect(headers['strict-transport-security']).to.match(/^max-age=\d{7,}/);
    }
  });

  const POISON: Record<string, string>[] = [
    { host: 'evil.example' },
    { 'x-forwarded-host': 'evil.example' },
    { 'x-forwarded-proto': 'http' },
    { 'x-forwarded-port': '666' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-host': 'evil.example', 'x-original-host': 'evil.example', 'x-rewrite-url': '/evil' },
  ];

  for (const headers of POISON) {
    it(`is not renamed by ${JSON.stringify(headers)}`, async () => {
      const discovery = await send(app.issuer, { target: '/.well-known/openid-configuration', headers });
      expect(discovery.status).to.equal(200);
      const document = JSON.parse(discovery.text) as Record<string, unknown>;
      const urls = Object.values(document).filter((value) => String(value).includes('://'));
      expect(urls.length).to.be.greaterThan(5);
      for (const url of urls) expect(String(url).startsWith(ISSUER), String(url)).to.equal(true);

      const { pathname, search } = new URL(authorizeUrl(app.issuer));
      const start = await send(app.issuer, { target: pathname + search, headers });
      expect(start.headers.location).to.match(/^\/interaction\//);
      expect(start.headers['set-cookie'])
        .to.match(/; secure/i)
        .and.not.to.match(/evil/);
    });
  }

  it('sends a login that came under a false name back to its own', async () => {
    const agent = new Agent();
    const { pathname, search } = new URL(authorizeUrl(app.issuer));
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    const start = await send(app.issuer, { target: pathname + search, headers });
    const cookie = (start.headers['set-cookie'] ?? '')
      .split('\n')
      .map((line) => line.split(';')[0])
      .join('; ');
    const page = await agent.request(app.issuer + (start.headers.location ?? ''), { headers: { cookie } });
    const { action, fields } = formIn(page, 'login-form');
    const body = new URLSearchParams({ ...fields, username: USER.email, password: PASSWORD });
    const done = await agent.request(action, { method: 'POST', body, headers: { cookie } });
    expect(done.location).to.match(/^https:\/\/op\.example\/api\/oauth\/authorize\//);
  });
});
