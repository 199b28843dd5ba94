// Users' roles by the Admin API.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { USER } from '../support/app.js';

describe('admin API: roles', () => {
  let app: AdminApp;
  const path = `/users/${USER.id}/roles`;

  before(async () => {
    app = await startAdminApp();
  });
  after(() => app.close());

  it('are granted, seen and taken away, each with an author', async () => {
    const granted = await app.ask('PUT', `${path}/admin`);
    expect(granted.status).to.equal(201);
    expect(granted.body).to.include({ role: 'admin', granted_by: 'client:admin-service' });
    expect((await app.ask('PUT', `${path}/admin`)).status).to.equal(200);
    expect((await app.ask('GET', path)).body.items).to.deep.equal([granted.body]);
    expect((await app.ask('DELETE', `${path}/admin`)).status).to.equal(204);
    expect((await app.ask('GET', path)).body).to.deep.equal({ items: [] });
    const events = await app.services.stores.audit.list({ userId: USER.id, limit: 50 });
    const told = events.filter(({ type }) => type.startsWith('user.role_')).reverse();
    expect(told.map(({ type }) => type)).to.deep.equal(['user.role_granted', 'user.role_revoked']);
    for (const event of told) {
      expect(event).to.include({ actor: 'client:admin-service' });
      expect(event.details).to.deep.equal({ role: 'admin' });
      expect(event.ip).to.match(/127\.0\.0\.1|::1/);
      expect(event.requestId).to.be.a('string');
    }
  });

  it('are 404 for users and roles there are not', async () => {
    expect((await app.ask('GET', '/users/nobody00/roles')).status).to.equal(404);
    expect((await app.ask('PUT', '/users/nobody00/roles/admin')).status).to.equal(404);
    expect((await app.ask('PUT', `${path}/emperor`)).status).to.equal(404);
    expect((await app.ask('DELETE', `${path}/admin`)).status).to.equal(404);
  });

  it('are not for whoever may only look', async () => {
    const token = await app.token('admin:users:read');
    const refused = await app.ask('PUT', `${path}/admin`, { token });
    expect(refused.status).to.equal(403);
    expect(refused.body.code).to.equal('insufficient_scope');
    expect(refused.headers.get('www-authenticate')).to.include('scope="admin:users:write"');
    expect(await app.services.roles.list(USER.id)).to.deep.equal([]);
  });
});
