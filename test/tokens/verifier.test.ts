// The verifier that resource servers take along: what it accepts, and what not whatever is tried.
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createVerifier, VerificationError, type VerifierOptions } from 'link2ur-op/verifier';
import { startApp, type TestApp, USER } from '../support/app.js';
import {
  API,
  BATCH,
  OPAQUE_API,
  ORDERS_API,
  obtainByBatch,
  obtainFor,
  revoke,
  seedResourceServers,
} from '../support/resource-server.js';

async function refusalOf(work: Promise<unknown>): Promise<VerificationError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof VerificationError)) throw new Error(`not refused: ${outcome}`);
  return outcome;
}

const INTROSPECTION = { clientId: ORDERS_API.client_id, clientSecret: ORDERS_API.client_secret };

describe('the verifier, with the provider', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await seedResourceServers(app);
  });
  after(() => app.close());

  const verifier = (more: Partial<VerifierOptions> = {}) =>
    createVerifier({ issuer: app.issuer, audience: API, ...more });

  it('accepts a token and says whose it is and what it allows', async () => {
    const { access } = await obtainFor(app);
    const token = await verifier().verify(access, { scope: 'orders.read' });
    expect(token).to.include({ subject: USER.id, clientId: 'orders-app' });
    expect(token.has('orders.read')).to.equal(true);
    expect(token.has('orders.read', 'orders.write')).to.equal(false);
    expect(token.grantId).to.be.a('string');
    expect(token.expiresAt.getTime()).to.be.greaterThan(Date.now());
    expect((await verifier().verifyHeader(`Bearer ${access}`)).tokenId).to.equal(token.tokenId);
    expect((await verifier().verify(await obtainByBatch(app))).subject).to.equal('batch');
  });

  it('accepts tokens signed with each algorithm', async () => {
    const { resourceServers } = app.services;
    for (const alg of ['ES256', 'EdDSA', 'RS256']) {
      await resourceServers.update(API, { access_token_alg: alg }, { actor: 'operator:test' });
      expect((await verifier().verify(await obtainByBatch(app))).clientId).to.equal('batch');
    }
    const only = verifier({ algorithms: ['EdDSA'] });
    expect((await refusalOf(only.verify(await obtainByBatch(app)))).code).to.equal('invalid_token');
  });

  it('refuses an ID token, and a token for another API', async () => {
    const { access, id } = await obtainFor(app);
    const asOther = verifier({ audience: 'https://api.example/other' });
    for (const work of [
      verifier().verify(id),
      verifier({ audience: 'orders-app' }).verify(id),
      asOther.verify(access),
    ]) {
      expect((await refusalOf(work)).code).to.equal('invalid_token');
    }
  });

  it('answers 403 with the scopes that are missing', async () => {
    const error = await refusalOf(verifier().verify(await obtainByBatch(app), { scope: ['orders.write'] }));
    expect(error).to.include({ code: 'insufficient_scope', status: 403 });
    expect(error.wwwAuthenticate).to.include('scope="orders.write"');
  });

  it('refuses what was revoked when it is to ask, by jti and by grant', async () => {
    const asking = verifier({ introspection: INTROSPECTION });
    const own = await obtainByBatch(app);
    const { access, refresh } = await obtainFor(app);
    for (const token of [own, access]) await asking.verify(token);
    await revoke(app, own, BATCH);
    await revoke(app, refresh);
    for (const token of [own, access]) {
      const error = await refusalOf(asking.verify(token));
      expect(error).to.include({ code: 'revoked_token', status: 401 });
      expect(error.wwwAuthenticate).to.include('error="invalid_token"');
      // Whoever does not ask cannot know.
      await verifier().verify(token);
    }
  });

  it('refuses what is on a deny list of its own', async () => {
    const token = await obtainByBatch(app);
    const { tokenId } = await verifier().verify(token);
    const listed = verifier({ isRevoked: (found) => found.tokenId === tokenId });
    expect((await refusalOf(listed.verify(token))).code).to.equal('revoked_token');
    await listed.verify(await obtainByBatch(app));
  });

  it('understands opaque tokens when it may ask, and only those for its API', async () => {
    const { access } = await obtainFor(app, { resource: OPAQUE_API, scope: 'openid opaque.read' });
    const asking = verifier({ audience: OPAQUE_API, introspection: INTROSPECTION });
    expect((await asking.verify(access, { scope: 'opaque.read' })).subject).to.equal(USER.id);
    const other = verifier({ introspection: INTROSPECTION });
    expect((await refusalOf(other.verify(access))).code).to.equal('invalid_token');
    const notAsking = verifier({ audience: OPAQUE_API });
    expect((await refusalOf(notAsking.verify(access))).code).to.equal('invalid_token');
  });

  it('calls nothing bad because it may not ask', async () => {
    const wrong = verifier({ introspection: { ...INTROSPECTION, clientSecret: 'wrong' } });
    const error = await refusalOf(wrong.verify(await obtainByBatch(app)));
    expect([error.code, error.status, error.wwwAuthenticate]).to.deep.equal([
      'temporarily_unavailable',
      503,
      undefined,
    ]);
  });
});

