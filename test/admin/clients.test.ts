// Clients and their secrets by the Admin API.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { postToken } from '../support/app.js';

const DRAFT = { client_name: 'Tea Shop', redirect_uris: ['https://tea.example/callback'] };

describe('admin API: clients', () => {
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp();
  });
  after(() => app.close());

  const create = async (over: object = {}) => {
    const { status, body, headers } = await app.ask('POST', '/clients', { body: { ...DRAFT, ...over } });
    expect(status).to.equal(201);
    return { ...body, headers } as Record<string, string> & { headers: Headers };
  };

  const secretWorks = async (client_id: string, client_secret: string): Promise<boolean> => {
    const { body } = await postToken(app.issuer, {
      grant_type: 'authorization_code',
      client_id,
      client_secret,
    });
    return body.error !== 'invalid_client';
  };

  it('are made with a secret that is told once', async () => {
    const made = await create();
    expect(made.client_secret).to.match(/^[\w-]{43}$/);
    expect(made.headers.get('location')).to.equal(`/api/admin/oauth/clients/${made.client_id}`);
    expect(await secretWorks(made.client_id ?? '', made.client_secret ?? '')).to.equal(true);
    const seen = await app.ask('GET', `/clients/${made.client_id}`);
    expect(seen.body).not.to.have.property('client_secret');
    expect(seen.headers.get('etag')).to.equal(made.headers.get('etag'));
    const { client_secret: _secret, headers: _headers, ...rest } = made;
    expect(seen.body).to.deep.equal(rest);
  });

  it('may bring their id and secret, and have none when they are public', async () => {
    const client_secret = 'a-secret-somebody-chose-0123456789abcdef';
    const made = await create({ client_id: 'chosen', client_secret });
    expect(made.client_secret).to.equal(undefined);
    expect(await secretWorks('chosen', client_secret)).to.equal(true);
    const spa = await create({ client_id: 'public-one', token_endpoint_auth_method: 'none' });
    expect(spa.client_secret).to.equal(undefined);
    expect(spa.secrets).to.deep.equal([]);
  });

  it('exist once', async () => {
    await create({ client_id: 'once' });
    const again = await app.ask('POST', '/clients', { body: { ...DRAFT, client_id: 'once' } });
    expect([again.status, again.body.code]).to.deep.equal([409, 'conflict']);
  });

  it('that the library would reject are not saved', async () => {
    const body = { ...DRAFT, client_id: 'rejected', scope: 'openid made:up' };
    const { status, body: problem } = await app.ask('POST', '/clients', { body });
    expect(status).to.equal(422);
    expect(problem.problems[0].field).to.equal('scope');
    expect((await app.ask('GET', '/clients/rejected')).status).to.equal(404);
  });

  it('are listed page by page, filtered', async () => {
    for (const name of ['a', 'b', 'c'])
      await create({ client_id: `list-${name}`, client_name: `Listed ${name}` });
    await app.ask('POST', '/clients/list-b/disable');
    const ids: string[] = [];
    let path = '/clients?q=listed&limit=2';
    for (let pages = 0; path !== ''; pages += 1) {
      expect(pages).to.be.lessThan(3);
      const { body, headers } = await app.ask('GET', path);
      ids.push(...body.items.map((item: { client_id: string }) => item.client_id));
      const link = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      expect(link === undefined).to.equal(body.next === undefined);
      path = link?.replace('/api/admin/oauth', '') ?? '';
    }
    expect(ids).to.deep.equal(['list-a', 'list-b', 'list-c']);
    const off = await app.ask('GET', '/clients?q=listed&is_active=false');
    expect(off.body.items.map((item: { client_id: string }) => item.client_id)).to.deep.equal(['list-b']);
    const foreign = await app.ask('GET', '/clients?cursor=bm90IGFuIGlkIQ');
    expect(foreign.status).to.equal(400);
  });

  it('are changed member by member, from the version that was seen', async () => {
    await create({ client_id: 'patched', logo_uri: 'https://tea.example/logo.png' });
    const seen = await app.ask('GET', '/clients/patched');
    const etag = seen.headers.get('etag') ?? '';
    const change = { body: { client_name: 'Cake', logo_uri: null }, headers: { 'if-match': etag } };
    const changed = await app.ask('PATCH', '/clients/patched', change);
    expect(changed.status).to.equal(200);
    expect(changed.body.client_name).to.equal('Cake');
    expect(changed.body).not.to.have.property('logo_uri');
    expect(changed.body.redirect_uris).to.deep.equal(DRAFT.redirect_uris);
    expect(changed.headers.get('etag')).not.to.equal(etag);
    const stale = await app.ask('PATCH', '/clients/patched', { ...change, body: { client_name: 'Stale' } });
    expect([stale.status, stale.body.code]).to.deep.equal([412, 'precondition_failed']);
    const any = { body: { client_name: 'Any' }, headers: { 'if-match': '*' } };
    expect((await app.ask('PATCH', '/clients/patched', any)).body.client_name).to.equal('Any');
    const events = await app.services.stores.audit.list({
      clientId: 'patched',
      type: 'client.updated',
      limit: 9,
    });
    expect(events).to.have.lengthOf(2);
    expect(events[1]).to.include({ actor: 'client:admin-service' });
    expect(events[1]?.details).to.deep.equal({
      changed: {
        client_name: { from: 'Tea Shop', to: 'Cake' },
        logo_uri: { from: 'https://tea.example/logo.png', to: null },
      },
    });
  });

  it('refuse changes that make no sense, and stay as they were', async () => {
    await create({ client_id: 'steady' });
    const before = (await app.ask('GET', '/clients/steady')).body;
    const refused: object[] = [
      { client_name: null },
      { client_id: 'other' },
      { client_secret: 'another-secret-0123456789abcdef0123456789' },
      { version: 1 },
      { made_up: true },
      { redirect_uris: ['http://tea.example/'] },
      { redirect_uris: [] },
      { is_active: null },
      { grant_types: ['password'] },
    ];
    for (const body of refused) {
      const answer = await app.ask('PATCH', '/clients/steady', { body, headers: { 'if-match': '*' } });
      expect(answer.status, JSON.stringify(body)).to.equal(422);
      expect(answer.body.problems, JSON.stringify(body)).to.not.deep.equal([]);
    }
    expect((await app.ask('GET', '/clients/steady')).body).to.deep.equal(before);
  });

  it('are switched off and on', async () => {
    const made = await create({ client_id: 'switched' });
    const off = await app.ask('POST', '/clients/switched/disable');
    expect([off.status, off.body.is_active]).to.deep.equal([200, false]);
    expect(await secretWorks('switched', made.client_secret ?? '')).to.equal(false);
    const on = await app.ask('POST', '/clients/switched/enable', {
      headers: { 'if-match': off.headers.get('etag') ?? '' },
    });
    expect(on.body.is_active).to.equal(true);
    expect(await secretWorks('switched', made.client_secret ?? '')).to.equal(true);
  });

  it('get another secret beside the one they have, or in its place', async () => {
    const made = await create({ client_id: 'rotated' });
    const beside = await app.ask('POST', '/clients/rotated/rotate-secret', { body: { label: 'second' } });
    expect(beside.status).to.equal(201);
    expect(beside.body.label).to.equal('second');
    for (const secret of [made.client_secret ?? '', beside.body.client_secret]) {
      expect(await secretWorks('rotated', secret)).to.equal(true);
    }
    const { body: listed } = await app.ask('GET', '/clients/rotated/secrets');
    expect(listed.items).to.have.lengthOf(2);
    expect(listed.items[0].expires_at).to.be.a('string');
    const revoked = await app.ask('DELETE', `/clients/rotated/secrets/${listed.items[0].id}`);
    expect(revoked.status).to.equal(204);
    expect(await secretWorks('rotated', made.client_secret ?? '')).to.equal(false);
    const place = await app.ask('POST', '/clients/rotated/rotate-secret', { body: { overlap_seconds: 0 } });
    expect(await secretWorks('rotated', beside.body.client_secret)).to.equal(false);
    expect(await secretWorks('rotated', place.body.client_secret)).to.equal(true);
    expect((await app.ask('POST', '/clients/rotated/rotate-secret')).status).to.equal(201);
  });

  it('refuse secrets that make no sense', async () => {
    await create({ client_id: 'careful' });
    const bodies: object[] = [
      { label: '' },
      { label: 7 },
      { expires_at: 'tomorrow' },
      { expires_at: '2001-01-01T00:00:00Z' },
      { overlap_seconds: -1 },
      { client_secret: 'short' },
      { made_up: 1 },
    ];
    for (const body of bodies) {
      const answer = await app.ask('POST', '/clients/careful/rotate-secret', { body });
      expect(answer.status, JSON.stringify(body)).to.equal(422);
      expect(answer.body.problems[0].field, JSON.stringify(body)).to.equal(Object.keys(body)[0]);
    }
    for (const id of ['0', 'abc', '99999999999999']) {
      expect((await app.ask('DELETE', `/clients/careful/secrets/${id}`)).status, id).to.equal(404);
    }
    expect((await app.ask('DELETE', '/clients/careful/secrets/2147483647')).status).to.equal(404);
    expect((await app.ask('DELETE', '/clients/careful/secrets/9999999999')).status).to.equal(404);
    expect((await app.ask('GET', '/clients/careful/secrets')).body.items).to.have.lengthOf(1);
  });

  it('are deleted with all that hangs on them', async () => {
    const made = await create({ client_id: 'deleted' });
    const gone = await app.ask('DELETE', '/clients/deleted', {
      headers: { 'if-match': made.headers.get('etag') ?? '' },
    });
    expect([gone.status, gone.text]).to.deep.equal([204, '']);
    expect((await app.ask('GET', '/clients/deleted')).status).to.equal(404);
    expect(await secretWorks('deleted', made.client_secret ?? '')).to.equal(false);
  });

  it('that are not there are 404 whatever is asked of them', async () => {
    const any = { 'if-match': '*' };
    const absent: [string, string, object][] = [
      ['GET', '', {}],
      ['PATCH', '', { body: {}, headers: any }],
      ['DELETE', '', { headers: any }],
      ['POST', '/enable', {}],
      ['POST', '/disable', {}],
      ['POST', '/rotate-secret', {}],
      ['GET', '/secrets', {}],
      ['DELETE', '/secrets/1', {}],
    ];
    for (const id of ['absent', 'x'.repeat(200), '..', '%E2%98%83']) {
      for (const [method, rest, init] of absent) {
        const { status } = await app.ask(method, `/clients/${id}${rest}`, init);
        expect(status, `${method} ${id}${rest}`).to.equal(404);
      }
    }
  });

  const CHANGES: [string, string, object][] = [
    ['POST', '/clients', { body: DRAFT }],
    ['PATCH', '/clients/web-app', { body: {}, headers: { 'if-match': '*' } }],
    ['DELETE', '/clients/web-app', { headers: { 'if-match': '*' } }],
    ['POST', '/clients/web-app/enable', {}],
    ['POST', '/clients/web-app/disable', {}],
    ['POST', '/clients/web-app/rotate-secret', {}],
    ['DELETE', '/clients/web-app/secrets/1', {}],
  ];
  it('are changed by nobody who may only look, and seen by nobody who may only change', async () => {
    const reader = await app.token('admin:clients:read');
    for (const [method, path, init] of CHANGES) {
      const { status, body } = await app.ask(method, path, { ...init, token: reader });
      expect([status, body.code], `${method} ${path}`).to.deep.equal([403, 'insufficient_scope']);
    }
    const writer = await app.token('admin:clients:write');
    for (const path of ['/clients', '/clients/web-app', '/clients/web-app/secrets']) {
      expect((await app.ask('GET', path, { token: writer })).status, path).to.equal(403);
    }
    expect((await app.ask('GET', '/clients/web-app')).body.is_active).to.equal(true);
  });
});
