// The audit trail by the Admin API.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { USER } from '../support/app.js';

interface Event {
  id: number;
  type: string;
  actor: string;
  client_id?: string;
}

describe('admin API: audit', () => {
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp();
    for (const name of ['one', 'two', 'three']) {
      await app.ask('POST', '/clients', {
        body: { client_id: `audited-${name}`, client_name: name, redirect_uris: ['https://a.example/cb'] },
      });
    }
  });
  after(() => app.close());

  const search = async (query: string) =>
    (await app.ask('GET', `/audit/events?${query}`)).body.items as Event[];

  it('tells who did what, from where, in which request, and no secret', async () => {
    const made = await app.ask('POST', '/clients/audited-one/rotate-secret', { body: { label: 'x' } });
    const [event] = await search('client_id=audited-one&type=client.secret_rotated');
    expect(event).to.include({ actor: 'client:admin-service', client_id: 'audited-one' });
    expect(event).to.include({ request_id: made.headers.get('x-request-id') });
    expect(JSON.stringify(event)).not.to.include(made.body.client_secret);
  });

  it('is searched by each of its members', async () => {
    await app.ask('PUT', `/users/${USER.id}/roles/admin`);
    const [granted] = await search(`user_id=${USER.id}&type=user.role_granted`);
    expect(granted?.type).to.equal('user.role_granted');
    const created = await search('type=client.created&actor=client:admin-service');
    expect(created.map(({ client_id }) => client_id)).to.deep.equal([
      'audited-three',
      'audited-two',
      'audited-one',
    ]);
    expect(await search('actor=nobody')).to.deep.equal([]);
    expect(await search('until=2001-01-01T00:00:00Z')).to.deep.equal([]);
    expect(await search('since=2001-01-01T00:00:00%2B08:00&limit=1')).to.have.lengthOf(1);
  });

  it('comes in pages that miss nothing', async () => {
    const all = (await search('limit=200')).map(({ id }) => id);
    const seen: number[] = [];
    let path = '/audit/events?limit=3';
    while (path !== '') {
      const { body, headers } = await app.ask('GET', path);
      seen.push(...body.items.map(({ id }: Event) => id));
      const link = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      path = link?.replace('/api/admin/oauth', '') ?? '';
    }
    expect(seen.filter((id) => all.includes(id))).to.deep.equal(all);
  });

  it('says whether it is whole', async () => {
    const { status, body } = await app.ask('GET', '/audit/verification');
    expect([status, body.ok, body.problems]).to.deep.equal([200, true, []]);
    expect(body.events).to.be.greaterThan(3);
  });

  it('refuses searches that make no sense, and whoever may not read it', async () => {
    for (const query of ['since=yesterday', 'until=', 'limit=0', 'cursor=x', 'made_up=1', 'user_id=']) {
      expect((await app.ask('GET', `/audit/events?${query}`)).status, query).to.equal(400);
    }
    expect((await app.ask('GET', '/audit/verification?since=x')).status).to.equal(400);
    const token = await app.token('admin:clients:read admin:users:read');
    for (const path of ['/audit/events', '/audit/verification']) {
      expect((await app.ask('GET', path, { token })).status).to.equal(403);
      expect((await app.ask('DELETE', path)).status).to.equal(405);
    }
  });
});
