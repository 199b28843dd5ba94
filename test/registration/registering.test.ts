// What is registered when an app registers itself (RFC 7591): defaults, what is cut down, what is refused.
import { expect } from 'chai';
import { hashOf } from '../../src/lib/ids.js';
import { postToken, type TestApp } from '../support/app.js';
import { jwksOf, makeClientKey } from '../support/client-keys.js';
import {
  ask,
  clientCount,
  endpoint,
  type Json,
  manage,
  newToken,
  REDIRECT,
  registered,
  send,
  startRegistrationApp,
} from './support.js';

describe('registering a client', () => {
  let app: TestApp;

  before(async () => {
    app = await startRegistrationApp();
  });
  after(() => app.close());

  it('gives the defaults of the standard, an id, a secret and what to manage it with', async () => {
    const token = await newToken(app);
    const { status, headers, body } = await ask(app, { redirect_uris: [REDIRECT] }, { token });
    expect(status).to.equal(201);
    expect(headers.get('content-type')).to.match(/^application\/json/);
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(body).to.deep.include({
      client_name: body.client_id,
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      application_type: 'web',
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'RS256',
      scope: 'openid profile email offline_access',
      client_secret_expires_at: 0,
      registration_client_uri: `${endpoint(app)}/${body.client_id}`,
    });
    expect(body.client_secret).to.match(/^[\w-]{43}$/);
    expect(body.registration_access_token).to.match(/^[\w-]{43}$/);
    expect(body.client_id_issued_at).to.be.closeTo(Date.now() / 1000, 60);
    const stored = await app.services.clients.get(body.client_id);
    expect(stored).to.deep.include({ is_active: true, scope: body.scope });
    expect(stored).not.to.have.property('is_first_party');
  });

  it('keeps no secret and no token in clear', async () => {
    const token = await newToken(app);
    const { body } = await ask(app, { redirect_uris: [REDIRECT] }, { token });
    const { stores } = app.services;
    const kept = JSON.stringify([
      await stores.clients.findStored(body.client_id),
      await stores.registrations.find(body.client_id),
      await stores.registrationTokens.list(),
      (await app.services.auditTrail.search({ limit: 200 })).items,
      app.logs,
    ]);
    for (const secret of [token, body.client_secret, body.registration_access_token]) {
      expect(kept).not.to.include(secret);
    }
    expect((await stores.registrations.find(body.client_id))?.key).to.equal(
      hashOf(body.registration_access_token),
    );
  });

  it('makes a client whose secret works at the token endpoint', async () => {
    const { client_id, client_secret } = await registered(app);
    const fields = { grant_type: 'authorization_code', code: 'x', redirect_uri: REDIRECT, client_id };
    const right = await postToken(app.issuer, { ...fields, client_secret });
    expect([right.status, right.body.error]).to.deep.equal([400, 'invalid_grant']);
    const wrong = await postToken(app.issuer, { ...fields, client_secret: `${client_secret}x` });
    expect(wrong.status).to.equal(401);
  });

  it('gives no secret to public clients and to those with keys of their own', async () => {
    const jwks = jwksOf(await makeClientKey('ES256'));
    for (const more of [
      { token_endpoint_auth_method: 'none' },
      { token_endpoint_auth_method: 'private_key_jwt', jwks },
      { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://rp.example/jwks' },
    ]) {
      const client = await registered(app, more);
      expect(client).to.deep.include(more);
      expect(client).not.to.have.property('client_secret');
      expect(client).not.to.have.property('client_secret_expires_at');
    }
  });

  it('ignores what is unknown or not for an app to say, and tells what was registered', async () => {
    const asked = {
      redirect_uris: [REDIRECT],
      client_id: 'web-app',
      client_secret: 'a-secret-that-the-app-chose-for-itself',
      client_secret_expires_at: 5,
      client_id_issued_at: 5,
      registration_access_token: 'mine',
      registration_client_uri: 'https://evil.example/',
      is_first_party: true,
      is_active: false,
      profile: 'fapi2',
      owner: 'somebody',
      version: 9,
      software_statement: 'e30.e30.',
      unheard_of: { nested: [1] },
      client_name: null,
      client_uri: '',
      grant_types: ['authorization_code', 'client_credentials', 'password'],
      response_types: ['code', 'code id_token token'],
      scope: 'openid email admin:clients:write unknown',
    };
    const client = await registered(app, asked);
    expect(client.client_id).not.to.equal('web-app');
    expect(client).to.deep.include({
      grant_types: ['authorization_code'],
      response_types: ['code'],
      scope: 'openid email',
      client_name: client.client_id,
    });
    expect(client.client_secret).not.to.equal(asked.client_secret);
    expect(client.client_id_issued_at).to.be.greaterThan(5);
    for (const name of ['is_first_party', 'is_active', 'profile', 'owner', 'unheard_of', 'client_uri']) {
      expect(client, name).not.to.have.property(name);
    }
    const stored = await app.services.clients.get(client.client_id);
    expect(stored.is_active).to.equal(true);
    for (const name of ['is_first_party', 'profile', 'owner']) expect(stored).not.to.have.property(name);
    expect((await app.services.clients.get('web-app')).client_name).to.equal('Web App');
  });

  const REFUSED: [string, Json, string][] = [
    ['no redirect URI', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['one that is no text', { redirect_uris: [5] }, 'invalid_redirect_uri'],
    ['redirect URIs that are no list', { redirect_uris: REDIRECT }, 'invalid_redirect_uri'],
    ['http', { redirect_uris: ['http://rp.example/cb'] }, 'invalid_redirect_uri'],
    ['javascript:', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['data:', { redirect_uris: ['DATA:text/html,x'] }, 'invalid_redirect_uri'],
    ['a fragment', { redirect_uris: [`${REDIRECT}#x`] }, 'invalid_redirect_uri'],
    ['an empty fragment', { redirect_uris: [`${REDIRECT}#`] }, 'invalid_redirect_uri'],
    ['a wildcard', { redirect_uris: ['https://*.rp.example/'] }, 'invalid_redirect_uri'],
    ['localhost for a web client', { redirect_uris: ['http://localhost/cb'] }, 'invalid_redirect_uri'],
    ['https on localhost', { redirect_uris: ['https://localhost/cb'] }, 'invalid_redirect_uri'],
    ['an address for a host', { redirect_uris: ['https://10.0.0.1/cb'] }, 'invalid_redirect_uri'],
    ['an IPv6 address', { redirect_uris: ['https://[fd00::1]/cb'] }, 'invalid_redirect_uri'],
    ['a host without a dot', { redirect_uris: ['https://intranet/cb'] }, 'invalid_redirect_uri'],
    ['localhost with a dot', { redirect_uris: ['https://localhost./cb'] }, 'invalid_redirect_uri'],
    ['a name for loopback', { redirect_uris: ['https://app.localhost/cb'] }, 'invalid_redirect_uri'],
    ['one twice', { redirect_uris: [REDIRECT, REDIRECT] }, 'invalid_redirect_uri'],
    [
      '1000 of them',
      { redirect_uris: Array.from({ length: 1000 }, (_, n) => `https://rp.example/${n}`) },
      'invalid_redirect_uri',
    ],
    ['a scheme for a web client', { redirect_uris: ['com.example.app:/cb'] }, 'invalid_redirect_uri'],
    ['an http logout URI', { post_logout_redirect_uris: ['http://rp.example/'] }, 'invalid_client_metadata'],
    ['an http initiate_login_uri', { initiate_login_uri: 'http://rp.example/' }, 'invalid_client_metadata'],
    ['a script as logo', { logo_uri: 'javascript:alert(1)' }, 'invalid_client_metadata'],
    ['an http logo', { logo_uri: 'http://169.254.169.254/' }, 'invalid_client_metadata'],
    ['a name that is too long', { client_name: 'x'.repeat(256) }, 'invalid_client_metadata'],
    ['a name that is no text', { client_name: { toString: 'x' } }, 'invalid_client_metadata'],
    ['no grant type that may be', { grant_types: ['password'] }, 'invalid_client_metadata'],
    ['no response type that may be', { response_types: ['token'] }, 'invalid_client_metadata'],
    ['no scope that may be', { scope: 'admin:clients:write' }, 'invalid_client_metadata'],
    ['a scope that is no text', { scope: ['openid'] }, 'invalid_client_metadata'],
    ['an unknown method', { token_endpoint_auth_method: 'magic' }, 'invalid_client_metadata'],
    ['an unsigned ID token', { id_token_signed_response_alg: 'none' }, 'invalid_client_metadata'],
    ['keys that are not there', { token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    [
      'a secret key',
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
      'invalid_client_metadata',
    ],
    ['an http jwks_uri', { jwks_uri: 'http://169.254.169.254/' }, 'invalid_client_metadata'],
    ['a part that is off', { require_signed_request_object: true }, 'invalid_client_metadata'],
  ];
  for (const [what, more, error] of REFUSED) {
    it(`refuses ${what}, and the token is as good as before`, async () => {
      const token = await newToken(app);
      const before = await clientCount(app);
      const answer = await ask(app, { redirect_uris: [REDIRECT], ...more }, { token });
      expect([answer.status, answer.body.error]).to.deep.equal([400, error]);
      expect(answer.body.error_description).to.match(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
      expect(await clientCount(app)).to.equal(before);
      expect((await ask(app, { redirect_uris: [REDIRECT] }, { token })).status).to.equal(201);
    });
  }

  it('judges by the rules that operators have, every one of them', async () => {
    // The same client by an operator and by itself: both refused, for the same reasons.
    const bad = { client_name: 'x', redirect_uris: ['https://rp.example/../cb', 'http://rp.example/cb'] };
    const byOperator = await app.services.clients.create(bad, { actor: 'operator:test' }).then(
      () => '',
      (error: Error) => error.message,
    );
    const { body } = await ask(app, bad);
    const reasons = byOperator.split(': ').slice(1).join(': ');
    expect(reasons).not.to.equal('');
    expect(body.error_description).to.include(reasons);
  });

  it('has no client known by a certificate while that is off, or where the policy has it not', async () => {
    const more = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'rp.example' };
    const answer = await ask(app, { redirect_uris: [REDIRECT], ...more });
    expect([answer.status, answer.body.error]).to.deep.equal([400, 'invalid_client_metadata']);
    const bound = { tls_client_certificate_bound_access_tokens: true };
    const refused = await ask(app, { redirect_uris: [REDIRECT], ...bound });
    expect([refused.status, refused.body.error]).to.deep.equal([400, 'invalid_client_metadata']);
  });

  it('gives no response type by default that the policy does not have', async () => {
    const token = await newToken(app, { policy: 'tokensOnly' });
    const { status, body } = await ask(app, { redirect_uris: [REDIRECT] }, { token });
    expect([status, body.error]).to.deep.equal([400, 'invalid_client_metadata']);
    expect(body.error_description).to.include('response_types: may not be registered');
  });

  it('takes native apps with their schemes and loopback addresses', async () => {
    const redirect_uris = ['com.example.app:/cb', 'http://127.0.0.1/cb', 'http://[::1]/cb'];
    const more = { application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris };
    expect(await registered(app, more)).to.deep.include(more);
  });

  describe('under a policy', () => {
    const draft = { policy: 'partners', uses: 100 };
    const good = {
      redirect_uris: ['https://app.partner.example/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://keys.example/jwks',
    };

    it('refuses hosts, methods and kinds of apps that it does not have', async () => {
      const token = await newToken(app, draft);
      const bad: Json[] = [
        { redirect_uris: ['https://partner.example/cb'] },
        { redirect_uris: ['https://app.partner.example.evil.example/cb'] },
        { redirect_uris: ['https://evilpartner.example/cb'] },
        { redirect_uris: [...good.redirect_uris, REDIRECT] },
        { post_logout_redirect_uris: [REDIRECT] },
        { initiate_login_uri: REDIRECT },
        { backchannel_logout_uri: REDIRECT },
        { token_endpoint_auth_method: 'client_secret_basic', jwks_uri: undefined },
        { token_endpoint_auth_method: 'none', jwks_uri: undefined },
        { application_type: 'native' },
      ];
      for (const more of bad) {
        const { status, body } = await ask(app, { ...good, ...more }, { token });
        expect(status, JSON.stringify(more)).to.equal(400);
        expect(body.error_description).to.include('may not be registered');
      }
    });

    it('cuts scopes and grant types down to its own, and stops at its number of clients', async () => {
      const token = await newToken(app, draft);
      const asked = {
        ...good,
        scope: 'openid profile email',
        grant_types: ['authorization_code', 'refresh_token'],
      };
      const answers = await Promise.all(Array.from({ length: 6 }, () => ask(app, asked, { token })));
      const made = answers.filter(({ status }) => status === 201);
      expect(made).to.have.lengthOf(2);
      for (const { body } of made) {
        expect(body).to.deep.include({ scope: 'openid email', grant_types: ['authorization_code'] });
      }
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused.map(({ status, body }) => [status, body.error])).to.deep.equal(
        Array(4).fill([403, 'access_denied']),
      );
      // Refused, it has used up nothing; and one that goes makes room.
      const [token2] = (await app.services.registrationTokens.list())
        .filter(({ uses }) => uses === 100)
        .slice(-1);
      expect(token2?.uses_left).to.equal(98);
      expect((await manage('DELETE', made[0]?.body ?? {})).status).to.equal(204);
      expect((await ask(app, asked, { token })).status).to.equal(201);
    });

    it('lets a secret end, and says when', async () => {
      const client = await registered(app, {}, { policy: 'rotating' });
      const [secret] = (await app.services.clients.get(client.client_id)).secrets;
      expect(client.client_secret_expires_at).to.be.closeTo(Date.now() / 1000 + 3_600, 60);
      expect(Date.parse(secret?.expires_at ?? '') / 1000).to.be.closeTo(client.client_secret_expires_at, 1);
    });

    it('takes loopback addresses that it names', async () => {
      const redirect_uris = ['http://localhost:3000/cb'];
      expect((await registered(app, { redirect_uris }, { policy: 'rotating' })).redirect_uris).to.deep.equal(
        redirect_uris,
      );
    });
  });

  describe('with a request that is none', () => {
    const cases: [string, unknown, Record<string, string>, number][] = [
      ['another type', 'redirect_uris=x', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
      ['no JSON', '{"redirect_uris":', {}, 400],
      ['a list', '[]', {}, 400],
      ['null', 'null', {}, 400],
      ['text', '"x"', {}, 400],
      ['no body', '', {}, 400],
      ['a body of more than 64 KB', JSON.stringify({ client_name: 'x'.repeat(70_000) }), {}, 413],
      ['deep JSON', `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`, {}, 400],
      ['very deep JSON', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, {}, 400],
      ['NUL in a name', `{"client_name":"a\\u0000b","redirect_uris":["${REDIRECT}"]}`, {}, 400],
      ['half a character', `{"client_name":"\\ud800","redirect_uris":["${REDIRECT}"]}`, {}, 400],
      ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 400],
    ];
    for (const [what, text, headers, status] of cases) {
      it(`refuses ${what}`, async () => {
        const token = await newToken(app);
        const answer = await ask(app, text, { token, headers });
        expect([answer.status, answer.body.error]).to.deep.equal([status, 'invalid_request']);
        expect((await ask(app, { redirect_uris: [REDIRECT] }, { token })).status).to.equal(201);
      });
    }

    it('refuses other methods, and knows no other spelling of the address', async () => {
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
        const { status, headers } = await send(method, endpoint(app), {});
        expect([status, headers.get('allow')]).to.deep.equal([405, 'POST']);
      }
      const { registration_client_uri: uri } = await registered(app);
      const posted = await send('POST', uri, {});
      expect([posted.status, posted.headers.get('allow')]).to.deep.equal([405, 'GET, PUT, DELETE']);
      for (const path of ['/api/oauth/REGISTER', '/api/oauth/register/', '/api/oauth/register/a/b']) {
        const { status } = await send('POST', `${app.issuer}${path}`, {
          token: await newToken(app),
          body: {},
        });
        expect(status, path).to.equal(404);
      }
    });

    it('does not take the token from the address', async () => {
      const token = await newToken(app);
      const url = `${endpoint(app)}?access_token=${token}`;
      expect((await send('POST', url, { body: { redirect_uris: [REDIRECT] } })).status).to.equal(400);
    });
  });
});
