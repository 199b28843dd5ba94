import { expect } from 'chai';
import { SECRET, startApp, type TestApp } from '../support/app.js';
import { send, sendBytes, sendForm } from '../support/raw-http.js';

const PROGRAM = ['token', 'revoke', 'introspect'].map((name) => `/api/oauth/${name}`);
const CREDENTIALS = `client_id=web-app&client_secret=${SECRET}`;

describe('HTTP at its edges', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  const WRONG: [method: string, path: string, allow: string][] = [
    ...PROGRAM.map((path): [string, string, string] => ['GET', path, 'POST, OPTIONS']),
    ['PUT', '/api/oauth/token', 'POST, OPTIONS'],
    ['DELETE', '/api/oauth/userinfo', 'GET, POST, OPTIONS'],
    ['PUT', '/api/oauth/authorize', 'GET, POST'],
    ['PATCH', '/api/oauth/jwks', 'GET, OPTIONS'],
    ['POST', '/.well-known/openid-configuration', 'GET, OPTIONS'],
    ['DELETE', '/api/oauth/logout', 'GET, POST'],
    ['DELETE', '/api/oauth/logout/confirm', 'GET, POST'],
    ['POST', '/api/oauth/authorize/some-uid', 'GET'],
  ];

  for (const [method, path, allow] of WRONG) {
    it(`answers ${method} ${path} with 405 and what is allowed`, async () => {
      const { status, headers } = await send(app.issuer, { method, target: path });
      expect(status).to.equal(405);
      expect(headers.allow).to.equal(allow);
    });
  }

  for (const [method, path] of [
    ['PUT', '/interaction/some-uid'],
    ['DELETE', '/interaction/some-uid/consent'],
    ['POST', '/api/oauth/errors'],
    ['POST', '/healthz'],
    ['POST', '/'],
  ] as const) {
    it(`does not do anything on ${method} ${path}`, async () => {
      const { status } = await send(app.issuer, { method, target: path });
      expect(status).to.be.oneOf([404, 405]);
    });
  }

  it('answers a wrong method at an endpoint for programs in JSON even when HTML is asked for', async () => {
    const { text } = await send(app.issuer, { target: '/api/oauth/token', headers: { accept: 'text/html' } });
    expect(JSON.parse(text)).to.include.keys('error', 'error_description');
  });

  it('leads who opens the address of a form to its page, and no further', async () => {
    for (const name of ['login', 'select', 'consent', 'switch', 'cancel']) {
      const { status, headers } = await send(app.issuer, { target: `/interaction/some-uid/${name}` });
      expect(status).to.be.oneOf([303, 404, 405]);
      if (headers.location) expect(headers.location).to.equal('/interaction/some-uid');
    }
  });

  it('answers HEAD as GET without a body', async () => {
    for (const target of ['/.well-known/openid-configuration', '/api/oauth/jwks', '/']) {
      const { status, text } = await send(app.issuer, { method: 'HEAD', target });
      expect({ target, status, text }).to.deep.equal({ target, status: 200, text: '' });
    }
  });

  it('does not take other spellings of the token endpoint for it', async () => {
    const targets = [
      '/api/oauth/TOKEN',
      '/API/oauth/token',
      '/api/oauth/token/',
      '//api/oauth/token',
      '/api//oauth/token',
      '/api/oauth/./token',
      '/api/oauth/x/../token',
      '/api/oauth/%74oken',
      '/api/oauth/token;x=1',
      '/api/oauth/token%20',
      '/api\\oauth\\token',
    ];
    for (const target of targets) {
      const { status } = await sendForm(app.issuer, target, `grant_type=authorization_code&${CREDENTIALS}`);
      expect(status, target).to.equal(404);
    }
  });

  it('answers an unknown address with a page for browsers and JSON for programs', async () => {
    const target = '/no/such/thing';
    const page = await send(app.issuer, { target, headers: { accept: 'text/html' } });
    expect(page.status).to.equal(404);
    expect(page.text).to.include('id="error-code">not_found<');
    for (const accept of ['application/json', '*/*']) {
      const answer = await send(app.issuer, { target, headers: { accept } });
      expect(answer.status).to.equal(404);
      expect(JSON.parse(answer.text)).to.include({ error: 'not_found' });
    }
  });

  it('takes targets in absolute form, and answers nonsense ones without breaking', async () => {
    const absolute = await send(app.issuer, { target: `${app.issuer}/.well-known/openid-configuration` });
    expect(absolute.status).to.be.lessThan(500);
    for (const target of [
      '*',
      '?',
      '/%',
      '/?%',
      '/interaction/%',
      '/api/oauth/authorize?%',
      `/${'a/'.repeat(4000)}`,
    ]) {
      const { status } = await send(app.issuer, { target });
      expect(status, target.slice(0, 40)).to.be.within(200, 499);
    }
  });

  it('answers a header of more than 16 KB with 431', async () => {
    const headers = { cookie: 'a'.repeat(17 * 1024) };
    expect((await send(app.issuer, { target: '/', headers })).status).to.equal(431);
  });

  for (const host of [
    'evil@localhost',
    'localhost:80@evil.example',
    'a b',
    'localhost/evil',
    'localhost?',
    'localhost#',
    'localhost:port',
    'localhost:123456',
    '[::1',
    'ex\u00e4mple',
    'localhost, evil.example',
  ]) {
    it(`answers the host ${JSON.stringify(host)} with 400`, async () => {
      const { status } = await send(app.issuer, {
        target: '/.well-known/openid-configuration',
        headers: { host },
      });
      expect(status).to.equal(400);
    });
  }

  it('answers two Host headers, or none, with 400', async () => {
    for (const hosts of ['host: localhost\r\nhost: evil.example\r\n', '']) {
      const bytes = Buffer.from(`GET / HTTP/1.1\r\n${hosts}connection: close\r\n\r\n`);
      expect((await sendBytes(app.issuer, bytes)).status).to.equal(400);
    }
  });

  it('refuses what could be read as two requests', async () => {
    const smuggled = 'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n';
    const bytes = Buffer.from(`POST /api/oauth/token HTTP/1.1\r\nhost: localhost\r\n${smuggled}`);
    const { status } = await sendBytes(app.issuer, bytes);
    expect(status).to.equal(400);
  });
});
