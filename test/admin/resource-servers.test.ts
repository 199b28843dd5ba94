// Resource servers by the Admin API.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';

const API = 'https://api.example/orders';
const PATH = `/resource-servers/${encodeURIComponent(API)}`;
const DRAFT = { identifier: API, name: 'Orders', scopes: [{ name: 'orders.read' }] };

describe('admin API: resource servers', () => {
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp();
  });
  after(() => app.close());
  afterEach(async () => {
    await app.ask('DELETE', PATH, { headers: { 'if-match': '*' } });
  });

  it('are made, seen, changed under their ETag and deleted, each with an author', async () => {
    const made = await app.ask('POST', '/resource-servers', { body: DRAFT });
    expect(made.status).to.equal(201);
    expect(made.headers.get('location')).to.equal(`/api/admin/oauth${PATH}`);
    expect(made.body).to.include({ access_token_alg: 'RS256', access_token_lifetime: 900, version: 1 });
    expect((await app.ask('GET', '/resource-servers')).body.items).to.deep.equal([made.body]);
    const got = await app.ask('GET', PATH);
    expect([got.body, got.headers.get('etag')]).to.deep.equal([made.body, '"1"']);

    const patch = { body: { access_token_alg: 'opaque', name: 'All orders' } };
    expect((await app.ask('PATCH', PATH, patch)).status).to.equal(428);
    const changed = await app.ask('PATCH', PATH, { ...patch, headers: { 'if-match': '"1"' } });
    expect(changed.body).to.include({ access_token_alg: 'opaque', name: 'All orders', version: 2 });
    expect((await app.ask('PATCH', PATH, { ...patch, headers: { 'if-match': '"1"' } })).status).to.equal(412);
    expect((await app.ask('DELETE', PATH, { headers: { 'if-match': '"2"' } })).status).to.equal(204);
    expect((await app.ask('GET', PATH)).status).to.equal(404);

    const events = await app.services.stores.audit.scan({}, { order: 'newest', limit: 3 });
    const told = events.map(({ type, actor }) => [type, actor]);
    const actor = 'client:admin-service';
    expect(told).to.deep.equal([
      ['resource_server.deleted', actor],
      ['resource_server.updated', actor],
      ['resource_server.created', actor],
    ]);
  });

  it('are made by one of many at once, and a scope is one server’s alone', async () => {
    const same = await Promise.all(
      Array.from({ length: 6 }, () => app.ask('POST', '/resource-servers', { body: DRAFT })),
    );
    expect(same.map(({ status }) => status).sort()).to.deep.equal([201, 409, 409, 409, 409, 409]);
    const others = ['a', 'b', 'c'].map((end) => `https://${end}.example`);
    const contended = await Promise.all(
      others.map((identifier) =>
        app.ask('POST', '/resource-servers', {
          body: { identifier, name: 'X', scopes: [{ name: 'contended' }] },
        }),
      ),
    );
    expect(contended.map(({ status }) => status).sort()).to.deep.equal([201, 422, 422]);
    for (const identifier of others) {
      const path = `/resource-servers/${encodeURIComponent(identifier)}`;
      await app.ask('DELETE', path, { headers: { 'if-match': '*' } });
    }
  });

  it('are refused with every field at fault', async () => {
    const body = { identifier: 'x', name: '', scopes: [{ name: 'a b' }, { name: 'openid' }], evil: 1 };
    const { status, body: problem } = await app.ask('POST', '/resource-servers', { body });
    expect(status).to.equal(422);
    const fields = problem.problems.map(({ field }: { field: string }) => field);
    expect(fields).to.have.members(['identifier', 'name', 'scopes[0].name', 'scopes[1].name', 'evil']);
    await app.ask('POST', '/resource-servers', { body: DRAFT });
    for (const patch of [{ version: 9 }, { identifier: 'https://b.example' }, { is_active: null }]) {
      const answer = await app.ask('PATCH', PATH, { body: patch, headers: { 'if-match': '*' } });
      expect(answer.status, JSON.stringify(patch)).to.equal(422);
    }
    expect((await app.ask('GET', PATH)).body.version).to.equal(1);
  });

  it('are not for whoever may only look, nor for whoever may not even that', async () => {
    const reader = await app.token('admin:resource-servers:read');
    expect((await app.ask('GET', '/resource-servers', { token: reader })).status).to.equal(200);
    const refused = await app.ask('POST', '/resource-servers', { token: reader, body: DRAFT });
    expect([refused.status, refused.body.code]).to.deep.equal([403, 'insufficient_scope']);
    const stranger = await app.token('admin:clients:write');
    expect((await app.ask('GET', '/resource-servers', { token: stranger })).status).to.equal(403);
  });
});
