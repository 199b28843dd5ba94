// Response types of clients by the Admin API, whose every answer is held against its description.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';

const DRAFT = {
  client_id: 'hybrid',
  client_name: 'Tea Shop',
  redirect_uris: ['https://tea.example/callback'],
  grant_types: ['authorization_code', 'implicit'],
};

describe('admin API: response types', () => {
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp({ env: { OAUTH_FEATURES: 'implicit' } });
  });
  after(() => app.close());

  it('are set, shown in their usual order, kept by other changes and taken away', async () => {
    const made = await app.ask('POST', '/clients', {
      body: { ...DRAFT, response_types: ['token code id_token'] },
    });
    expect([made.status, made.body.response_types]).to.deep.equal([201, ['code id_token token']]);
    const change = async (body: object) => {
      const etag = (await app.ask('GET', '/clients/hybrid')).headers.get('etag') ?? '';
      return app.ask('PATCH', '/clients/hybrid', { body, headers: { 'if-match': etag } });
    };
    expect((await change({ client_name: 'Other' })).body.response_types).to.deep.equal([
      'code id_token token',
    ]);
    const halfway = await change({ grant_types: ['authorization_code'] });
    expect([halfway.status, halfway.body.problems?.[0]?.field]).to.deep.equal([422, 'grant_types']);
    const back = await change({ grant_types: ['authorization_code'], response_types: null });
    expect([back.status, back.body.response_types]).to.deep.equal([200, ['code']]);
  });

  it('are refused when they are none, or go with nothing else', async () => {
    for (const response_types of [['token'], ['code', 'none'], ['id_token'], 'code id_token', [[]]]) {
      const { status } = await app.ask('POST', '/clients', {
        body: { ...DRAFT, client_id: 'bad', response_types },
      });
      expect(status, JSON.stringify(response_types)).to.be.oneOf([400, 422]);
    }
    expect((await app.ask('GET', '/clients/bad')).status).to.equal(404);
  });
});
