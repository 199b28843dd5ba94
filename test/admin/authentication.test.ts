// Whose requests the Admin API answers: tokens of service clients, and every other token there is.
import { expect } from 'chai';
import { ADMIN_SCOPES } from '../../src/clients/resource-servers.js';
import { ADMIN_CLIENT, type AdminApp, type ApiAnswer, startAdminApp } from '../support/admin/app.js';
import { obtainTokens, postToken, SECRET, USER, userinfo, WEB_CLIENT } from '../support/app.js';
import { makeClientKey } from '../support/client-keys.js';
import { nonceFrom, proof } from '../support/dpop.js';
import { movableClock, register } from '../support/relying-party.js';

describe('admin API: tokens', () => {
  const clock = movableClock();
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp({ overrides: { clock } });
  });
  after(() => app.close());
  afterEach(() => clock.set(0));

  const get = (token: string, path = '/clients') => app.ask('GET', path, { token });

  function expectRefusal({ status, headers, body }: ApiAnswer, error = 'invalid_token'): void {
    expect(status).to.equal(401);
    expect(body.code).to.equal('invalid_token');
    expect(headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect(headers.get('cache-control')).to.equal('no-store');
    const challenge = headers.get('www-authenticate') ?? '';
    expect(challenge).to.match(/^Bearer realm="[^"]+"/);
    if (error === '') expect(challenge).not.to.include('error');
    else expect(challenge).to.include(`error="${error}"`);
  }

  const grantFor = (scope: string, over: Record<string, string> = {}) =>
    postToken(app.issuer, {
      grant_type: 'client_credentials',
      client_id: ADMIN_CLIENT.client_id,
      client_secret: ADMIN_CLIENT.client_secret,
      resource: app.base,
      scope,
      ...over,
    });

  it('are given to a client that is registered for the scopes, for a quarter of an hour', async () => {
    const { status, body } = await grantFor('admin:clients:read admin:keys:read');
    expect(status).to.equal(200);
    expect(body).to.include({ scope: 'admin:clients:read admin:keys:read', expires_in: 900 });
    expect((await get(body.access_token ?? '')).status).to.equal(200);
  });

  it('open what they name and nothing else', async () => {
    const token = await app.token('admin:clients:read');
    expect((await get(token)).status).to.equal(200);
    const refused = await get(token, '/keys');
    expect([refused.status, refused.body.code]).to.deep.equal([403, 'insufficient_scope']);
    expect(refused.headers.get('www-authenticate'))
      .to.include('error="insufficient_scope"')
      .and.include('scope="admin:keys:read"');
  });

  it('do not open anything when they are bound to a key that is not proven here', async () => {
    const key = await makeClientKey();
    const endpoint = `${app.issuer}/api/oauth/token`;
    const nonce = await nonceFrom(endpoint, key, { client_id: 'spa' });
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { dpop: await proof(key, endpoint, { nonce }) },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: ADMIN_CLIENT.client_id,
        client_secret: ADMIN_CLIENT.client_secret,
        resource: app.base,
        scope: 'admin:clients:read',
      }),
    });
    const body = (await response.json()) as Record<string, string>;
    expect(body.token_type).to.equal('DPoP');
    expectRefusal(await get(body.access_token ?? ''));
  });

  it('are asked for without a hint of an error when there is none', async () => {
    expectRefusal(await get(''), '');
  });

  it('must be bearer tokens, and known', async () => {
    const headers = (authorization: string) => ({ token: '', headers: { authorization } });
    for (const value of ['Basic YTpi', 'Bearer', 'Bearer a b', 'Bearer ,', `Bearer ${'x'.repeat(4000)}`]) {
      expectRefusal(await app.ask('GET', '/clients', headers(value)));
    }
    expectRefusal(await get('x'.repeat(43)));
  });

  it('are refused in the address and in a form', async () => {
    const token = await app.token();
    const inQuery = await app.ask('GET', `/clients?access_token=${token}`);
    expect(inQuery.status).to.equal(400);
    expect(inQuery.text).not.to.include(token);
    expectRefusal(await app.ask('GET', `/clients?access_token=${token}`, { token: '' }), '');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expectRefusal(
      await app.ask('POST', '/clients', { token: '', headers: form, body: `access_token=${token}` }),
      '',
    );
  });

  it('are refused to clients that are not registered for any admin scope', async () => {
    await register(app, { client_id: 'ordinary', grant_types: ['client_credentials'], scope: 'openid' });
    await register(app, { client_id: 'unlimited', grant_types: ['client_credentials'], scope: undefined });
    for (const client_id of ['ordinary', 'unlimited']) {
      const credentials = { client_id, client_secret: SECRET };
      const { status, body } = await grantFor('admin:clients:read', credentials);
      expect([status, body.error], client_id).to.deep.equal([400, 'invalid_target']);
    }
  });

  it('are refused for scopes beyond the registered ones, and for none', async () => {
    await register(app, {
      client_id: 'reader',
      grant_types: ['client_credentials'],
      scope: 'admin:clients:read',
    });
    const credentials = { client_id: 'reader', client_secret: SECRET };
    expect((await grantFor('admin:clients:read', credentials)).status).to.equal(200);
    for (const scope of ['admin:clients:read admin:clients:write', 'openid', '']) {
      const { status, body } = await grantFor(scope, credentials);
      expect([status, body.error], scope).to.deep.equal([400, 'invalid_scope']);
    }
    const elsewhere = await grantFor('admin:clients:read', {
      ...credentials,
      resource: 'https://else.example/',
    });
    expect(elsewhere.body.error).to.equal('invalid_target');
  });

  it('that were asked for without the resource carry no admin scope', async () => {
    const { body } = await grantFor('admin:clients:read', { resource: '' });
    expect(body.scope ?? '').to.equal('');
    expectRefusal(await get(body.access_token ?? ''));
  });

  it('of a user for an ordinary app are refused, ID token and refresh token too', async () => {
    const tokens = await obtainTokens(app.issuer);
    expectRefusal(await get(tokens.access_token ?? ''));
    expectRefusal(await get(tokens.refresh_token ?? ''));
    const idToken = await app.ask('GET', '/clients', {
      token: '',
      headers: { authorization: `Bearer ${tokens.id_token}` },
    });
    expectRefusal(idToken);
  });

  it('are no good at UserInfo', async () => {
    const { status } = await userinfo(app.issuer, await app.token());
    expect(status).to.be.oneOf([401, 403]);
  });

  it('expire', async () => {
    const token = await app.token();
    clock.set(890);
    expect((await get(token)).status).to.equal(200);
    clock.set(901);
    expectRefusal(await get(token));
  });

  it('are dead once revoked', async () => {
    const token = await app.token();
    const { client_id, client_secret } = ADMIN_CLIENT;
    const response = await fetch(`${app.issuer}/api/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token, client_id, client_secret }),
    });
    expect(response.status).to.equal(200);
    expectRefusal(await get(token));
  });

  it('of a client that was switched off, or lost the scope, are dead at once', async () => {
    const client = { client_id: 'fallen', client_name: 'Fallen', client_secret: SECRET };
    const settings = { ...client, redirect_uris: [], grant_types: ['client_credentials'] };
    await register(app, { ...settings, scope: 'admin:clients:read admin:keys:read' });
    const { body } = await grantFor('admin:clients:read admin:keys:read', client);
    const token = body.access_token ?? '';
    expect((await get(token, '/keys')).status).to.equal(200);
    await register(app, { ...settings, scope: 'admin:clients:read' });
    expect((await get(token, '/keys')).status).to.equal(403);
    expect((await get(token)).status).to.equal(200);
    await register(app, { ...settings, scope: 'admin:clients:read', is_active: false });
    expectRefusal(await get(token));
  });

  it('change nothing when they are refused', async () => {
    const versions = async () =>
      (await app.services.clients.list()).items.map(({ client_id, version }) => [client_id, version]);
    const before = await versions();
    const body = { client_name: 'X', redirect_uris: ['https://x.example/cb'] };
    const tokens = ['', 'x'.repeat(43), await app.token('admin:clients:read')];
    for (const token of tokens) await app.ask('POST', '/clients', { token, body });
    await app.ask('PUT', `/users/${USER.id}/roles/admin`, { token: '' });
    expect(await versions()).to.deep.equal(before);
    expect(await app.services.roles.has(USER.id, 'admin')).to.equal(false);
  });

  it('are told of nobody who is not registered: discovery does not list the scopes', async () => {
    const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
    const { scopes_supported: supported } = (await response.json()) as { scopes_supported: string[] };
    for (const scope of ADMIN_SCOPES) expect(supported).not.to.include(scope);
    expect(WEB_CLIENT.scope).not.to.include('admin');
  });
});
