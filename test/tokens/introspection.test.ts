// Asking about tokens (RFC 7662, RFC 9701): who is told what, of every kind of token, and when it ends.
import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { Agent } from '../support/agent.js';
import { obtainTokens, SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { register } from '../support/relying-party.js';
import {
  API,
  BATCH,
  introspect,
  OPAQUE_API,
  OPERATOR,
  ORDERS_API,
  ORDERS_APP,
  obtainByBatch,
  obtainFor,
  revoke,
  STRANGER,
  seedResourceServers,
} from '../support/resource-server.js';

const WEB = { client_id: 'web-app', client_secret: SECRET };
const JWT_TYPE = 'application/token-introspection+jwt';

/** The token with one character of its signature changed. */
const forged = (token: string) =>
  `${token.slice(0, -6)}${token.at(-6) === 'A' ? 'B' : 'A'}${token.slice(-5)}`;

describe('introspection', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'introspection_jwt' } });
    await seedResourceServers(app);
  });
  after(() => app.close());

  const isActive = async (token: string, as = ORDERS_API) => (await introspect(app, token, as)).body.active;

  it('describes a JWT access token to its resource server and to its own client', async () => {
    const { access } = await obtainFor(app);
    const { jti, iat, exp, auth_time } = decodeJwt(access);
    for (const as of [ORDERS_API, ORDERS_APP]) {
      const { status, body } = await introspect(app, access, as);
      expect(status).to.equal(200);
      expect(body).to.deep.equal({
        active: true,
        sub: USER.id,
        client_id: 'orders-app',
        scope: 'orders.read',
        aud: API,
        iss: app.issuer,
        token_type: 'Bearer',
        jti,
        iat,
        exp,
        acr: 'urn:link2ur:acr:password',
        auth_time,
      });
    }
  });

  it('describes every kind of access token to its resource server', async () => {
    const opaque = await obtainFor(app, { resource: OPAQUE_API, scope: 'openid opaque.read' });
    expect((await introspect(app, opaque.access)).body).to.include({
      active: true,
      sub: USER.id,
      aud: OPAQUE_API,
    });
    const ofClient = await obtainByBatch(app);
    expect((await introspect(app, ofClient)).body).to.include({ active: true, client_id: 'batch', aud: API });
    const opaqueOfClient = await obtainByBatch(app, OPAQUE_API, 'opaque.read');
    expect((await introspect(app, opaqueOfClient)).body).to.include({ active: true, aud: OPAQUE_API });
  });

  it('tells nobody else anything, and a resource server nothing of what is not for it', async () => {
    const { access, refresh } = await obtainFor(app);
    for (const token of [access, refresh, await obtainByBatch(app)]) {
      for (const as of [STRANGER, WEB]) {
        expect((await introspect(app, token, as)).body).to.deep.equal({ active: false });
      }
    }
    const { access_token: userinfo = '' } = await obtainTokens(app.issuer);
    for (const token of [refresh, userinfo]) {
      expect((await introspect(app, token)).body).to.deep.equal({ active: false });
    }
    expect(await isActive(refresh, ORDERS_APP)).to.equal(true);
  });

  it('is for those that authenticate', async () => {
    const { access } = await obtainFor(app);
    const { status, body } = await introspect(app, access, { ...ORDERS_API, client_secret: 'wrong' });
    expect([status, body.error]).to.deep.equal([401, 'invalid_client']);
  });

  it('takes nothing for a token that is forged, another kind of JWT, or none', async () => {
    const { access, id } = await obtainFor(app);
    const [head, body] = access.split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const bad = [forged(access), `${none}.${body}.`, `${head}.${body}`, id, 'a.b.c', 'a.jwt', 'x'.repeat(43)];
    for (const token of bad) {
      for (const as of [ORDERS_API, ORDERS_APP]) {
        const answer = await introspect(app, token, as);
        expect([answer.status, answer.body], token).to.deep.equal([200, { active: false }]);
      }
    }
  });

  it('a token twice in one request is refused', async () => {
    const { access } = await obtainFor(app);
    const response = await fetch(`${app.issuer}/api/oauth/introspect`, {
      method: 'POST',
      body: new URLSearchParams([...Object.entries(ORDERS_API), ['token', access], ['token', access]]),
    });
    expect(response.status).to.equal(400);
  });

  it('says inactive as soon as a token is revoked by its jti; others of the client live on', async () => {
    const [mine, other] = [await obtainByBatch(app), await obtainByBatch(app)];
    expect((await revoke(app, mine, BATCH)).status).to.equal(200);
    expect(await isActive(mine)).to.equal(false);
    expect(await isActive(other)).to.equal(true);
    expect((await revoke(app, mine, BATCH)).status, 'again').to.equal(200);
  });

  for (const [name, end] of Object.entries({
    'the refresh token is revoked': ({ refresh }: { refresh: string }) => revoke(app, refresh),
    'the access token is revoked': ({ access }: { access: string }) => revoke(app, access),
    'the user withdraws consent': () =>
      app.services.users.revoke(USER.id, { clientId: ORDERS_APP.client_id }, OPERATOR),
  })) {
    it(`says inactive as soon as ${name}, of all tokens of the grant`, async () => {
      const tokens = await obtainFor(app);
      expect(await isActive(tokens.access)).to.equal(true);
      await end(tokens);
      expect(await isActive(tokens.access)).to.equal(false);
      expect(await isActive(tokens.refresh, ORDERS_APP)).to.equal(false);
    });
  }

  it('says inactive while the client or the resource server is switched off, or once it is another', async () => {
    const { clients, resourceServers } = app.services;
    const { access } = await obtainFor(app);
    const ofClient = await obtainByBatch(app);
    for (const [token, id] of [
      [access, 'orders-app'],
      [ofClient, 'batch'],
    ] as const) {
      await clients.setActive(id, false, OPERATOR);
      expect(await isActive(token), id).to.equal(false);
      await clients.setActive(id, true, OPERATOR);
      expect(await isActive(token), id).to.equal(true);
    }
    await resourceServers.update(API, { is_active: false }, OPERATOR);
    expect(await isActive(access)).to.equal(false);
    expect(await isActive(access, ORDERS_APP)).to.equal(false);
    await resourceServers.update(API, { is_active: true, client_id: 'stranger' }, OPERATOR);
    expect(await isActive(access), 'of another server').to.equal(false);
    expect(await isActive(access, STRANGER)).to.equal(true);
    await resourceServers.update(API, { client_id: ORDERS_API.client_id }, OPERATOR);
  });

  it('says inactive once the user is deactivated or forgotten', async () => {
    const { stores } = app.services;
    const { access } = await obtainFor(app);
    const opaque = await obtainFor(app, { resource: OPAQUE_API, scope: 'openid opaque.read' });
    const user = await stores.users.find(USER.id);
    if (!user) throw new Error('no user');
    await stores.users.save({ ...user, isActive: false });
    expect(await isActive(access)).to.equal(false);
    expect(await isActive(opaque.access)).to.equal(false);
    await stores.users.save(user);
    expect(await isActive(access)).to.equal(true);
    await app.services.users.forget(USER.id, OPERATOR);
    expect(await isActive(access)).to.equal(false);
    expect(await isActive(opaque.access)).to.equal(false);
  });

  it('of a client made anew under the same id says inactive of what the old one had', async () => {
    const { clients } = app.services;
    const client = { client_id: 'phoenix', client_secret: SECRET };
    const init = { ...client, scope: 'orders.read', redirect_uris: [], grant_types: ['client_credentials'] };
    await register(app, init);
    const response = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...client,
        resource: API,
        scope: 'orders.read',
      }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect(await isActive(token)).to.equal(true);
    await clients.delete('phoenix', OPERATOR);
    expect(await isActive(token)).to.equal(false);
    // Its tokens are told apart to the second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await register(app, init);
    expect(await isActive(token)).to.equal(false);
  });

  it('is signed for whoever asks for that', async () => {
    const { access } = await obtainFor(app, { agent: new Agent() });
    const { headers, text } = await introspect(app, access, ORDERS_API, { accept: JWT_TYPE });
    expect(headers.get('content-type')).to.include(JWT_TYPE);
    const keys = createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));
    const { payload } = await jwtVerify(text, keys, {
      issuer: app.issuer,
      audience: ORDERS_API.client_id,
      typ: 'token-introspection+jwt',
    });
    expect(payload.token_introspection).to.include({ active: true, sub: USER.id, aud: API });
    expect(payload).to.not.have.any.keys('sub', 'exp');
    const inactive = await introspect(app, 'nonsense', ORDERS_API, { accept: JWT_TYPE });
    expect(decodeJwt(inactive.text).token_introspection).to.deep.equal({ active: false });
  });

  it('is signed with the algorithm the client chose, and plain for those who do not ask', async () => {
    await register(app, {
      ...ORDERS_API,
      redirect_uris: [],
      grant_types: ['client_credentials'],
      introspection_signed_response_alg: 'ES256',
    });
    const token = await obtainByBatch(app);
    const { text } = await introspect(app, token, ORDERS_API, {
      accept: `${JWT_TYPE}, application/json;q=0.1`,
    });
    const keys = createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));
    expect((await jwtVerify(text, keys)).protectedHeader.alg).to.equal('ES256');
    expect((await introspect(app, token, ORDERS_API, { accept: 'text/html' })).body.active).to.equal(true);
  });

  it('is advertised with its algorithms', async () => {
    const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    expect(metadata.introspection_signing_alg_values_supported).to.have.members(['RS256', 'ES256', 'EdDSA']);
  });
});

describe('signed introspection, while it is off', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'none' } });
    await seedResourceServers(app);
  });
  after(() => app.close());

  it('is neither given, nor advertised, nor to be registered for', async () => {
    const { body } = await introspect(app, await obtainByBatch(app), ORDERS_API, { accept: JWT_TYPE });
    expect(body.active).to.equal(true);
    const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    expect(metadata).to.not.have.property('introspection_signing_alg_values_supported');
    const attempt = register(app, { client_id: 'signed', introspection_signed_response_alg: 'RS256' });
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => String(reason),
    );
    expect(error).to.include('introspection_jwt');
  });
});
