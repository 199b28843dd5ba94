// Requests that make something, sent more than once.
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import type { Stores } from '../../src/store/ports/index.js';
import { ADMIN_CLIENT, type AdminApp, type Asked, adminToken, startAdminApp } from '../support/admin/app.js';
import { movableClock } from '../support/relying-party.js';

const DRAFT = { client_name: 'Twice', redirect_uris: ['https://twice.example/cb'] };
const HOURS = 3_600;

describe('admin API: idempotency', () => {
  const clock = movableClock();
  let stores: Stores;
  let app: AdminApp;
  let other: AdminApp;
  let count = 0;

  before(async () => {
    stores = createMemoryStores(clock);
    // Two instances on the same stores.
    app = await startAdminApp({ overrides: { clock, stores } });
    other = await startAdminApp({ overrides: { clock, stores } });
  });
  after(async () => {
    await app.close();
    await other.close();
  });
  afterEach(() => clock.set(0));

  const newKey = () => {
    count += 1;
    return `idempotency-key-${String(count).padStart(4, '0')}`;
  };

  const create = (key: string, body: object = DRAFT, extra: Asked = {}, at = app) =>
    at.ask('POST', '/clients', { body, ...extra, headers: { 'idempotency-key': key } });

  const howMany = async () => (await app.services.clients.list({ q: 'Twice', limit: 200 })).items.length;

  it('gives the same answer again, secret and all, and makes nothing', async () => {
    const key = newKey();
    const first = await create(key);
    const before = await howMany();
    const second = await create(key);
    expect(second.status).to.equal(201);
    expect(second.text).to.equal(first.text);
    for (const name of ['etag', 'location'])
      expect(second.headers.get(name)).to.equal(first.headers.get(name));
    expect(first.headers.get('idempotent-replayed')).to.equal(null);
    expect(second.headers.get('idempotent-replayed')).to.equal('true');
    expect(await howMany()).to.equal(before);
  });

  it('refuses the key for another body, address or If-Match', async () => {
    const key = newKey();
    const made = await create(key);
    const before = await howMany();
    const others = [
      await create(key, { ...DRAFT, client_name: 'Twice, but other' }),
      await app.ask('POST', '/keys', { body: { alg: 'ES256' }, headers: { 'idempotency-key': key } }),
      await app.ask('POST', `/clients/${made.body.client_id}/rotate-secret`, {
        headers: { 'idempotency-key': key },
      }),
    ];
    for (const { status, body } of others) {
      expect([status, body.code]).to.deep.equal([422, 'idempotency_key_reused']);
    }
    expect(await howMany()).to.equal(before);
  });

  it('is each caller’s own', async () => {
    const key = newKey();
    const first = await create(key);
    const client = { client_id: 'second-admin', client_secret: 'second-admin-secret-of-the-test-suite' };
    await app.services.clients.create(
      { ...client, client_name: 'Second', grant_types: ['client_credentials'], scope: 'admin:clients:write' },
      { actor: 'operator:test' },
    );
    const token = await adminToken(app, 'admin:clients:write', client);
    const second = await create(key, DRAFT, { token });
    expect(second.body.client_id).not.to.equal(first.body.client_id);
  });

  it('lets one of many at once through, on whichever instance', async () => {
    const key = newKey();
    const before = await howMany();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => create(key, DRAFT, {}, index % 2 === 0 ? app : other)),
    );
    expect(await howMany()).to.equal(before + 1);
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.client_id));
    expect(ids.size).to.equal(1);
    for (const { status, body } of answers) {
      if (status !== 201) expect([status, body.code]).to.deep.equal([409, 'idempotency_key_in_use']);
    }
    expect((await create(key, DRAFT, {}, other)).status).to.equal(201);
  });

  it('frees the key when nothing was made', async () => {
    const key = newKey();
    expect((await create(key, { ...DRAFT, redirect_uris: ['http://bad.example/'] })).status).to.equal(422);
    expect((await create(key)).status).to.equal(201);
  });

  it('does not do it twice when nobody knows how it ended', async () => {
    const key = newKey();
    const { artifacts } = stores;
    const { upsert } = artifacts;
    artifacts.upsert = async (kind, ...rest) => {
      if (kind === 'IdempotentAnswer') throw new Error('the process dies here');
      return upsert(kind, ...rest);
    };
    const before = await howMany();
    try {
      expect((await create(key)).status).to.equal(201);
    } finally {
      artifacts.upsert = upsert;
    }
    const again = await create(key);
    expect([again.status, again.body.code]).to.deep.equal([409, 'idempotency_key_in_use']);
    expect(await howMany()).to.equal(before + 1);
  });

  it('makes nothing when it says so', async () => {
    const key = newKey();
    const { clients } = stores;
    const { find } = clients;
    const before = await howMany();
    clients.find = async (id) => {
      if (id === ADMIN_CLIENT.client_id) return find(id);
      throw new StoreUnavailableError();
    };
    const first = await create(key).finally(() => {
      clients.find = find;
    });
    expect(first.status).to.be.oneOf([201, 503]);
    expect((await create(key)).status).to.equal(201);
    expect(await howMany()).to.equal(before + 1);
  });

  it('is not free again after a fault of ours', async () => {
    const key = newKey();
    const { clients } = stores;
    const { create: insert } = clients;
    clients.create = async () => {
      throw new Error('nobody thought of this');
    };
    const first = await create(key).finally(() => {
      clients.create = insert;
    });
    expect(first.status).to.equal(500);
    const again = await create(key);
    expect([again.status, again.body.code]).to.deep.equal([409, 'idempotency_key_in_use']);
  });

  it('remembers for a day', async () => {
    const key = newKey();
    // Tokens go by the real time: what was done is moved into the past instead.
    clock.set(-23.9 * HOURS);
    const first = await create(key);
    clock.set(0);
    expect((await create(key)).body.client_id).to.equal(first.body.client_id);
    const old = newKey();
    clock.set(-24.1 * HOURS);
    const before = await create(old);
    clock.set(0);
    const anew = await create(old);
    expect(anew.status).to.equal(201);
    expect(anew.body.client_id).not.to.equal(before.body.client_id);
  });

  it('wants keys that nobody can guess', async () => {
    const before = await howMany();
    for (const key of ['1', 'x'.repeat(15), 'x'.repeat(256), 'with space in it 123']) {
      const { status, body } = await create(key);
      expect([status, body.code]).to.deep.equal([400, 'invalid_request']);
    }
    expect(await howMany()).to.equal(before);
  });

  it('leaves no secret and no key in the store', async () => {
    const key = newKey();
    const kept: string[] = [];
    const { artifacts } = stores;
    const { upsert } = artifacts;
    artifacts.upsert = async (...all) => {
      kept.push(JSON.stringify(all));
      return upsert(...all);
    };
    const { body } = await create(key).finally(() => {
      artifacts.upsert = upsert;
    });
    expect(kept.join()).to.include('IdempotentAnswer');
    for (const secret of [key, body.client_secret]) expect(kept.join()).not.to.include(secret);
  });
});
