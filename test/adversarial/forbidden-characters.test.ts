// NUL and lone surrogates, wherever a request can carry them: refused at the edge, and nothing is written.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { SECRET, startApp, type TestApp, WEB_CLIENT } from '../support/app.js';
import { type Endpoint, endpoints, pendingConsent, requestWith } from '../support/endpoints.js';
import { type Inspector, openInspector } from '../support/inspector.js';
import { type RawRequest, send, sendBytes } from '../support/raw-http.js';

const FORBIDDEN: Record<string, string> = {
  NUL: 'a%00b',
  'nothing but NUL': '%00',
  'a lone surrogate': 'a%ED%A0%80b',
  'a lone low surrogate': '%ED%B0%80',
  'invalid UTF-8': '%ff',
  'overlong UTF-8': '%c0%80',
  'cut-off UTF-8': '%E2%82',
};

const json = (text: string) => encodeURIComponent(text);

/** What the endpoints of the list need. */
const FEATURES = 'par,dpop,private_key_jwt,rar,validate_token';

describe('NUL and lone surrogates', () => {
  let app: TestApp;
  let inspector: Inspector;
  let all: Endpoint[];

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: FEATURES } });
    inspector = await openInspector(app.dataDir);
    all = endpoints(await pendingConsent(new Agent(), app.issuer));
  });

  after(async () => {
    await inspector.close();
    await app.close();
  });

  /** What was not answered with 400, or wrote something. */
  async function problemsOf(cases: [name: string, request: RawRequest][]): Promise<string[]> {
    const problems: string[] = [];
    for (const [name, request] of cases) {
      const before = JSON.stringify(await inspector.counts());
      const { status, text } = await send(app.issuer, request);
      if (status !== 400) problems.push(`${name}: ${status} ${text.slice(0, 100)}`);
      if (JSON.stringify(await inspector.counts()) !== before) problems.push(`${name}: wrote something`);
    }
    return problems;
  }

  const find = (name: string): Endpoint => {
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(`no endpoint ${name}`);
    return found;
  };

  for (const { name, params } of endpoints({ action: '/', csrf: '', cookie: '' })) {
    it(`are answered with 400 in every parameter of ${name}, and nothing is written`, async () => {
      const cases: [string, RawRequest][] = [];
      for (const param of Object.keys(params)) {
        for (const [how, value] of Object.entries(FORBIDDEN)) {
          const request = requestWith(find(name), param, [`${param}=${value}`], 'application/json');
          cases.push([`${param}: ${how}`, request]);
        }
      }
      const inName = requestWith(find(name), '', ['x%00y=1'], 'application/json');
      cases.push(['in the name of a parameter', inName]);
      expect(await problemsOf(cases)).to.deep.equal([]);
    });
  }

  it('are answered with 400 inside the claims parameter, however they are spelled', async () => {
    const values = [
      '{"userinfo":{"email":{"value":"\\u0000"}}}',
      '{"userinfo":{"\\u0000":null}}',
      '{"id_token":{"sub":{"value":"\\ud800"}}}',
      '{"id_token":{"sub":{"values":["a","b\\udc00"]}}}',
      '{"id_token":{"\\ud800x":null}}',
      `{"userinfo":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`,
    ];
    const cases = values.map((value): [string, RawRequest] => [
      value,
      requestWith(find('authorize'), 'claims', [`claims=${json(value)}`], 'text/html'),
    ]);
    expect(await problemsOf(cases)).to.deep.equal([]);
  });

  it('are told apart from paired surrogates, which are ordinary text', async () => {
    const value = json('{"userinfo":{"email":{"value":"\\ud83d\\ude00"}}}');
    const request = requestWith(find('authorize'), 'claims', [`claims=${value}`], 'text/html');
    expect((await send(app.issuer, request)).status).to.equal(303);
  });

  const basic = (credentials: string) => `Basic ${Buffer.from(credentials, 'latin1').toString('base64')}`;

  const CREDENTIALS = [
    `web-app\0:${SECRET}`,
    `web-app:${SECRET}\0`,
    `web-app%00:${SECRET}`,
    `web-app:${SECRET}%00`,
    `web-app%ED%A0%80:${SECRET}`,
    `web-app:%ED%A0%80`,
    `web-app:\xed\xa0\x80`,
    `\xff:${SECRET}`,
  ];

  for (const credentials of CREDENTIALS) {
    it(`are answered with 400 in Basic credentials (${JSON.stringify(credentials)})`, async () => {
      const { headers: _, ...token } = requestWith(find('token (code)'), 'client_secret', [], '');
      const headers = {
        authorization: basic(credentials),
        'content-type': 'application/x-www-form-urlencoded',
      };
      const body = token.body?.replace('client_id=web-app&', '') ?? '';
      expect(await problemsOf([['authorization', { ...token, body, headers }]])).to.deep.equal([]);
    });
  }

  it('are answered with 400 as bytes of a header', async () => {
    for (const [name, value] of [
      ['authorization', 'Bearer a\0b'],
      ['cookie', 'link2ur_op_session=a\0b'],
      ['accept-language', 'en\0'],
      ['user-agent', 'x\0'],
      ['authorization', 'Bearer a\xed\xa0\x80'],
      ['cookie', 'link2ur_op_session=\xed\xa0\x80'],
      ['user-agent', '\xed\xa0\x80'],
    ]) {
      const before = await inspector.counts();
      const head = 'GET /api/oauth/userinfo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n';
      const bytes = Buffer.from(`${head}${name}: ${value}\r\n\r\n`, 'latin1');
      const { status } = await sendBytes(app.issuer, bytes);
      expect(status, `${name} ${JSON.stringify(value)}`).to.equal(400);
      expect(await inspector.counts()).to.deep.equal(before);
    }
  });

  it('are refused in a path, and nothing is written', async () => {
    const paths = [
      '/interaction/a%00b',
      '/interaction/%ED%A0%80',
      '/interaction/%ff/login',
      '/api/oauth/authorize/a%00b',
      '/api/oauth/authorize/%ED%A0%80',
      '/assets/%00.css',
      '/assets/%ff',
      '/%00',
      '/%ED%A0%80',
    ];
    const before = await inspector.counts();
    for (const target of paths) {
      const { status, headers } = await send(app.issuer, { target });
      expect(status, target).to.be.within(300, 499);
      expect(headers.location ?? '/', target).to.match(/^\/(?![/\\])[\x21-\x7e]*$/);
    }
    expect(await inspector.counts()).to.deep.equal(before);
  });

  it('refuse the form, not the application: the same request without them still works', async () => {
    const body = `client_id=${WEB_CLIENT.client_id}&client_secret=${SECRET}&token=x`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status } = await send(app.issuer, {
      method: 'POST',
      target: '/api/oauth/introspect',
      headers,
      body,
    });
    expect(status).to.equal(200);
  });

  it('are refused inside a token of the request too, where no guard at the edge looks', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const aud of ['\u0000', 'web\u0000app', '\ud800', ['\u0000']]) {
      const hint = `${part({ alg: 'RS256' })}.${part({ aud, sub: 'a\u0000b' })}.AAAA`;
      const target = `/api/oauth/logout?id_token_hint=${hint}`;
      const { status, text } = await send(app.issuer, { target });
      expect(status, text.slice(0, 200)).to.equal(400);
    }
  });
});
