// Clients that authenticate by a signature (RFC 7523): logging in with openid-client, and every way to get it wrong.
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import { freePort, startApp, type TestApp, USER } from '../support/app.js';
import { runInProcess } from '../support/cli.js';
import {
  assertionClaims,
  byAssertion,
  type ClientKey,
  jwksOf,
  makeClientKey,
  now,
  signed,
} from '../support/client-keys.js';
import { logIn, oauthError, register, relyingParty } from '../support/relying-party.js';
import * as endpoint from '../support/token-endpoint.js';

const ID = 'key-app';
const AUTHOR = { actor: 'operator:test', ip: undefined, requestId: undefined };
const OWN_KEYS = { client_secret: undefined, token_endpoint_auth_method: 'private_key_jwt' };

describe('private_key_jwt', () => {
  let app: TestApp;
  let key: ClientKey;
  let stranger: ClientKey;

  before(async () => {
    app = await startApp();
    [key, stranger] = await Promise.all([makeClientKey(), makeClientKey()]);
    await register(app, { client_id: ID, ...OWN_KEYS, jwks: jwksOf(key) });
  });
  after(() => app.close());

  const privateKey = ({ privateKey: secret, kid }: ClientKey) => client.PrivateKeyJwt({ key: secret, kid });

  /** A token request with an assertion; authenticated, its code is what is wrong. */
  const send = (assertion: string, fields: Record<string, string> = {}) =>
    endpoint.sendForm(app, endpoint.byCode('x', { ...byAssertion(assertion), ...fields }), {});
  const claims = (others: Record<string, unknown> = {}) => assertionClaims(ID, app.issuer, others);
  const expectError = (answer: endpoint.Answer, error: string, status?: number) =>
    endpoint.expectTokenError(app, answer, error, status);

  it('is advertised with its algorithms, none of which is symmetric', async () => {
    const { config } = await relyingParty(app);
    expect(config.serverMetadata()).to.deep.include({
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'none',
      ],
      token_endpoint_auth_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
    });
  });

  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    it(`logs in, refreshes and revokes with a key for ${alg}`, async () => {
      const own = await makeClientKey(alg);
      const { alg: _alg, ...jwk } = own.publicJwk;
      const clientId = `app-${alg.toLowerCase()}`;
      await register(app, { client_id: clientId, ...OWN_KEYS, jwks: { keys: [jwk] } });
      const rp = await relyingParty(app, { clientId, auth: privateKey(own) });
      const scope = 'openid offline_access';
      const { tokens, claims: idToken } = await logIn(rp, new Agent(), { scope, prompt: 'consent' });
      expect(idToken.sub).to.equal(USER.id);
      const refreshed = await client.refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
      expect(await client.tokenIntrospection(rp.config, refreshed.access_token)).to.include({ active: true });
      await client.tokenRevocation(rp.config, refreshed.refresh_token ?? '');
      const error = await oauthError(client.refreshTokenGrant(rp.config, refreshed.refresh_token ?? ''));
      expect(error.error).to.equal('invalid_grant');
    });
  }

  it('takes the issuer, the token endpoint or the endpoint at hand as audience', async () => {
    for (const aud of [app.issuer, `${app.issuer}/api/oauth/token`, ['https://other.example', app.issuer]]) {
      expectError(await send(await signed(key, claims({ aud }))), 'invalid_grant');
    }
  });

  it('allows for clocks that are half a minute apart', async () => {
    expectError(await send(await signed(key, claims({ nbf: now() + 20 }))), 'invalid_grant');
    expectError(await send(await signed(key, claims({ exp: now() - 10 }))), 'invalid_grant');
  });

  const bad: Record<string, () => Record<string, unknown>> = {
    'for somebody else': () => ({ aud: 'https://other.example' }),
    'for another endpoint of ours': () => ({ aud: `${app.issuer}/api/oauth/userinfo` }),
    'for nobody': () => ({ aud: undefined }),
    'that has expired': () => ({ exp: now() - 300 }),
    'that never expires': () => ({ exp: undefined }),
    'that expires when it suits': () => ({ exp: 'never' }),
    'that is good for a day': () => ({ exp: now() + 86_400 }),
    'that is not good yet': () => ({ nbf: now() + 300 }),
    'without a jti': () => ({ jti: undefined }),
    'whose jti is no text': () => ({ jti: 7 }),
    'of another issuer': () => ({ iss: 'web-app' }),
    'without an issuer': () => ({ iss: undefined }),
    'about another client': () => ({ sub: 'web-app' }),
    'about nobody': () => ({ sub: undefined }),
  };
  for (const [name, others] of Object.entries(bad)) {
    it(`refuses an assertion ${name}`, async () => {
      expectError(await send(await signed(key, claims(others()))), 'invalid_client', 401);
    });
  }

  it('refuses what the registered key has not signed', async () => {
    const forged: string[] = [
      await signed(stranger, claims()),
      await signed({ ...stranger, kid: key.kid }, claims()),
      await signed(stranger, claims(), { jwk: stranger.publicJwk }),
      await signed(stranger, claims(), { jku: 'https://evil.example/jwks', x5c: ['MIIB'] }),
      new UnsecuredJWT(claims()).encode(),
      `${(await signed(key, claims())).slice(0, -8)}AAAAAAAA`,
    ];
    for (const assertion of forged) expectError(await send(assertion), 'invalid_client', 401);
  });

  it('refuses HS256 whatever it is keyed with', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(key.publicJwk));
    const hmac = { alg: 'HS256', kid: key.kid, privateKey: secret as unknown as CryptoKey };
    expectError(await send(await signed(hmac, claims())), 'invalid_client', 401);
  });

  it('refuses an algorithm other than the registered one', async () => {
    const rsa = await makeClientKey('PS256');
    const jwk = { ...rsa.publicJwk, alg: undefined };
    const alg = 'PS256';
    await register(app, {
      client_id: 'pinned',
      ...OWN_KEYS,
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [jwk] },
    });
    const own = assertionClaims('pinned', app.issuer);
    expectError(await send(await signed(rsa, own)), 'invalid_grant');
    const other = { ...rsa, alg: 'RS256', privateKey: await asRs256(rsa) };
    expectError(
      await send(await signed(other, assertionClaims('pinned', app.issuer))),
      'invalid_client',
      401,
    );
  });

  it('refuses an assertion the second time', async () => {
    const assertion = await signed(key, claims());
    expectError(await send(assertion), 'invalid_grant');
    expectError(await send(assertion), 'invalid_client', 401);
  });

  it('takes one of twenty requests that come with it at once', async () => {
    const assertion = await signed(key, claims());
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(assertion)));
    const errors = answers.map(({ body }) => body.error);
    expect(errors.filter((error) => error === 'invalid_grant')).to.have.lengthOf(1);
    expect(errors.filter((error) => error === 'invalid_client')).to.have.lengthOf(19);
  });

  it('does not let the client in by anything else', async () => {
    const plain = { client_id: ID };
    expectError(await send(await signed(key, claims()), { client_id: 'web-app' }), 'invalid_request');
    expectError(await endpoint.sendForm(app, endpoint.byCode('x', plain), {}), 'invalid_client', 401);
    const secret = { ...plain, client_secret: 'x'.repeat(43) };
    expectError(await endpoint.sendForm(app, endpoint.byCode('x', secret), {}), 'invalid_client', 401);
    const both = await send(await signed(key, claims()), { client_secret: 'x'.repeat(43) });
    expectError(both, 'invalid_request');
  });

  it('does not let a client with a secret in by an assertion', async () => {
    const assertion = await signed(key, assertionClaims('web-app', app.issuer));
    expectError(await send(assertion), 'invalid_client', 401);
  });

  describe('keys at an address of the client', () => {
    let server: Server;
    let uri: string;
    let answer: { status?: number; headers?: Record<string, string>; body: string };
    let asked = 0;

    before(async () => {
      const port = await freePort();
      uri = `http://localhost:${port}/jwks`;
      server = createServer((_request, response) => {
        asked += 1;
        response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
      });
      await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve));
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    async function attempt(clientId: string, with_: ClientKey = key) {
      return send(await signed(with_, assertionClaims(clientId, app.issuer)));
    }

    it('are fetched, and not again for the next login', async () => {
      answer = { body: JSON.stringify(jwksOf(key)), headers: { 'cache-control': 'max-age=999999999' } };
      await register(app, { client_id: 'by-uri', ...OWN_KEYS, jwks_uri: uri });
      asked = 0;
      expectError(await attempt('by-uri'), 'invalid_grant');
      expectError(await attempt('by-uri'), 'invalid_grant');
      // A stranger's signature is no reason to ask either, as long as they are fresh.
      expectError(await attempt('by-uri', stranger), 'invalid_client', 401);
      expect(asked).to.equal(1);
    });

    const unfit: Record<string, () => typeof answer> = {
      'too large': () => ({ body: JSON.stringify({ ...jwksOf(key), pad: 'x'.repeat(100_000) }) }),
      'no JSON': () => ({ body: '<html>' }),
      'no keys': () => ({ body: '{"keys":{}}' }),
      'an error': () => ({ status: 500, body: JSON.stringify(jwksOf(key)) }),
      'a way to elsewhere': () => ({ status: 302, headers: { location: `${uri}?2` }, body: '' }),
      'a symmetric key': () => ({ body: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }),
    };
    for (const [name, make] of Object.entries(unfit)) {
      it(`let nobody in when the answer is ${name}`, async () => {
        answer = make();
        const clientId = `unfit-${name.replaceAll(' ', '-')}`;
        await register(app, { client_id: clientId, ...OWN_KEYS, jwks_uri: uri });
        asked = 0;
        expectError(await attempt(clientId), 'invalid_client', 401);
        expect(asked).to.equal(1);
      });
    }
  });

  describe('registration', () => {
    async function problems(members: Record<string, unknown>): Promise<string[]> {
      const draft = { client_name: 'x', redirect_uris: ['https://x.example/cb'], ...members };
      try {
        await app.services.clients.create(draft as never, AUTHOR);
      } catch (error) {
        if (error instanceof ValidationError)
          return error.problems.map(({ field, reason }) => `${field} ${reason}`);
        throw error;
      }
      throw new Error('not refused');
    }
    const byKey = { token_endpoint_auth_method: 'private_key_jwt' };

    it('gives no secret, and takes the secrets of a client that changes over', async () => {
      const { secret, client: made } = await app.services.clients.create(
        { client_name: 'x', redirect_uris: ['https://x.example/cb'] },
        AUTHOR,
      );
      expect(secret).to.be.a('string');
      const patch = { ...byKey, jwks: jwksOf(key) };
      const after = await app.services.clients.update(made.client_id, patch, {
        actor: 'operator:test',
      } as never);
      expect(after.secrets).to.deep.equal([]);
      expect(after.jwks).to.deep.equal(jwksOf(key));
      const rotation = app.services.clients.rotateSecret(made.client_id, {}, {
        actor: 'operator:test',
      } as never);
      expect(await rotation.catch((error) => error)).to.be.instanceOf(ValidationError);
    });

    it('needs keys, public ones, in one place', async () => {
      expect(await problems(byKey)).to.deep.equal(['jwks or jwks_uri is needed for private_key_jwt']);
      const both = { ...byKey, jwks: jwksOf(key), jwks_uri: 'https://x.example/jwks' };
      expect(await problems(both)).to.deep.equal(['jwks_uri cannot stand beside jwks']);
      const http = { ...byKey, jwks_uri: 'http://x.example/jwks' };
      expect(await problems(http)).to.deep.equal(['jwks_uri must be an https URL']);
      const secret = { keys: [{ ...key.publicJwk, d: 'x' }] };
      expect((await problems({ ...byKey, jwks: secret }))[0]).to.match(/^jwks.keys\[0\] is a secret/);
      const broken = { keys: [{ ...key.publicJwk, x: 'AA' }] };
      expect((await problems({ ...byKey, jwks: broken }))[0]).to.match(/is not a public key$/);
      const twice = { keys: [key.publicJwk, key.publicJwk] };
      expect((await problems({ ...byKey, jwks: twice }))[0]).to.match(/\[1\] has the kid of another key$/);
      const oct = { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] };
      expect((await problems({ ...byKey, jwks: oct }))[0]).to.match(/is a secret/);
      const given = { ...byKey, jwks: jwksOf(key), client_secret: 'x'.repeat(43) };
      expect((await problems(given))[0]).to.match(/^client_secret/);
      const alg = { token_endpoint_auth_signing_alg: 'ES256' };
      expect((await problems(alg))[0]).to.match(/^token_endpoint_auth_signing_alg/);
    });

    it('is for the command line, too', async () => {
      const args = [
        'client',
        'create',
        'cli-keys',
        '--name',
        'Keys',
        '--redirect-uri',
        'https://k.example/cb',
      ];
      const more = ['--auth-method', 'private_key_jwt', '--jwks-uri', 'https://k.example/jwks', '--json'];
      const env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer };
      const { stdout } = await runInProcess([...args, ...more], { env });
      const made = JSON.parse(stdout) as Record<string, unknown>;
      expect(made).to.include({ jwks_uri: 'https://k.example/jwks' }).and.not.have.property('client_secret');
    });
  });

  it('off, is neither advertised nor registered, and lets nobody in', async () => {
    const off = await startApp({ env: { OAUTH_FEATURES: 'none' } });
    try {
      const { config } = await relyingParty(off);
      const methods = config.serverMetadata().token_endpoint_auth_methods_supported;
      expect(methods).to.deep.equal(['client_secret_basic', 'client_secret_post', 'none']);
      expect(config.serverMetadata()).not.to.have.property(
        'token_endpoint_auth_signing_alg_values_supported',
      );
      const refused = register(off, { client_id: ID, ...OWN_KEYS, jwks: jwksOf(key) });
      const error = (await refused.catch((reason) => reason)) as ValidationError;
      expect(error.problems[0]?.reason).to.match(/private_key_jwt, which is off/);
      // One that is there from before does not come in, with or without its key.
      const stored = await app.services.stores.clients.find(ID);
      if (!stored) throw new Error('it is registered');
      await off.services.stores.clients.create(stored);
      const assertion = await signed(key, assertionClaims(ID, off.issuer));
      for (const fields of [{ client_id: ID, ...byAssertion(assertion) }, { client_id: ID }]) {
        const answer = await endpoint.sendForm(off, endpoint.byCode('x', fields), {});
        expect(answer.body.error).to.equal('invalid_client');
      }
    } finally {
      await off.close();
    }
  });
});

/** The same RSA key, for RS256. */
async function asRs256({ privateKey }: ClientKey): Promise<CryptoKey> {
  const jwk = await crypto.subtle.exportKey('jwk', privateKey);
  const { alg: _alg, ...plain } = jwk;
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return crypto.subtle.importKey('jwk', plain, algorithm, true, ['sign']);
}
