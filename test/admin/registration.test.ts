// Registration tokens and registered clients by the Admin API.
import { expect } from 'chai';
import { ask, FEATURES, manage, REDIRECT } from '../registration/support.js';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';

describe('admin API: registration', () => {
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp({ env: { OAUTH_FEATURES: FEATURES } });
  });
  after(() => app.close());

  it('makes tokens that are told once, lists them without, and revokes them', async () => {
    const draft = { label: 'Partner 17', uses: 2, lifetime: 3_600 };
    const made = await app.ask('POST', '/registration-tokens', { body: draft });
    expect(made.status).to.equal(201);
    const { token, record } = made.body;
    expect(record).to.include({ label: 'Partner 17', policy: 'default', uses: 2, uses_left: 2 });
    const { body: client } = await ask(app, { redirect_uris: [REDIRECT] }, { token });
    const listed = await app.ask('GET', '/registration-tokens');
    expect(listed.body.items).to.deep.equal([{ ...record, uses_left: 1 }]);
    expect(listed.text).not.to.include(token);
    expect((await app.ask('DELETE', `/registration-tokens/${record.id}`)).status).to.equal(204);
    expect((await app.ask('DELETE', `/registration-tokens/${record.id}`)).status).to.equal(404);
    expect((await ask(app, { redirect_uris: [REDIRECT] }, { token })).status).to.equal(401);
    const events = await app.services.stores.audit.scan({}, { order: 'newest', limit: 3 });
    expect(events.map(({ type, actor }) => [type, actor])).to.deep.equal([
      ['registration_token.revoked', 'client:admin-service'],
      ['client.created', `registration-token:${record.id}`],
      ['registration_token.created', 'client:admin-service'],
    ]);

    expect((await app.ask('GET', '/registrations')).body.items).to.deep.equal([
      {
        client_id: client.client_id,
        policy: 'default',
        registration_token: record.id,
        registered_at: (await app.services.registrations.list()).items[0]?.registered_at,
        is_manageable: true,
      },
    ]);
    expect((await app.ask('DELETE', `/registrations/${client.client_id}`)).status).to.equal(204);
    expect((await app.ask('DELETE', `/registrations/${client.client_id}`)).status).to.equal(404);
    expect((await manage('GET', client)).status).to.equal(401);
  });

  it('makes one token of many requests with one Idempotency-Key', async () => {
    const init = { body: { label: 'Once' }, headers: { 'idempotency-key': 'registration-token-0001' } };
    const first = await app.ask('POST', '/registration-tokens', init);
    const again = await app.ask('POST', '/registration-tokens', init);
    expect([again.status, again.text]).to.deep.equal([201, first.text]);
  });

  it('refuses what breaks rules, and whoever may not', async () => {
    const bad = [
      {},
      { label: '' },
      { label: 'x', policy: 'nope' },
      { label: 'x', uses: 0 },
      { label: 'x', key: 1 },
    ];
    for (const body of bad) {
      const { status } = await app.ask('POST', '/registration-tokens', { body });
      expect(status, JSON.stringify(body)).to.equal(422);
    }
    const token = await app.token('admin:clients:read');
    expect((await app.ask('POST', '/registration-tokens', { token, body: { label: 'x' } })).status).to.equal(
      403,
    );
    expect((await app.ask('GET', '/registration-tokens', { token })).status).to.equal(200);
    expect((await app.ask('GET', '/registrations', { token: '' })).status).to.equal(401);
    expect((await app.ask('GET', '/registrations?limit=0')).status).to.equal(400);
  });
});
