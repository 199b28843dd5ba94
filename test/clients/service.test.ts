// The rules of clients, over memory stores: what is refused, what is recorded, what may not be lost.
import { expect } from 'chai';
import type { Author } from '../../src/audit/service.js';
import { AppError, NotFoundError, ValidationError } from '../../src/lib/errors.js';
import { createRig, type Rig } from '../seed/support.js';

const AUTHOR: Author = { actor: 'operator:ann', ip: '203.0.113.9', requestId: 'req-1' };
const APP = { client_id: 'app', client_name: 'App', redirect_uris: ['https://app.example/cb'] };
const DAY_MS = 86_400_000;

describe('client service', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = createRig();
  });
  afterEach(() => rig.close());

  const events = async () => (await rig.stores.audit.list({ limit: 100 })).reverse();
  const secretsOf = async (id = 'app') => (await rig.stores.clients.find(id))?.secrets ?? [];

  async function failureOf(work: Promise<unknown>): Promise<AppError> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(AppError);
    return error as AppError;
  }

  const changedIn = (details: Record<string, unknown> = {}) => details.changed as Record<string, unknown>;

  const fieldsOf = (error: AppError) =>
    error instanceof ValidationError ? error.problems.map(({ field }) => field) : [];

  async function works(secret: string, id = 'app'): Promise<boolean> {
    const live = (await secretsOf(id)).filter(({ expiresAt }) => !expiresAt || expiresAt > rig.clock.now());
    const results = await Promise.all(
      live.map(({ secretHash }) => rig.hasher.compare(secret, secretHash, 'test')),
    );
    return results.includes(true);
  }

  it('records who did what from where, before and after, and no secret', async () => {
    const { clients } = rig;
    const { secret = '' } = await clients.create(APP, AUTHOR);
    await clients.update('app', { client_name: 'Renamed', scope: 'openid' }, AUTHOR);
    await clients.setActive('app', false, AUTHOR);
    const rotated = await clients.rotateSecret('app', { label: 'new' }, AUTHOR);
    const [old] = await secretsOf();
    await clients.revokeSecret('app', old?.id ?? 0, AUTHOR);
    await clients.delete('app', AUTHOR);
    const all = await events();
    expect(all.map(({ type }) => type)).to.deep.equal([
      'client.created',
      'client.updated',
      'client.disabled',
      'client.secret_rotated',
      'client.secret_revoked',
      'client.deleted',
    ]);
    for (const event of all) expect(event).to.include({ ...AUTHOR, clientId: 'app' });
    const [created, updated, disabled, rotation, revoked, deleted] = all.map(({ details }) => details);
    expect(changedIn(created).client_name).to.deep.equal({
      from: null,
      to: 'App',
    });
    expect(updated).to.deep.equal({
      changed: { client_name: { from: 'App', to: 'Renamed' }, scope: { from: null, to: 'openid' } },
    });
    expect(disabled).to.deep.equal({ changed: { is_active: { from: true, to: false } } });
    expect(rotation).to.deep.include({
      secret: { id: rotated.record.id, label: 'new', expires_at: null },
      deleted: [],
    });
    expect(revoked?.secret).to.include({ id: old?.id });
    expect(changedIn(deleted).client_name).to.deep.equal({
      from: 'Renamed',
      to: null,
    });
    const text = JSON.stringify(all);
    for (const hidden of [secret, rotated.secret, old?.secretHash ?? 'none'])
      expect(text).not.to.include(hidden);
  });

  it('records nothing and raises no version for a change that changes nothing', async () => {
    const { clients } = rig;
    const { client } = await clients.create(APP, AUTHOR);
    expect(await clients.update('app', {}, AUTHOR)).to.deep.equal(client);
    expect(await clients.update('app', { client_name: 'App', logo_uri: null }, AUTHOR)).to.deep.equal(client);
    expect(await clients.setActive('app', true, AUTHOR)).to.deep.equal(client);
    expect(await events()).to.have.length(1);
  });

  it('merges a patch as RFC 7396 says, and lets defaults come back', async () => {
    const { clients } = rig;
    await clients.create({ ...APP, default_max_age: 5, contacts: ['a@b.example', 'c@d.example'] }, AUTHOR);
    const patched = await clients.update(
      'app',
      { contacts: ['e@f.example'], default_max_age: null, application_type: null, grant_types: null },
      AUTHOR,
    );
    expect(patched).to.deep.include({
      contacts: ['e@f.example'],
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
    });
    expect(patched).not.to.have.property('default_max_age');
    const service = { grant_types: ['client_credentials'], redirect_uris: [] };
    expect((await clients.update('app', service, AUTHOR)).response_types).to.deep.equal([]);
  });

  const badPatches: Record<string, [unknown, string[]]> = {
    'a text': ['client_name', []],
    'a list': [[{ client_name: 'x' }], []],
    nothing: [null, []],
    'a member that is required taken away': [{ client_name: null }, ['client_name']],
    'several at once': [{ client_name: 1, colour: 'red', scope: 'a  b' }, ['client_name', 'scope', 'colour']],
    'a prototype': [JSON.parse('{"__proto__": {"is_active": false}}'), ['__proto__']],
    'what is not for anybody to set': [
      { version: 3, secrets: [], created_at: 'x', client_id: 'b', client_secret: 'x' },
      ['version', 'secrets', 'created_at', 'client_id', 'client_secret'],
    ],
    'a switch without a position': [{ is_active: null }, ['is_active']],
    'a public client with client_credentials': [
      { token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] },
      ['grant_types'],
    ],
    'what the library refuses': [{ scope: 'unheard-of' }, ['scope']],
  };
  for (const [name, [patch, fields]] of Object.entries(badPatches)) {
    it(`refuses a patch with ${name}, and changes nothing`, async () => {
      await rig.clients.create(APP, AUTHOR);
      const before = [await rig.stores.clients.find('app'), await events()];
      const error = await failureOf(rig.clients.update('app', patch, AUTHOR));
      expect([400, 422]).to.include(error.statusCode);
      expect(fieldsOf(error)).to.have.members(fields);
      expect([await rig.stores.clients.find('app'), await events()]).to.deep.equal(before);
    });
  }

  it('refuses every change of a client that is not there, and of a version that is not current', async () => {
    const { clients } = rig;
    await clients.create(APP, AUTHOR);
    const { version } = await clients.update('app', { client_name: 'B' }, AUTHOR);
    const [secret] = await secretsOf();
    const before = [await rig.stores.clients.find('app'), await events()];
    const changes = (id: string, ifVersion: { version?: number }) => [
      () => clients.update(id, { client_name: 'C' }, AUTHOR, ifVersion),
      () => clients.update(id, {}, AUTHOR, ifVersion),
      () => clients.setActive(id, false, AUTHOR, ifVersion),
      () => clients.delete(id, AUTHOR, ifVersion),
      () => clients.rotateSecret(id, {}, AUTHOR, ifVersion),
      () => clients.revokeSecret(id, secret?.id ?? 0, AUTHOR, ifVersion),
    ];
    for (const change of changes('app', { version: version - 1 })) {
      expect(await failureOf(change())).to.include({ code: 'precondition_failed', statusCode: 412 });
    }
    for (const change of [
      ...changes('nobody', {}),
      () => clients.get('nobody'),
      () => clients.listSecrets('nobody'),
    ]) {
      expect(await failureOf(change())).to.be.instanceOf(NotFoundError);
    }
    expect([await rig.stores.clients.find('app'), await events()]).to.deep.equal(before);
    await clients.update('app', { client_name: 'C' }, AUTHOR, { version });
  });

  it('refuses to create a client twice, and what no client can be', async () => {
    const { clients } = rig;
    await clients.create(APP, AUTHOR);
    expect(await failureOf(clients.create({ ...APP, client_name: 'Other' }, AUTHOR))).to.include({
      code: 'conflict',
      statusCode: 409,
    });
    expect((await clients.get('app')).client_name).to.equal('App');
    const uris = ['https://a.example/cb', 'http://a.example', 'https://a.example/cb', 'data:text/html,x'];
    const error = await failureOf(clients.create({ ...APP, client_id: 'x', redirect_uris: uris }, AUTHOR));
    expect(fieldsOf(error)).to.deep.equal(['redirect_uris[1]', 'redirect_uris[2]', 'redirect_uris[3]']);
    expect(await events()).to.have.length(1);
  });

  it('of two who create the same client at once, one does; of two changes at once, none is lost', async () => {
    const { clients } = rig;
    const names = ['One', 'Two', 'Three'];
    const made = await Promise.allSettled(
      names.map((client_name) => clients.create({ ...APP, client_name }, AUTHOR)),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    await Promise.all([
      clients.update('app', { client_name: 'Renamed' }, AUTHOR),
      clients.update('app', { scope: 'openid' }, AUTHOR),
      clients.setActive('app', false, AUTHOR),
    ]);
    expect(await clients.get('app')).to.include({
      client_name: 'Renamed',
      scope: 'openid',
      is_active: false,
    });

    const { version } = await clients.get('app');
    const guarded = await Promise.allSettled(
      names.map((client_name) => clients.update('app', { client_name }, AUTHOR, { version })),
    );
    expect(guarded.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
  });

  describe('secrets', () => {
    it('go on for a day beside a new one, but never longer than they would have', async () => {
      const { clients, clock } = rig;
      const { secret: first = '' } = await clients.create(APP, AUTHOR);
      const soon = new Date(clock.now().getTime() + DAY_MS / 2);
      const second = await clients.rotateSecret('app', { label: 'short', expiresAt: soon }, AUTHOR);
      const third = await clients.rotateSecret('app', {}, AUTHOR);
      const [a, b, c] = await clients.listSecrets('app');
      const tomorrow = new Date(clock.now().getTime() + DAY_MS).toISOString();
      expect([a?.expires_at, b?.expires_at, c?.expires_at]).to.deep.equal([
        tomorrow,
        soon.toISOString(),
        undefined,
      ]);
      expect(b?.label).to.equal('short');
      for (const { secret } of [{ secret: first }, second, third]) expect(await works(secret)).to.equal(true);
      clock.forward(DAY_MS / 1000);
      expect([await works(first), await works(second.secret), await works(third.secret)]).to.deep.equal([
        false,
        false,
        true,
      ]);
      // What has ended is cleared away by the next rotation.
      await clients.rotateSecret('app', { overlapSeconds: 60 }, AUTHOR);
      expect(await clients.listSecrets('app')).to.have.length(2);
    });

    it('end at once with an overlap of 0', async () => {
      const { secret: first = '' } = await rig.clients.create(APP, AUTHOR);
      const { secret, record } = await rig.clients.rotateSecret('app', { overlapSeconds: 0 }, AUTHOR);
      expect([await works(first), await works(secret)]).to.deep.equal([false, true]);
      expect((await rig.clients.listSecrets('app')).map(({ id }) => id)).to.deep.equal([record.id]);
    });

    it('are ten at most', async () => {
      await rig.clients.create(APP, AUTHOR);
      for (let n = 1; n < 10; n += 1) await rig.clients.rotateSecret('app', {}, AUTHOR);
      const before = [await rig.stores.clients.find('app'), await events()];
      expect(await failureOf(rig.clients.rotateSecret('app', {}, AUTHOR))).to.include({ statusCode: 409 });
      expect([await rig.stores.clients.find('app'), await events()]).to.deep.equal(before);
      const [oldest] = await rig.clients.listSecrets('app');
      await rig.clients.revokeSecret('app', oldest?.id ?? 0, AUTHOR);
      await rig.clients.rotateSecret('app', {}, AUTHOR);
      expect(await rig.clients.listSecrets('app')).to.have.length(10);
    });

    it('that were given to somebody by one of two rotations at once all work', async () => {
      const { secret: first = '' } = await rig.clients.create(APP, AUTHOR);
      const results = await Promise.allSettled(
        [1, 2, 3].map(() => rig.clients.rotateSecret('app', { overlapSeconds: 0 }, AUTHOR)),
      );
      const given = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.secret] : []));
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(given.length).to.be.greaterThan(0);
      for (const secret of given) expect(await works(secret)).to.equal(true);
      for (const error of refused) expect(error).to.include({ code: 'conflict', statusCode: 409 });
      expect(await works(first)).to.equal(false);
    });

    it('are refused where they cannot be: bad rotations, public clients, a secret it has already', async () => {
      const { clients, clock } = rig;
      const secret = 'a-secret-that-somebody-has-chosen-0001';
      await clients.create({ ...APP, client_secret: secret }, AUTHOR);
      const before = [await rig.stores.clients.find('app'), await events()];
      const rotations: [object, string][] = [
        [{ label: '' }, 'label'],
        [{ label: 'x'.repeat(65) }, 'label'],
        [{ overlapSeconds: -1 }, 'overlap_seconds'],
        [{ overlapSeconds: 1.5 }, 'overlap_seconds'],
        [{ overlapSeconds: '60' }, 'overlap_seconds'],
        [{ expiresAt: clock.now() }, 'expires_at'],
        [{ expiresAt: 'tomorrow' }, 'expires_at'],
        [{ expiresAt: new Date('x') }, 'expires_at'],
        [{ secret: 'short' }, 'client_secret'],
        [{ secret }, 'client_secret'],
        [{ colour: 'red' }, 'colour'],
      ];
      for (const [rotation, field] of rotations) {
        const error = await failureOf(clients.rotateSecret('app', rotation, AUTHOR));
        expect(fieldsOf(error), JSON.stringify(rotation)).to.deep.equal([field]);
        expect(error.message).not.to.include(secret);
      }
      expect([await rig.stores.clients.find('app'), await events()]).to.deep.equal(before);
    });

    it('leave with the client becoming public, and come by rotation when it is confidential again', async () => {
      const { clients } = rig;
      const { secret = '' } = await clients.create(APP, AUTHOR);
      const open = await clients.update('app', { token_endpoint_auth_method: 'none' }, AUTHOR);
      expect(open.secrets).to.deep.equal([]);
      expect((await events()).at(-1)?.details?.secrets_deleted).to.have.length(1);
      expect(await failureOf(clients.rotateSecret('app', {}, AUTHOR))).to.be.instanceOf(ValidationError);
      const closed = await clients.update('app', { token_endpoint_auth_method: null }, AUTHOR);
      expect(closed).to.deep.include({ token_endpoint_auth_method: 'client_secret_basic', secrets: [] });
      expect(await works(secret)).to.equal(false);
      const rotated = await clients.rotateSecret('app', {}, AUTHOR);
      expect(await works(rotated.secret)).to.equal(true);
    });

    it('never come with a public client, and are not returned when they were given', async () => {
      const { clients } = rig;
      expect(
        await clients.create({ ...APP, token_endpoint_auth_method: 'none' }, AUTHOR),
      ).not.to.have.property('secret');
      const given = { ...APP, client_id: 'b', client_secret: 'a-secret-that-somebody-has-chosen-0001' };
      expect(await clients.create(given, AUTHOR)).not.to.have.property('secret');
      expect(await works(given.client_secret, 'b')).to.equal(true);
    });
  });

  it('lists every client once, page by page, and refuses what is no page', async () => {
    const { clients } = rig;
    for (let n = 0; n < 7; n += 1) await clients.create({ ...APP, client_id: `app-${n}` }, AUTHOR);
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await clients.list({ limit: 3, cursor });
      ids.push(...page.items.map(({ client_id: id }) => id));
      cursor = page.next;
    } while (cursor);
    expect(ids).to.deep.equal([0, 1, 2, 3, 4, 5, 6].map((n) => `app-${n}`));
    expect((await clients.list({ limit: 7 })).next).to.equal(undefined);
    expect((await clients.list()).items[0]?.secrets[0]).to.have.all.keys('id', 'created_at');
    const bad = [
      { limit: 0 },
      { limit: 201 },
      { limit: 1.5 },
      { cursor: '' },
      { cursor: '%%' },
      { q: '' },
      { q: '\0' },
    ];
    for (const query of bad) {
      expect([400, 422], JSON.stringify(query)).to.include((await failureOf(clients.list(query))).statusCode);
    }
  });
});
