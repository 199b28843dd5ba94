// A registered client reads, changes and deletes itself (RFC 7592).
import { expect } from 'chai';
import { hashOf } from '../../src/lib/ids.js';
import { Agent } from '../support/agent.js';
import { authorizeUrl, postToken, signIn, type TestApp } from '../support/app.js';
import { jwksOf, makeClientKey } from '../support/client-keys.js';
import { movableClock } from '../support/relying-party.js';
import {
  AUTHOR,
  endpoint,
  FEATURES,
  type Json,
  manage,
  REDIRECT,
  registered,
  send,
  startRegistrationApp,
  updateOf,
} from './support.js';

describe('managing a registered client', () => {
  let app: TestApp;
  const clock = movableClock();

  before(async () => {
    app = await startRegistrationApp({
      env: { OAUTH_FEATURES: `${FEATURES},pairwise` },
      overrides: { clock },
    });
  });
  afterEach(() => clock.set(0));
  after(() => app.close());

  const secretStatus = async ({ client_id, client_secret }: Json) => {
    const fields = { grant_type: 'authorization_code', code: 'x', redirect_uri: REDIRECT };
    return (await postToken(app.issuer, { ...fields, client_id, client_secret })).status;
  };

  const eventsOf = async (clientId: string) =>
    (await app.services.auditTrail.search({ clientId })).items.map(({ type, actor }) => [type, actor]);

  it('reads what is registered, but for the secret', async () => {
    const client = await registered(app, { client_name: 'Readable', contacts: ['a@rp.example'] });
    const { client_secret: _secret, client_secret_expires_at: _expires, ...rest } = client;
    const { status, body, headers } = await manage('GET', client);
    expect([status, headers.get('cache-control')]).to.deep.equal([200, 'no-store']);
    expect(body).to.deep.equal(rest);
  });

  it('makes it what an update says: what that leaves out gets its default', async () => {
    const client = await registered(app, { client_name: 'Before', tos_uri: 'https://rp.example/tos' });
    const { status, body } = await manage('PUT', client, {
      body: {
        client_id: client.client_id,
        client_secret: client.client_secret,
        redirect_uris: ['https://rp.example/new'],
        scope: 'openid admin:keys:write',
        is_first_party: true,
        policy_uri: null,
        logo_uri: '',
      },
    });
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body).to.deep.include({
      client_id: client.client_id,
      client_name: client.client_id,
      redirect_uris: ['https://rp.example/new'],
      scope: 'openid',
      client_id_issued_at: client.client_id_issued_at,
      registration_client_uri: client.registration_client_uri,
    });
    for (const name of ['tos_uri', 'policy_uri', 'logo_uri', 'is_first_party', 'client_secret']) {
      expect(body, name).not.to.have.property(name);
    }
    const stored = await app.services.clients.get(client.client_id);
    expect(stored.redirect_uris).to.deep.equal(['https://rp.example/new']);
    expect(stored).not.to.have.property('is_first_party');
    expect(await secretStatus(client), 'the secret stays').to.equal(400);
    expect(await eventsOf(client.client_id)).to.deep.include([
      'client.updated',
      `client:${client.client_id}`,
    ]);
  });

  it('replaces the registration access token with each update, of which one of many at once succeeds', async () => {
    const client = await registered(app);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        manage('PUT', client, { body: updateOf(client, { client_name: `Raced ${n}` }) }),
      ),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(done).to.have.lengthOf(1);
    expect(answers.filter(({ status }) => status === 401)).to.have.lengthOf(7);
    const after = done[0]?.body ?? {};
    expect(after.registration_access_token).not.to.equal(client.registration_access_token);
    expect((await app.services.clients.get(client.client_id)).client_name).to.equal(after.client_name);
    expect((await manage('GET', client)).status).to.equal(401);
    expect((await manage('GET', after)).status).to.equal(200);
  });

  it('refuses an update that is not of this client, and leaves everything as it is', async () => {
    const client = await registered(app);
    const other = await registered(app);
    const good = updateOf(client);
    const bad: [Json, string][] = [
      [{ ...good, client_id: other.client_id }, 'invalid_request'],
      [{ ...good, client_id: undefined }, 'invalid_request'],
      [{ ...good, client_secret: other.client_secret }, 'invalid_request'],
      [{ ...good, client_secret: '' }, 'invalid_request'],
      [{ ...good, client_secret: { length: 5 } }, 'invalid_request'],
      [{ ...good, client_secret_expires_at: 0 }, 'invalid_request'],
      [{ ...good, client_id_issued_at: 1 }, 'invalid_request'],
      [{ ...good, registration_access_token: client.registration_access_token }, 'invalid_request'],
      [{ ...good, registration_client_uri: client.registration_client_uri }, 'invalid_request'],
      [{ ...good, redirect_uris: ['http://rp.example/'] }, 'invalid_redirect_uri'],
      [{ ...good, logo_uri: 'http://rp.example/' }, 'invalid_client_metadata'],
    ];
    const { version } = await app.services.clients.get(client.client_id);
    for (const [body, error] of bad) {
      const answer = await manage('PUT', client, { body });
      expect([answer.status, answer.body.error], JSON.stringify(body)).to.deep.equal([400, error]);
    }
    expect((await app.services.clients.get(client.client_id)).version).to.equal(version);
    expect((await manage('PUT', client, { body: good })).status).to.equal(200);
  });

  it('answers 401 for every token that is not this client’s now, whether there is the client or not', async () => {
    const client = await registered(app);
    const other = await registered(app);
    const nobody = { ...client, registration_client_uri: `${endpoint(app)}/nobody` };
    const token = other.registration_access_token;
    const operators = {
      registration_client_uri: `${endpoint(app)}/web-app`,
      registration_access_token: token,
    };
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? updateOf(client) : undefined;
      const answers = [
        await manage(method, client, { body, token }),
        await manage(method, client, { body, token: 'x' }),
        await manage(method, nobody, { body }),
        await manage(method, operators, { body }),
        await manage(method, client, { body, token: undefined }),
        await manage(method, client, { body, token: undefined, headers: { authorization: 'Basic eDp4' } }),
      ];
      for (const { status, body: answer, headers } of answers) {
        expect([status, answer.error]).to.deep.equal([401, 'invalid_token']);
        expect(headers.get('www-authenticate')).to.match(/^Bearer realm="registration"/);
      }
    }
    expect((await manage('GET', client)).status).to.equal(200);
  });

  it('deletes it with all that hangs on it: 204, then 401', async () => {
    const client = await registered(app, { grant_types: ['authorization_code', 'refresh_token'] });
    const { client_id, client_secret } = client;
    const url = authorizeUrl(app.issuer, {
      client_id,
      redirect_uri: REDIRECT,
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const code = (await signIn(new Agent(), app.issuer, url)).searchParams.get('code') ?? '';
    const fields = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT };
    const { body: tokens } = await postToken(app.issuer, { ...fields, client_id, client_secret });
    expect(tokens.refresh_token).to.be.a('string');
    const userinfo = () =>
      fetch(`${app.issuer}/api/oauth/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
    expect((await userinfo()).status).to.equal(200);

    const answers = await Promise.all([manage('DELETE', client), manage('DELETE', client)]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([204, 401]);
    for (const method of ['GET', 'DELETE']) expect((await manage(method, client)).status).to.equal(401);
    expect((await userinfo()).status).to.equal(401);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
    expect((await postToken(app.issuer, { ...refresh, client_id, client_secret })).status).to.equal(401);
    expect(await app.services.stores.clients.findStored(client_id)).to.equal(undefined);
    expect(await eventsOf(client_id)).to.deep.include(['client.deleted', `client:${client_id}`]);
  });

  it('is over while the client is off, and when operators say so', async () => {
    const client = await registered(app);
    await app.services.clients.setActive(client.client_id, false, AUTHOR);
    expect((await manage('GET', client)).status).to.equal(401);
    expect((await manage('PUT', client, { body: updateOf(client) })).status).to.equal(401);
    expect((await manage('DELETE', client)).status).to.equal(401);
    await app.services.clients.setActive(client.client_id, true, AUTHOR);
    expect((await manage('GET', client)).status).to.equal(200);
    await app.services.registrations.revokeAccess(client.client_id, AUTHOR);
    expect((await manage('GET', client)).status).to.equal(401);
    expect(await secretStatus(client), 'the client goes on').to.equal(400);
  });

  it('leaves alone what operators have set, and what protects the client', async () => {
    const client = await registered(app, { require_pkce: true });
    const { client_id } = client;
    await app.services.clients.update(
      client_id,
      { is_first_party: true, dpop_bound_access_tokens: true },
      AUTHOR,
    );
    const body = updateOf(client, { require_pkce: false, is_first_party: false });
    const answer = await manage('PUT', client, { body });
    expect(answer.body).to.deep.include({ require_pkce: true, dpop_bound_access_tokens: true });
    expect(await app.services.clients.get(client_id)).to.deep.include({
      is_first_party: true,
      require_pkce: true,
      dpop_bound_access_tokens: true,
    });
  });

  it('keeps the sub of its users, where operators have made it pairwise', async () => {
    const client = await registered(app, { token_endpoint_auth_method: 'none' });
    const { client_id } = client;
    await app.services.clients.update(client_id, { subject_type: 'pairwise' }, AUTHOR);
    const elsewhere = ['https://elsewhere.example/registered'];
    const moved = await manage('PUT', client, { body: updateOf(client, { redirect_uris: elsewhere }) });
    expect(moved.status, 'without users').to.equal(200);
    const back = await manage('PUT', moved.body, {
      body: updateOf(moved.body, { redirect_uris: [REDIRECT] }),
    });
    const url = authorizeUrl(app.issuer, {
      client_id,
      redirect_uri: REDIRECT,
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    await signIn(new Agent(), app.issuer, url);
    const { body: mine } = back;
    const refused = await manage('PUT', mine, { body: updateOf(mine, { redirect_uris: elsewhere }) });
    expect(refused.status).to.equal(400);
    expect(refused.body.error_description).to.include('would change the sub');
    expect((await app.services.clients.get(client_id)).redirect_uris).to.deep.equal([REDIRECT]);
    const same = updateOf(mine, { redirect_uris: [REDIRECT, `${REDIRECT}/more`] });
    expect((await manage('PUT', mine, { body: same })).status).to.equal(200);
  });

  it('does not get out of a profile', async () => {
    const jwks = jwksOf(await makeClientKey('ES256'));
    const client = await registered(app, { token_endpoint_auth_method: 'private_key_jwt', jwks });
    await app.services.clients.update(client.client_id, { profile: 'fapi2' }, AUTHOR);
    expect((await manage('GET', client)).body).to.deep.include({
      require_pushed_authorization_requests: true,
      id_token_signed_response_alg: 'ES256',
    });
    const weaker = {
      ...updateOf(client),
      token_endpoint_auth_method: 'client_secret_basic',
      jwks: undefined,
    };
    const { status, body } = await manage('PUT', client, { body: weaker });
    expect([status, body.error]).to.deep.equal([400, 'invalid_client_metadata']);
    expect(await app.services.clients.get(client.client_id)).to.deep.include({ profile: 'fapi2' });
  });

  it('gives a secret to a client that comes to need one, and takes it from one that does not any more', async () => {
    const client = await registered(app, { token_endpoint_auth_method: 'none' });
    const withSecret = await manage('PUT', client, {
      body: updateOf(client, { token_endpoint_auth_method: 'client_secret_post' }),
    });
    expect(withSecret.body.client_secret).to.match(/^[\w-]{43}$/);
    expect(withSecret.body.client_secret_expires_at).to.equal(0);
    expect(await secretStatus(withSecret.body)).to.equal(400);
    const without = await manage('PUT', withSecret.body, {
      body: updateOf(withSecret.body, { token_endpoint_auth_method: 'none' }),
    });
    expect(without.status).to.equal(200);
    expect((await app.services.clients.get(client.client_id)).secrets).to.deep.equal([]);
  });

  it('replaces the secret where the policy says so: the one before ends', async () => {
    const client = await registered(app, {}, { policy: 'rotating' });
    const { body } = await manage('PUT', client, { body: updateOf(client) });
    expect(body.client_secret).to.be.a('string').and.not.equal(client.client_secret);
    expect(body.client_secret_expires_at).to.be.greaterThan(Date.now() / 1000);
    expect(await secretStatus({ ...body, client_secret: client.client_secret })).to.equal(401);
    expect(await secretStatus(body)).to.equal(400);
  });

  it('ends with the lifetime of its token, where the policy has one', async () => {
    const client = await registered(app, {}, { policy: 'rotating' });
    clock.set(599);
    expect((await manage('GET', client)).status).to.equal(200);
    clock.set(601);
    expect((await manage('GET', client)).status).to.equal(401);
    const [one] = (await app.services.registrations.list({ limit: 200 })).items.filter(
      ({ client_id }) => client_id === client.client_id,
    );
    expect(one).to.deep.include({ is_manageable: false, policy: 'rotating' });
  });

  it('is refused when the policy is not there any more, but for reading and leaving', async () => {
    const { services } = app;
    const draft = { client_name: 'Orphan', redirect_uris: [REDIRECT] };
    const { client } = await services.clients.create(draft, AUTHOR);
    const { client_id: clientId } = client;
    const [token, registeredAt] = ['token-of-an-orphan', new Date()];
    const about = { clientId, tokenId: 'r', registeredAt, key: hashOf(token) };
    await services.stores.registrations.create({ ...about, policy: 'gone' });
    const orphan = {
      registration_client_uri: `${endpoint(app)}/${clientId}`,
      registration_access_token: token,
    };
    const body = { client_id: clientId, redirect_uris: [REDIRECT] };
    const put = await manage('PUT', orphan, { body });
    expect([put.status, put.body.error]).to.deep.equal([403, 'access_denied']);
    expect((await manage('GET', orphan)).status).to.equal(200);
    expect((await manage('DELETE', orphan)).status).to.equal(204);
  });

  it('answers a body that is too large or none with the standard’s error', async () => {
    const client = await registered(app);
    const large = await manage('PUT', client, { body: JSON.stringify({ client_name: 'x'.repeat(70_000) }) });
    expect([large.status, large.body.error]).to.deep.equal([413, 'invalid_request']);
    const form = await send('PUT', client.registration_client_uri, {
      token: client.registration_access_token,
      body: 'client_name=x',
      headers: { 'content-type': 'text/plain' },
    });
    expect([form.status, form.body.error]).to.deep.equal([400, 'invalid_request']);
  });
});
