// The demo relying party by itself, with no provider behind it: what it answers, refuses and survives.
import { expect } from 'chai';
import { startRelyingParty } from '../../examples/relying-party/server.js';

describe('the demo relying party, without its provider', () => {
  let app: Awaited<ReturnType<typeof startRelyingParty>>;

  before(async () => {
    app = await startRelyingParty({
      port: 0,
      issuer: 'http://localhost:1', // nothing listens there
      web: { clientId: 'web', clientSecret: 'secret' },
      spa: { clientId: '"><script>alert(1)</script>' },
    });
  });

  after(() => app.close());

  const get = (path: string) => fetch(`${app.url}${path}`, { redirect: 'manual' });
  const post = (path: string, headers: Record<string, string>) =>
    fetch(`${app.url}${path}`, { method: 'POST', headers, redirect: 'manual' });

  it('starts and offers the login although the provider is down', async () => {
    const response = await get('/');
    expect(response.status).to.equal(200);
    expect(await response.text()).to.include('id="login"');
  });

  it('sends a strict content security policy with every page', async () => {
    for (const path of ['/', '/spa', '/nowhere', '/callback']) {
      const policy = (await get(path)).headers.get('content-security-policy') ?? '';
      expect(policy, path).to.include("default-src 'none'").and.include("script-src 'self'");
      expect(policy, path).to.include("connect-src 'self' http://localhost:1");
      expect(policy, path).not.to.include('unsafe');
    }
  });

  it('shows a page, not a stack trace, when the provider does not answer', async () => {
    const response = await get('/login');
    const page = await response.text();
    expect(response.status).to.equal(502);
    expect(page).to.include('<code id="error-code">unreachable</code>').and.include('id="try-again"');
    expect(page).not.to.match(/ at .*\.js|ECONNREFUSED|fetch failed/);
  });

  it('refuses a callback whose state it does not know', async () => {
    for (const path of [
      '/callback',
      '/callback?code=a',
      '/callback?code=a&state=b',
      '/callback?error=c&state=d',
    ]) {
      const response = await get(path);
      expect(response.status, path).to.equal(400);
      expect(await response.text(), path).to.include('unknown_state');
    }
  });

  it('refuses a logout return whose state it does not know', async () => {
    expect((await get('/logged-out')).status).to.equal(400);
    expect((await get('/logged-out?state=x')).status).to.equal(400);
  });

  it('refuses a POST that does not come from its own pages', async () => {
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'null' },
      { origin: 'https://evil.example' },
      { origin: app.url, 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      for (const path of ['/refresh', '/logout']) {
        expect((await post(path, headers)).status, `${path} ${JSON.stringify(headers)}`).to.equal(403);
      }
    }
  });

  it('accepts a POST from its own pages', async () => {
    const response = await post('/logout', { origin: app.url });
    expect(response.status).to.equal(303);
    expect(response.headers.get('location')).to.equal('/');
    expect(response.headers.get('set-cookie')).to.match(/HttpOnly; SameSite=Lax$/);
  });

  it('changes nothing on GET', async () => {
    expect((await get('/logout')).status).to.equal(404);
    expect((await get('/refresh')).status).to.equal(404);
  });

  it('escapes what it writes into a page', async () => {
    const page = await (await get('/spa')).text();
    expect(page).to.include('data-client-id="&quot;&gt;&lt;script&gt;').and.not.include('<script>alert');
  });

  it('serves the modules and the style sheet of the single-page app', async () => {
    for (const path of ['/spa.js', '/vendor/oauth4webapi.js']) {
      expect((await get(path)).headers.get('content-type'), path).to.include('text/javascript');
    }
    expect((await get('/style.css')).headers.get('content-type')).to.include('text/css');
  });
});
