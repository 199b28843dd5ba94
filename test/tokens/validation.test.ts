// The endpoint that says what a token is worth (row C5), and tokens in addresses (row C6).
import { expect } from 'chai';
import { SignJWT } from 'jose';
import { obtainTokens, REDIRECT_URI, startApp, type TestApp, USER } from '../support/app.js';
import {
  API,
  BATCH,
  OPAQUE_API,
  OPERATOR,
  ORDERS_APP,
  obtainByBatch,
  obtainFor,
  revoke,
  seedResourceServers,
} from '../support/resource-server.js';

const PATH = '/api/oauth/validate_access_token';
const ORIGIN = new URL(REDIRECT_URI).origin;
const HOUR = 3_600_000;

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

async function call(app: TestApp, init: RequestInit = {}, query = ''): Promise<Answer> {
  const response = await fetch(`${app.issuer}${PATH}${query}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

const bearer = (token: string, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...more },
});

const posted = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers,
  body: new URLSearchParams(fields),
});

const forged = (token: string) =>
  `${token.slice(0, -6)}${token.at(-6) === 'A' ? 'B' : 'A'}${token.slice(-5)}`;

describe('online validation of tokens', () => {
  let app: TestApp;
  let offset = 0;

  before(async () => {
    const clock = { now: () => new Date(Date.now() + offset) };
    app = await startApp({ env: { OAUTH_FEATURES: 'validate_token' }, overrides: { clock } });
    await seedResourceServers(app);
  });
  after(() => app.close());
  afterEach(() => {
    offset = 0;
  });

  const verdict = async (token: string) => {
    const { status, body } = await call(app, bearer(token));
    expect(status).to.equal(200);
    expect(body.valid).to.equal(body.status === 'valid');
    return body.status;
  };

  /** Every kind of token there is, by a name. */
  async function everyKind(): Promise<Record<string, string>> {
    const user = await obtainFor(app);
    return {
      JWT: user.access,
      'JWT of a client': await obtainByBatch(app),
      opaque: (await obtainFor(app, { resource: OPAQUE_API, scope: 'openid opaque.read' })).access,
      'opaque of a client': await obtainByBatch(app, OPAQUE_API, 'opaque.read'),
      'opaque for UserInfo': (await obtainTokens(app.issuer)).access_token ?? '',
      'ID token': user.id,
    };
  }

  it('says valid, expired, and nothing of whose they are, for every kind of token', async () => {
    const kinds = await everyKind();
    for (const [kind, token] of Object.entries(kinds)) expect(await verdict(token), kind).to.equal('valid');
    const { body } = await call(app, bearer(kinds.JWT ?? ''));
    expect(body).to.include({ token_type: 'access_token', client_id: 'orders-app', scope: 'orders.read' });
    expect(JSON.stringify(body)).to.not.include(USER.id).and.not.include(USER.email);
    expect((await call(app, bearer(kinds['ID token'] ?? ''))).body).to.include({ token_type: 'id_token' });
    offset = 2 * HOUR;
    for (const [kind, token] of Object.entries(kinds)) expect(await verdict(token), kind).to.equal('expired');
  });

  it('says revoked of what was given back, of both forms, and of all that hung on the grant', async () => {
    const both = [
      await obtainFor(app),
      await obtainFor(app, { resource: OPAQUE_API, scope: 'openid offline_access opaque.read' }),
    ];
    for (const { access, refresh } of both) {
      await revoke(app, refresh);
      expect(await verdict(access)).to.equal('revoked');
    }
    const given = [
      [(await obtainFor(app)).access, ORDERS_APP],
      [(await obtainFor(app, { resource: OPAQUE_API, scope: 'openid opaque.read' })).access, ORDERS_APP],
      [await obtainByBatch(app), BATCH],
      [await obtainByBatch(app, OPAQUE_API, 'opaque.read'), BATCH],
    ] as const;
    for (const [token, client] of given) {
      await revoke(app, token, client);
      expect(await verdict(token)).to.equal('revoked');
      offset = 2 * HOUR;
      expect(await verdict(token)).to.equal('expired');
      offset = 0;
    }
  });

  it('says revoked of everything of a client that is switched off', async () => {
    const { clients } = app.services;
    const { access, id } = await obtainFor(app);
    const ofClient = await obtainByBatch(app, OPAQUE_API, 'opaque.read');
    for (const clientId of ['orders-app', 'batch']) await clients.setActive(clientId, false, OPERATOR);
    for (const token of [access, id, ofClient]) expect(await verdict(token)).to.equal('revoked');
    for (const clientId of ['orders-app', 'batch']) await clients.setActive(clientId, true, OPERATOR);
    for (const token of [access, id, ofClient]) expect(await verdict(token)).to.equal('valid');
  });

  it('says bad signature of a token in our name that we did not sign', async () => {
    const { access, id } = await obtainFor(app);
    const [head = '', body = ''] = access.split('.');
    const header = (alg: string) => Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url');
    const jwks = (await (await fetch(`${app.issuer}/api/oauth/jwks`)).json()) as { keys: unknown[] };
    const confused = await new SignJWT({ client_id: 'orders-app', sub: USER.id })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer(app.issuer)
      .setAudience(API)
      .setJti('x')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(Buffer.from(JSON.stringify(jwks.keys[0]).padEnd(32, '0')));
    const bad = [
      forged(access),
      forged(id),
      `${header('none')}.${body}.`,
      `${header('HS256')}.${body}.${'A'.repeat(43)}`,
      `${head}.${body}.`,
      confused,
    ];
    for (const token of bad) {
      const { body: told } = await call(app, posted({ token }));
      expect(told).to.deep.equal({ valid: false, status: 'bad_signature' });
    }
  });

  it('says unknown of what is none of ours', async () => {
    const foreign = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://other.example')
      .setExpirationTime('1h')
      .sign(new Uint8Array(32));
    for (const token of ['nonsense', 'a.b.c', foreign, 'x'.repeat(43)]) {
      const { status, body } = await call(app, bearer(token));
      expect([status, body], token).to.deep.equal([200, { valid: false, status: 'unknown' }]);
    }
    const { refresh } = await obtainFor(app);
    expect(await verdict(refresh), 'a refresh token is nobody else’s business').to.equal('unknown');
  });

  it('takes the token from the header or the body, one of them, and not from the address', async () => {
    const token = await obtainByBatch(app);
    for (const name of ['token', 'access_token', 'id_token']) {
      expect((await call(app, posted({ [name]: token }))).body.status).to.equal('valid');
    }
    const query = `?${new URLSearchParams({ access_token: token })}`;
    const bad: [RequestInit, string?][] = [
      [{}],
      [{ method: 'POST', body: new URLSearchParams() }],
      [{}, query],
      [bearer(token), query],
      [{ headers: { authorization: 'Basic YTpi' } }],
      [posted({ token }, { authorization: `Bearer ${token}` })],
      [posted({ token, access_token: token })],
    ];
    for (const [init, address] of bad) {
      const { status, body } = await call(app, init, address);
      expect([status, body.error]).to.deep.equal([400, 'invalid_request']);
    }
    expect((await call(app, { method: 'PUT' })).status).to.equal(405);
  });

  it('answers pages of the token’s client, and no others', async () => {
    const { access, id } = await obtainFor(app);
    const opaque = (await obtainTokens(app.issuer)).access_token ?? '';
    const allowed = async (token: string, origin: string, more: Record<string, string> = {}) => {
      const { headers } = await call(app, posted({ token, ...more }, { origin }));
      expect(headers.get('vary')).to.match(/origin/i);
      expect(headers.get('access-control-allow-credentials')).to.equal(null);
      return headers.get('access-control-allow-origin');
    };
    for (const token of [access, id, opaque, forged(access)]) {
      expect(await allowed(token, ORIGIN)).to.equal(ORIGIN);
      for (const origin of ['https://evil.example', 'null', 'https://rp.example.evil.example']) {
        expect(await allowed(token, origin)).to.equal(null);
      }
    }
    // A value that tells no client: the page may say whose it is.
    expect(await allowed('nonsense', ORIGIN)).to.equal(null);
    expect(await allowed('nonsense', ORIGIN, { client_id: 'orders-app' })).to.equal(ORIGIN);
    // The token's client decides, not the one that is named.
    expect(await allowed(access, 'https://spa.example', { client_id: 'spa' })).to.equal(null);
  });

  it('answers a preflight, and is never cached', async () => {
    const { status, headers } = await call(app, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(status).to.equal(204);
    expect(headers.get('access-control-allow-headers')).to.include('authorization');
    expect((await call(app, bearer('x'))).headers.get('cache-control')).to.equal('no-store');
  });

  it('is advertised', async () => {
    const metadata = await (await fetch(`${app.issuer}/.well-known/openid-configuration`)).json();
    expect(metadata).to.include({ token_validation_endpoint: `${app.issuer}${PATH}` });
  });

  it('leaves no token in the log', async () => {
    const { access } = await obtainFor(app);
    await call(app, bearer(access), `?access_token=${access}`);
    await call(app, {}, `?token=${access}`);
    const logged = app.logs.join('');
    expect(logged).to.include('"validation"');
    expect(logged).to.not.include(access).and.not.include(access.slice(-40));
  });
});

describe('tokens in addresses', () => {
  const inAddress = async (app: TestApp, path: string, token: string) => {
    const response = await fetch(`${app.issuer}${path}?${new URLSearchParams({ access_token: token })}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('are taken where that was switched on, and still never logged', async () => {
    const app = await startApp({ env: { OAUTH_FEATURES: 'validate_token,query_token' } });
    try {
      const { access_token: token = '' } = await obtainTokens(app.issuer);
      const info = await inAddress(app, '/api/oauth/userinfo', token);
      expect([info.status, info.body.sub]).to.deep.equal([200, USER.id]);
      expect((await inAddress(app, PATH, token)).body.status).to.equal('valid');
      const twice = await fetch(`${app.issuer}/api/oauth/userinfo?access_token=${token}`, bearer(token));
      expect(twice.status).to.equal(400);
      const wrong = await inAddress(app, '/api/oauth/userinfo', `${token.slice(1)}x`);
      expect(wrong.status).to.equal(401);
      await fetch(`${app.issuer}/api/oauth/userinfo/?access_token=${token}`);
      await fetch(`${app.issuer}/api/oauth/USERINFO?access_token=${token}`, { method: 'PUT' });
      expect(app.logs.join('')).to.not.include(token).and.not.include(token.slice(1));
    } finally {
      await app.close();
    }
  });

  it('are refused by default, as the endpoint is not there by default', async () => {
    const app = await startApp();
    try {
      const { access_token: token = '' } = await obtainTokens(app.issuer);
      const info = await inAddress(app, '/api/oauth/userinfo', token);
      expect([info.status, info.body.error]).to.deep.equal([400, 'invalid_request']);
      expect((await call(app, bearer(token))).status).to.equal(404);
      const metadata = await (await fetch(`${app.issuer}/.well-known/openid-configuration`)).json();
      expect(metadata).to.not.have.property('token_validation_endpoint');
    } finally {
      await app.close();
    }
  });
});
