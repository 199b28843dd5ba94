// Redirect URIs: compared byte for byte, and refused at registration when they are dangerous.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent, formIn } from '../support/agent.js';
import { authorizeUrl, obtainTokens, REDIRECT_URI, startApp, type TestApp } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { send } from '../support/raw-http.js';

const NATIVE_CLIENT = {
  client_id: 'native',
  client_name: 'Native App',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/cb', 'com.example.app:/cb'],
  scope: 'openid',
};

const LOCAL_WEB_CLIENT = {
  client_id: 'local-web',
  client_name: 'Web App in Development',
  redirect_uris: ['http://localhost:4000/cb'],
  scope: 'openid',
};

const UNREGISTERED = [
  `${REDIRECT_URI}/`,
  `${REDIRECT_URI}?x=1`,
  `${REDIRECT_URI}?`,
  `${REDIRECT_URI}#f`,
  `${REDIRECT_URI}#`,
  `${REDIRECT_URI};x`,
  `${REDIRECT_URI}%2f..`,
  `${REDIRECT_URI}/../callback`,
  `${REDIRECT_URI}/..;/`,
  `${REDIRECT_URI}@evil.example`,
  `${REDIRECT_URI}\r\nx: y`,
  ` ${REDIRECT_URI}`,
  `${REDIRECT_URI} `,
  `${REDIRECT_URI}\t`,
  'https://rp.example/Callback',
  'https://RP.example/callback',
  'HTTPS://rp.example/callback',
  'https://rp.example:443/callback',
  'https://rp.example./callback',
  'https://rp.example//callback',
  'https://rp.example/%63allback',
  'https://rp.example/x/../callback',
  'https://rp.example@evil.example/callback',
  'https://rp.example:x@evil.example/callback',
  'https://rp.example@@evil.example/callback',
  'https://evil.example\\@rp.example/callback',
  'https://evil.example/https://rp.example/callback',
  'https://rp.example.evil.example/callback',
  'https://evilrp.example/callback',
  'https://rp\uff0eexample/callback',
  'http://rp.example/callback',
  '//rp.example/callback',
  '/callback',
  'https:rp.example/callback',
  'javascript:alert(1)//https://rp.example/callback',
  'data:text/html,<script>alert(1)</script>',
  'urn:ietf:wg:oauth:2.0:oob',
];

/** The link to the other language carries the page's own address, for us to come back to: a path of ours. */
const withoutSwitch = (text: string) => text.replaceAll(/href="\/language\?[^"]*"/g, '');

describe('redirect URIs', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    for (const client of [NATIVE_CLIENT, LOCAL_WEB_CLIENT]) {
      await app.services.clients.apply(clientInputSchema.parse(client), 'operator:test');
    }
  });

  after(() => app.close());

  async function ask(params: Record<string, string>) {
    const url = new URL(authorizeUrl(app.issuer, params));
    return send(app.issuer, { target: url.pathname + url.search, headers: { accept: 'text/html' } });
  }

  for (const uri of UNREGISTERED) {
    it(`stop at a page for ${JSON.stringify(uri)}`, async () => {
      for (const prompt of ['login', 'none']) {
        const { status, headers, text } = await ask({ redirect_uri: uri, prompt });
        expect(status).to.equal(400);
        expect(headers.location).to.equal(undefined);
        expect(text).to.include('id="error-code">invalid_redirect_uri<');
        expect(withoutSwitch(text)).not.to.match(/(href|action|src)="[^"]*(rp\.example|evil)/i);
      }
    });
  }

  it('stop at a page with NUL', async () => {
    const target = authorizeUrl('').replace('callback', 'callback%00');
    const { status, headers } = await send(app.issuer, { target, headers: { accept: 'text/html' } });
    expect(status).to.equal(400);
    expect(headers.location).to.equal(undefined);
  });

  const native = (uri: string) =>
    ask({
      client_id: 'native',
      redirect_uri: uri,
      scope: 'openid',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
    });

  for (const uri of ['http://127.0.0.1/cb', 'http://127.0.0.1:51234/cb', 'com.example.app:/cb']) {
    it(`of a native app may be ${uri}`, async () => {
      const { status, headers } = await native(uri);
      expect(status).to.equal(303);
      expect(headers.location).to.match(/^\/interaction\//);
    });
  }

  for (const uri of [
    'http://127.1:51234/cb',
    'http://2130706433:51234/cb',
    'http://0x7f.1:51234/cb',
    'http://[::1]:51234/cb',
    'http://localhost:51234/cb',
    'http://127.0.0.2:51234/cb',
    'http://127.0.0.1.evil.example:51234/cb',
    'http://127.0.0.1:51234@evil.example/cb',
    'http://user@127.0.0.1:51234/cb',
    'http://127.0.0.1:51234/cb?x=1',
    'http://127.0.0.1:51234/cb/',
    'http://127.0.0.1:51234/CB',
    'http://127.0.0.1:99999/cb',
    'https://127.0.0.1:51234/cb',
    'com.example.app:/cb/',
    'com.example.app://cb',
    'com.example.app2:/cb',
  ]) {
    it(`of a native app may not be ${uri}`, async () => {
      const { status, headers } = await native(uri);
      expect(status).to.equal(400);
      expect(headers.location).to.equal(undefined);
    });
  }

  it('of a web app keep their port, loopback or not', async () => {
    const request = { client_id: 'local-web', scope: 'openid' };
    expect((await ask({ ...request, redirect_uri: 'http://localhost:4000/cb' })).status).to.equal(303);
    expect((await ask({ ...request, redirect_uri: 'http://localhost:4001/cb' })).status).to.equal(400);
  });

  const logout = (agent: Agent, params: Record<string, string>) =>
    agent.get(`${app.issuer}/api/oauth/logout?${new URLSearchParams(params)}`);

  it('for after logout must be registered', async () => {
    const agent = new Agent();
    const { id_token: hint = '' } = await obtainTokens(app.issuer, agent);
    for (const uri of ['https://rp.example/logged-out/', 'https://evil.example/', REDIRECT_URI]) {
      for (const who of [{ client_id: 'web-app' }, { id_token_hint: hint }]) {
        const page = await logout(agent, { post_logout_redirect_uri: uri, ...who });
        expect(page.status).to.equal(400);
        expect(page.location).to.equal(undefined);
        expect(page.text).to.include('id="error-code">invalid_request<');
      }
    }
    expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
  });

  it('for after logout are ignored when no client is named', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const page = await logout(agent, { post_logout_redirect_uri: 'https://evil.example/' });
    expect(withoutSwitch(page.text)).not.to.include('evil');
    const end = await agent.follow(await agent.submit(formIn(page, 0), { logout: 'yes' }), app.issuer);
    expect(end.location).to.equal(undefined);
    expect(end.url).to.match(/\/api\/oauth\/logout\/success/);
  });

  it('for after logout are followed when registered, with the state', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const uri = 'https://rp.example/logged-out';
    const page = await logout(agent, { post_logout_redirect_uri: uri, client_id: 'web-app', state: 's&t' });
    const end = await agent.submit(formIn(page, 0), { logout: 'yes' });
    expect(end.location).to.equal(`${uri}?state=s%26t`);
  });
});
