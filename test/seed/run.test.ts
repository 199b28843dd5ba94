import { expect } from 'chai';
import { describeResult, resultToJson } from '../../src/cli/seed/report.js';
import { userInputSchema } from '../../src/users/input.js';
import { createRig, problemsOf, type Rig } from './support.js';

const GIVEN = 'a-secret-that-was-given-0123456789';
const PASSWORD = 'correct horse';

interface Shape {
  name?: string;
  uris?: string;
  secret?: string;
  email?: string;
  password?: string;
  scope?: string;
  language?: string;
}

const fileOf = ({
  name = 'Web',
  uris = 'https://a.example/cb',
  secret,
  email = 'a@x.example',
  ...more
}: Shape) => `
clients:
  - client_id: web
    client_name: ${name}
    redirect_uris: [${uris}]
    scope: ${more.scope ?? 'openid'}
${secret === undefined ? '' : `    client_secret: ${secret}`}
  - client_id: spa
    client_name: Spa
    token_endpoint_auth_method: none
    redirect_uris: [https://b.example/cb]
users:
  - {id: aaaaaaaa, name: Ann, email: ${email}, password: ${more.password ?? PASSWORD}${more.language ? `, language_preference: ${more.language}` : ''}}
`;

describe('seed run', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = createRig();
  });
  afterEach(() => rig.close());

  const secretWorks = async (secret: string) => {
    const hash = (await rig.stores.clients.find('web'))?.secrets[0]?.secretHash ?? '';
    return rig.hasher.compare(secret, hash, 'test');
  };
  const stored = async () => ({
    web: await rig.stores.clients.find('web'),
    spa: await rig.stores.clients.find('spa'),
    user: await rig.stores.users.find('aaaaaaaa'),
    audit: await rig.stores.audit.list({ limit: 100 }),
  });

  it('creates clients and users, and tells a generated secret once', async () => {
    const result = await rig.seed(fileOf({}));
    const secret = result.clients[0]?.generatedSecret ?? '';
    expect(await secretWorks(secret)).to.equal(true);
    const text = describeResult(result);
    expect(text).to.match(/^created client web\ncreated client spa\ncreated user aaaaaaaa\n/);
    expect(text.split(secret)).to.have.length(2);
    const { user, audit } = await stored();
    expect(user).to.deep.include({ name: 'Ann', email: 'a@x.example', isVerified: false, isActive: true });
    expect(await rig.hasher.compare(PASSWORD, user?.hashedPassword ?? '', 'test')).to.equal(true);
    expect(audit.map(({ type, actor }) => `${type} ${actor}`)).to.have.members([
      'client.created operator:test',
      'client.created operator:test',
      'user.created operator:test',
    ]);
    expect(JSON.stringify(audit)).to.not.include(secret).and.not.include(PASSWORD);
  });

  it('records what a change of a user replaced, the person apart, and no password', async () => {
    await rig.seed(fileOf({}));
    const [created] = await rig.stores.audit.list({ type: 'user.created', limit: 1 });
    expect(created?.details).to.deep.include({
      after: { is_verified: false, is_active: true },
    });
    expect(created?.details?.personal).to.deep.equal({
      after: { id: 'aaaaaaaa', name: 'Ann', email: 'a@x.example' },
    });
    await rig.seed(fileOf({ email: 'b@x.example', language: 'en', password: 'another password' }));
    const [updated] = await rig.stores.audit.list({ type: 'user.updated', limit: 1 });
    expect(updated?.details).to.deep.equal({
      changed: ['email', 'language_preference', 'password'],
      before: { language_preference: null },
      after: { language_preference: 'en' },
      personal: { before: { email: 'a@x.example' }, after: { email: 'b@x.example' } },
    });
  });

  it('changes nothing the second time, and says so', async () => {
    await rig.seed(fileOf({}));
    const before = await stored();
    rig.clock.forward(60);
    const result = await rig.seed(fileOf({}));
    expect(await stored()).to.deep.equal(before);
    expect(describeResult(result)).to.equal(
      'unchanged client web\nunchanged client spa\nunchanged user aaaaaaaa\nnothing to change',
    );
  });

  it('changes what differs and nothing else', async () => {
    const first = await rig.seed(fileOf({}));
    const before = await stored();
    rig.clock.forward(60);
    const result = await rig.seed(fileOf({ name: 'Renamed', email: 'b@x.example' }));
    expect(describeResult(result).split('\n')).to.deep.equal([
      'updated client web: client_name',
      'unchanged client spa',
      'updated user aaaaaaaa: email',
    ]);
    const after = await stored();
    expect(after.spa).to.deep.equal(before.spa);
    const version = (before.web?.version ?? 0) + 1;
    const renamed = { client_name: 'Renamed', version, updatedAt: rig.clock.now() };
    expect(after.web).to.deep.equal({ ...before.web, ...renamed });
    expect(after.user).to.deep.equal({ ...before.user, email: 'b@x.example', updatedAt: rig.clock.now() });
    expect(await secretWorks(first.clients[0]?.generatedSecret ?? '')).to.equal(true);
  });

  it('sees a member that the file no longer has', async () => {
    await rig.seed('users: [{id: aaaaaaaa, name: A, avatar: a.png}]');
    const result = await rig.seed('users: [{id: aaaaaaaa, name: A, avatar: null}]');
    expect(result.users[0]?.changed).to.deep.equal(['avatar']);
    const client = 'client_id: c, client_name: C, redirect_uris: [https://a.example/cb]';
    await rig.seed(`clients: [{${client}, tos_uri: "https://a.example/tos", contacts: [a@x.example]}]`);
    const changed = (await rig.seed(`clients: [{${client}}]`)).clients[0]?.changed;
    expect(changed).to.have.members(['tos_uri', 'contacts']);
    expect((await rig.stores.clients.find('c'))?.tos_uri).to.equal(undefined);
  });

  it('replaces a secret and a password that are given anew', async () => {
    await rig.seed(fileOf({}));
    const result = await rig.seed(fileOf({ secret: GIVEN, password: 'another horse' }));
    expect(describeResult(result)).to.equal(
      'updated client web: client_secret\nunchanged client spa\nupdated user aaaaaaaa: password',
    );
    expect(await secretWorks(GIVEN)).to.equal(true);
    expect((await rig.seed(fileOf({ secret: GIVEN, password: 'another horse' }))).users[0]?.action).to.equal(
      'unchanged',
    );
  });

  it('keeps a password that the file leaves out', async () => {
    await rig.seed(fileOf({}));
    await rig.seed('users: [{id: aaaaaaaa, name: Bea}]');
    const user = await rig.stores.users.find('aaaaaaaa');
    expect(await rig.hasher.compare(PASSWORD, user?.hashedPassword ?? '', 'test')).to.equal(true);
  });

  it('shows with --dry-run what would change, and writes nothing', async () => {
    const created = describeResult(await rig.seed(fileOf({ secret: GIVEN }), { dryRun: true }));
    expect(created).to.include('would create client web\n').and.include('  client_secret: (set)');
    expect(await stored()).to.deep.equal({ web: undefined, spa: undefined, user: undefined, audit: [] });

    await rig.seed(fileOf({}));
    const before = await stored();
    const changed = fileOf({ name: '"Re\\u202Enamed"', secret: GIVEN, password: 'another horse' });
    const result = await rig.seed(changed, { dryRun: true });
    expect(describeResult(result)).to.equal(
      [
        'would update client web: client_name, client_secret',
        '  client_name: "Web" → "Re\\u{202e}named"',
        '  client_secret: (changed)',
        'unchanged client spa',
        'would update user aaaaaaaa: password',
        '  password: (changed)',
      ].join('\n'),
    );
    expect(JSON.stringify(resultToJson(result)))
      .to.not.include(GIVEN)
      .and.not.include('another horse');
    expect(await stored()).to.deep.equal(before);
  });

  it('says that a secret would be generated, without one', async () => {
    const text = describeResult(await rig.seed(fileOf({}), { dryRun: true }));
    expect(text).to.include('  client_secret: (generated)').and.not.include('Generated secrets');
  });

  it("places the library's objections and writes nothing", async () => {
    const text = fileOf({ scope: 'openid unheard-of' });
    for (const dryRun of [true, false]) {
      expect(await problemsOf(() => rig.seed(text, { dryRun }))).to.deep.equal([
        'seed.yaml:6: clients[0].scope: must be known',
      ]);
    }
    expect((await stored()).spa).to.equal(undefined);
  });

  it("refuses somebody else's address", async () => {
    await rig.seed(fileOf({}));
    const text = 'users:\n  - {id: bbbbbbbb, name: B, email: A@X.example}';
    expect(await problemsOf(() => rig.seed(text))).to.deep.equal([
      'seed.yaml:2: users[0].email: belongs to user aaaaaaaa already',
    ]);
  });

  it('writes nothing when writing fails half way', async () => {
    const { stores } = rig;
    const append = stores.audit.append;
    let calls = 0;
    stores.audit.append = async (events) => {
      calls += 1;
      if (calls === 3) throw new Error('the disk is full');
      await append(events);
    };
    const failure = await rig.seed(fileOf({})).catch((error: Error) => error.message);
    expect(failure).to.equal('the disk is full');
    expect(await stored()).to.deep.equal({ web: undefined, spa: undefined, user: undefined, audit: [] });
  });

  it('does not undo what somebody else wrote meanwhile', async () => {
    await rig.seed(fileOf({}));
    const rename = (name: string) => rig.users.prepare(userInputSchema.parse({ id: 'aaaaaaaa', name }));
    const { write } = await rename('Bea');
    await (await rename('Cid')).write('operator:other');
    const failure = await write('operator:test').catch((error: Error) => error.message);
    expect(failure).to.include('was changed meanwhile');
    expect((await rig.stores.users.find('aaaaaaaa'))?.name).to.equal('Cid');
  });
});
