// Nobody gets more by way of a client than their own token allows.
import { expect } from 'chai';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { type AdminApp, type ApiAnswer, startAdminApp } from '../support/admin/app.js';
import { movableClock } from '../support/relying-party.js';

const DRAFT = { client_name: 'Ladder', redirect_uris: ['https://ladder.example/cb'] };
const ANY = { 'if-match': '*' };

describe('admin API: rights of clients', () => {
  let app: AdminApp;
  let token: string;
  const promoted = new Set<string>();

  before(async () => {
    const clock = movableClock();
    const stores = createMemoryStores(clock);
    const { findForUpdate } = stores.clients;
    // Somebody else gives some clients more rights at the last moment.
    stores.clients.findForUpdate = async (id) => {
      const stored = await findForUpdate(id);
      if (!stored || !promoted.has(id)) return stored;
      return { ...stored, scope: 'openid admin:keys:write', version: stored.version + 1 };
    };
    app = await startAdminApp({ overrides: { clock, stores } });
    token = await app.token('admin:clients:read admin:clients:write');
    await app.ask('POST', '/clients', {
      body: { ...DRAFT, client_id: 'key-keeper', scope: 'openid admin:keys:read admin:keys:write' },
    });
  });
  after(() => app.close());

  function expectRefusal({ status, body, headers }: ApiAnswer, scope: string): void {
    expect([status, body.code]).to.deep.equal([403, 'insufficient_scope']);
    expect(headers.get('www-authenticate')).to.include(`scope="${scope}"`);
  }

  it('are given by a token that has them', async () => {
    const body = { ...DRAFT, scope: 'openid admin:clients:read' };
    expect((await app.ask('POST', '/clients', { token, body })).status).to.equal(201);
  });

  it('are not given by another, to a new client or an old one', async () => {
    const body = { ...DRAFT, client_id: 'climber', scope: 'admin:clients:read admin:keys:write' };
    expectRefusal(await app.ask('POST', '/clients', { token, body }), 'admin:keys:write');
    expect((await app.ask('GET', '/clients/climber')).status).to.equal(404);
    const change = { token, headers: ANY, body: { scope: 'openid admin:audit:read' } };
    expectRefusal(await app.ask('PATCH', '/clients/web-app', change), 'admin:audit:read');
    expect((await app.ask('GET', '/clients/web-app')).body.scope).not.to.include('admin');
  });

  it('are not had by taking over a client that has them', async () => {
    const missing = 'admin:keys:read admin:keys:write';
    const before = (await app.ask('GET', '/clients/key-keeper')).body;
    const redirected = {
      token,
      headers: ANY,
      body: { redirect_uris: ['https://evil.example/'], scope: 'openid' },
    };
    expectRefusal(await app.ask('PATCH', '/clients/key-keeper', redirected), missing);
    expectRefusal(await app.ask('POST', '/clients/key-keeper/rotate-secret', { token }), missing);
    expectRefusal(await app.ask('POST', '/clients/key-keeper/enable', { token }), missing);
    expect((await app.ask('GET', '/clients/key-keeper')).body).to.deep.equal(before);
  });

  it('do not keep anybody from switching such a client off, or from ending its secrets', async () => {
    const { body } = await app.ask('GET', '/clients/key-keeper/secrets');
    const [secret] = body.items as { id: number }[];
    expect((await app.ask('DELETE', `/clients/key-keeper/secrets/${secret?.id}`, { token })).status).to.equal(
      204,
    );
    expect((await app.ask('POST', '/clients/key-keeper/disable', { token })).status).to.equal(200);
    expect((await app.ask('DELETE', '/clients/key-keeper', { token, headers: ANY })).status).to.equal(204);
  });

  it('count as they are when the client is changed, not as they were when it was looked at', async () => {
    const changes: [string, string, object | undefined][] = [
      ['POST', '/rotate-secret', undefined],
      ['POST', '/enable', undefined],
      ['PATCH', '', { redirect_uris: ['https://evil.example/'] }],
    ];
    for (const [method, path, body] of changes) {
      const { body: made } = await app.ask('POST', '/clients', { token, body: DRAFT });
      promoted.add(made.client_id);
      for (const tag of [`"${made.version + 1}"`, '*']) {
        const init = { token, body, headers: { 'if-match': tag } };
        const answer = await app.ask(method, `/clients/${made.client_id}${path}`, init);
        expectRefusal(answer, 'admin:keys:write');
      }
    }
  });
});