describe('the verifier, with an issuer that is bent on mischief', () => {
  const AUDIENCE = 'https://api.example/';
  let server: Server;
  let issuer: string;
  let now = new Date('2030-01-01T00:00:00Z');
  let key: CryptoKey;
  let jwk: Record<string, unknown>;
  let published: Record<string, unknown>[];
  let cacheControl: string | undefined = 'max-age=600';
  let asked = { metadata: 0, jwks: 0, introspection: 0 };
  let metadataIssuer: string | undefined;
  let isDown = false;
  let answer: Record<string, unknown> = { active: true };

  before(async () => {
    server = createServer((request, response) => {
      const send = (body: unknown) => {
        if (isDown) response.statusCode = 503;
        if (cacheControl !== undefined) response.setHeader('cache-control', cacheControl);
        response.end(JSON.stringify(body));
      };
      if (request.url === '/jwks') {
        asked.jwks += 1;
        return send({ keys: published });
      }
      if (request.url === '/introspect') {
        asked.introspection += 1;
        return send(answer);
      }
      asked.metadata += 1;
      return send({
        issuer: metadataIssuer ?? issuer,
        jwks_uri: `${issuer}/jwks`,
        introspection_endpoint: `${issuer}/introspect`,
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  after(() => server.close());

  beforeEach(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    key = pair.privateKey;
    jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    published = [jwk];
    now = new Date('2030-01-01T00:00:00Z');
    asked = { metadata: 0, jwks: 0, introspection: 0 };
    [metadataIssuer, isDown, cacheControl] = [undefined, false, 'max-age=600'];
    answer = { active: true };
  });

  const seconds = () => Math.floor(now.getTime() / 1_000);
  const good = (): JWTPayload => ({
    iss: issuer,
    aud: AUDIENCE,
    sub: 'u1',
    client_id: 'c1',
    jti: 'j1',
    scope: 'a b',
    iat: seconds(),
    exp: seconds() + 300,
  });
  const sign = (claims: JWTPayload, header: Record<string, unknown> = {}, by: CryptoKey | Uint8Array = key) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header }).sign(by);
  const verifier = (more: Partial<VerifierOptions> = {}) =>
    createVerifier({ issuer, audience: AUDIENCE, now: () => now, ...more });

  it('accepts what is right in every part', async () => {
    const token = await verifier().verify(await sign(good()), { scope: 'a b' });
    expect(token.claims).to.include({ sub: 'u1' });
    await verifier().verify(await sign({ ...good(), aud: ['https://other.example', AUDIENCE] }));
    await verifier().verify(await sign(good(), { typ: 'application/at+jwt' }));
  });

  it('refuses whatever has one part wrong', async () => {
    const without = (name: string) => {
      const { [name]: _left, ...rest } = good();
      return rest;
    };
    const other = await generateKeyPair('ES256');
    const [, body = ''] = (await sign(good())).split('.');
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const bad: Record<string, string> = {
      'another audience': await sign({ ...good(), aud: 'https://api.example' }),
      'no audience': await sign(without('aud')),
      'another issuer': await sign({ ...good(), iss: `${issuer}/` }),
      'no issuer': await sign(without('iss')),
      'not yet valid': await sign({ ...good(), nbf: seconds() + 60 }),
      'no end': await sign(without('exp')),
      'no jti': await sign(without('jti')),
      'no client': await sign(without('client_id')),
      'no subject': await sign(without('sub')),
      'an ID token': await sign(good(), { typ: 'JWT' }),
      'no type': await sign(good(), { typ: undefined }),
      'a logout token': await sign(good(), { typ: 'logout+jwt' }),
      'another key': await sign(good(), {}, other.privateKey),
      'a key nobody knows': await sign(good(), { kid: 'k2' }),
      'alg none': `${header({ alg: 'none', typ: 'at+jwt', kid: 'k1' })}.${body}.`,
      'an HMAC with the public key': await sign(
        good(),
        { alg: 'HS256' },
        new TextEncoder().encode(JSON.stringify(jwk)),
      ),
      'a key in its own header': await sign(good(), { jwk, kid: undefined }, other.privateKey),
      'a critical header nobody knows': `${header({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', crit: ['x'], x: 1 })}.${body}.AAAA`,
      'another body': `${(await sign(good())).split('.')[0]}.${header({ ...good(), sub: 'admin' })}.${(await sign(good())).split('.')[2]}`,
      nothing: '',
      'no JWT': 'nonsense',
      'three empty parts': '..',
      'too much': 'a'.repeat(20_000),
    };
    for (const [name, token] of Object.entries(bad)) {
      expect((await refusalOf(verifier().verify(token))).code, name).to.equal('invalid_token');
    }
    for (const header of [undefined, '', 'Bearer', `Basic ${await sign(good())}`, 'Bearer a b']) {
      expect((await refusalOf(verifier().verifyHeader(header))).status).to.equal(401);
    }
  });

  it('refuses what has expired, give or take what clocks may disagree', async () => {
    const token = await sign(good());
    now = new Date(now.getTime() + 304_000);
    await verifier().verify(token);
    now = new Date(now.getTime() + 1_000);
    expect((await refusalOf(verifier().verify(token))).code).to.equal('expired_token');
    expect((await refusalOf(verifier({ clockToleranceSeconds: 0 }).verify(token))).code).to.equal(
      'expired_token',
    );
  });

  it('gets the keys once for as long as they may be cached, however many ask at once', async () => {
    const one = verifier();
    const token = await sign({ ...good(), exp: seconds() + 9_999 });
    await Promise.all(Array.from({ length: 20 }, () => one.verify(token)));
    now = new Date(now.getTime() + 599_000);
    await one.verify(token);
    expect(asked).to.include({ metadata: 1, jwks: 1 });
    now = new Date(now.getTime() + 1_000);
    await one.verify(token);
    expect(asked.jwks).to.equal(2);
  });

  it('asks every time when nothing may be cached', async () => {
    cacheControl = 'no-store';
    const one = verifier();
    for (let round = 0; round < 3; round += 1) await one.verify(await sign(good()));
    expect(asked.jwks).to.equal(3);
  });

  it('no longer accepts a key that is not published any more', async () => {
    const one = verifier();
    const token = await sign({ ...good(), exp: seconds() + 9_999 });
    await one.verify(token);
    published = [];
    now = new Date(now.getTime() + 601_000);
    expect((await refusalOf(one.verify(token))).code).to.equal('invalid_token');
  });

  it('learns of a new key at once, but is not made to ask again and again', async () => {
    const one = verifier();
    await one.verify(await sign(good()));
    const next = await generateKeyPair('ES256', { extractable: true });
    published = [jwk, { ...(await exportJWK(next.publicKey)), kid: 'k2', alg: 'ES256', use: 'sig' }];
    now = new Date(now.getTime() + 31_000);
    await one.verify(await sign(good(), { kid: 'k2' }, next.privateKey));
    expect(asked.jwks).to.equal(2);
    for (let round = 0; round < 5; round += 1) {
      await refusalOf(one.verify(await sign(good(), { kid: `made-up-${round}` })));
    }
    expect(asked.jwks).to.equal(2);
  });

  it('goes on for a while with the keys it has, and then says that it cannot know', async () => {
    const one = verifier();
    const token = await sign({ ...good(), exp: seconds() + 9_999 });
    await one.verify(token);
    isDown = true;
    now = new Date(now.getTime() + 700_000);
    await one.verify(token);
    now = new Date(now.getTime() + 300_000);
    expect((await refusalOf(one.verify(token))).status).to.equal(503);
    isDown = false;
    await one.verify(token);
  });

  it('does not believe metadata of another issuer', async () => {
    metadataIssuer = 'https://evil.example';
    expect((await refusalOf(verifier().verify(await sign(good())))).status).to.equal(503);
    expect(asked.jwks).to.equal(0);
  });

  it('asks about each token, or once in the time it was given', async () => {
    const token = await sign(good());
    const always = verifier({ introspection: INTROSPECTION });
    for (let round = 0; round < 3; round += 1) await always.verify(token);
    expect(asked.introspection).to.equal(3);
    const sometimes = verifier({ introspection: { ...INTROSPECTION, cacheSeconds: 10 } });
    for (let round = 0; round < 3; round += 1) await sometimes.verify(token);
    expect(asked.introspection).to.equal(4);
    answer = { active: false };
    now = new Date(now.getTime() + 10_000);
    expect((await refusalOf(sometimes.verify(token))).code).to.equal('revoked_token');
    isDown = true;
    expect((await refusalOf(always.verify(token))).status).to.equal(503);
  });

  it('takes an answer for an opaque token only when that is for this API and has not expired', async () => {
    const one = verifier({ introspection: INTROSPECTION });
    const told = { active: true, client_id: 'c1', iss: issuer, aud: AUDIENCE, exp: seconds() + 10 };
    answer = told;
    expect((await one.verify('opaque')).subject).to.equal('c1');
    for (const wrong of [{ aud: 'https://x.example' }, { aud: undefined }, { iss: 'https://x.example' }]) {
      answer = { ...told, ...wrong };
      expect((await refusalOf(one.verify('opaque'))).code).to.equal('invalid_token');
    }
    answer = { ...told, exp: seconds() - 10 };
    expect((await refusalOf(one.verify('opaque'))).code).to.equal('expired_token');
    answer = { active: 'true' };
    expect((await refusalOf(one.verify('opaque'))).code).to.equal('invalid_token');
  });

  it('cannot be made for plain http, for no audience, or for algorithms that are not for it', () => {
    const wrong = [
      { issuer: 'http://auth.example' },
      { issuer: 'auth.example' },
      { audience: '' },
      { algorithms: [] },
      { algorithms: ['HS256'] },
      { algorithms: ['none'] },
    ] as unknown as Partial<VerifierOptions>[];
    for (const options of wrong) expect(() => verifier(options), JSON.stringify(options)).to.throw(TypeError);
  });

  it('names no part of the token in what it says', async () => {
    const token = await sign({ ...good(), aud: 'https://elsewhere.example' });
    const error = await refusalOf(verifier().verify(token));
    expect(`${error.message} ${error.wwwAuthenticate}`).to.not.include('elsewhere').and.not.include(token);
  });
});
