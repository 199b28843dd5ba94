// The Admin API while the database cannot be reached.
import { expect } from 'chai';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { USER } from '../support/app.js';
import { failing } from '../support/failing-stores.js';

describe('admin API: the store is down', () => {
  const state = { isDown: false, up: new Set<string>() };
  let app: AdminApp;

  before(async () => {
    const stores = failing(createMemoryStores({ now: () => new Date() }), state);
    app = await startAdminApp({ overrides: { stores } });
    await app.ask('GET', '/clients');
  });
  after(async () => {
    state.isDown = false;
    await app.close();
  });
  afterEach(() => {
    state.isDown = false;
    state.up.clear();
  });

  const REQUESTS: [string, string, object][] = [
    ['GET', '/clients', {}],
    ['POST', '/clients', { body: { client_name: 'X', redirect_uris: ['https://x.example/cb'] } }],
    ['PATCH', '/clients/web-app', { body: { client_name: 'X' }, headers: { 'if-match': '*' } }],
    ['DELETE', '/clients/web-app', { headers: { 'if-match': '*' } }],
    ['POST', '/clients/web-app/rotate-secret', {}],
    ['GET', `/users/${USER.id}`, {}],
    ['POST', `/users/${USER.id}/revoke`, {}],
    ['PUT', `/users/${USER.id}/roles/admin`, {}],
    ['GET', '/sessions', {}],
    ['GET', '/consents', {}],
    ['GET', '/keys', {}],
    ['GET', '/resource-servers', {}],
    ['GET', '/registration-tokens', {}],
    ['GET', '/registrations', {}],
    ['DELETE', '/registrations/web-app', {}],
    ['DELETE', '/resource-servers/x', { headers: { 'if-match': '*' } }],
    ['POST', '/keys', { body: { alg: 'ES256' } }],
  ];

  for (const [method, path, init] of REQUESTS) {
    it(`${method} ${path} is 503 with Retry-After, whoever finds it out`, async () => {
      // Told by the token, and, with tokens and clients still readable, by what is asked for.
      for (const up of [[], ['artifacts', 'clients']]) {
        if (up.length > 0 && path.startsWith('/clients') && method === 'GET') continue;
        state.up = new Set(up);
        state.isDown = true;
        const { status, body, headers } = await app.ask(method, path, init);
        state.isDown = false;
        expect([status, body.code]).to.deep.equal([503, 'temporarily_unavailable']);
        expect(headers.get('retry-after')).to.equal('2');
        expect(headers.get('www-authenticate')).to.equal(null);
      }
    });
  }

  it('changes nothing, and the same Idempotency-Key works afterwards', async () => {
    const body = { client_id: 'after-all', client_name: 'X', redirect_uris: ['https://x.example/cb'] };
    const init = { body, headers: { 'idempotency-key': 'idempotency-key-0001' } };
    state.up = new Set(['artifacts', 'clients']);
    state.isDown = true;
    expect((await app.ask('POST', '/clients', init)).status).to.equal(503);
    state.isDown = false;
    expect((await app.ask('GET', '/clients/after-all')).status).to.equal(404);
    expect((await app.ask('POST', '/clients', init)).status).to.equal(201);
  });
});
