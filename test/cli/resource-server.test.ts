// `resource-server`.
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.js';
import { runInProcess } from '../support/cli.js';

const API = 'https://api.example/orders';

describe('resource-server', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  const run = (...args: string[]) =>
    runInProcess(['resource-server', ...args], { env: { DATA_DIR: app.dataDir } });
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  };

  it('creates, lists, shows, changes and deletes, beside the running server', async () => {
    const made = await json(
      ...['create', API, '--name', 'Orders', '--scope', 'orders.read', '--scope', 'orders.write'],
      ...['--scope-en', 'orders.read=See your orders', '--scope-zh', 'orders.read=查看你的订单'],
      ...['--lifetime', '5m', '--alg', 'ES256', '--client', 'web-app'],
    );
    expect(made).to.deep.include({
      identifier: API,
      name: 'Orders',
      scopes: [
        { name: 'orders.read', description: { en: 'See your orders', zh: '查看你的订单' } },
        { name: 'orders.write' },
      ],
      access_token_lifetime: 300,
      access_token_alg: 'ES256',
      client_id: 'web-app',
      is_active: true,
      version: 1,
    });
    expect((await json('list')).resource_servers).to.deep.equal([made]);
    expect(await json('show', API)).to.deep.equal(made);
    expect((await run('show', API)).stdout).to.match(/^identifier: +https:\/\/api.example\/orders\n/);
    expect((await run('list')).stdout).to.match(/^IDENTIFIER +NAME +STATE +ALG +LIFETIME +SCOPES\n/);

    const changed = await json('update', API, '--scope', 'orders.read', '--disable', '--no-client');
    expect(changed.scopes).to.deep.equal([made.scopes[0]]);
    expect(changed).to.include({ is_active: false, version: 2, access_token_lifetime: 300 });
    expect(changed).to.not.have.property('client_id');
    expect((await json('update', API, '--enable', '--version', '2')).is_active).to.equal(true);
    expect(await json('delete', API, '--yes')).to.deep.equal({ identifier: API, deleted: true });
    expect((await json('list')).resource_servers).to.deep.equal([]);
  });

  it('records each change with its author, and what it changed', async () => {
    await json('create', 'urn:example:api', '--name', 'Urn', '--scope', 'urn.read');
    await json('update', 'urn:example:api', '--name', 'Uniform');
    await json('delete', 'urn:example:api', '--yes');
    const events = await app.services.stores.audit.scan({}, { order: 'newest', limit: 3 });
    expect(events.map(({ type }) => type)).to.deep.equal([
      'resource_server.deleted',
      'resource_server.updated',
      'resource_server.created',
    ]);
    expect(events[1]?.actor).to.match(/^operator:/);
    expect(events[1]?.details).to.deep.equal({
      identifier: 'urn:example:api',
      changed: { name: { from: 'Urn', to: 'Uniform' } },
    });
  });

  it('changes nothing unasked, and says what is wrong', async () => {
    await json('create', API, '--name', 'Orders', '--scope', 'orders.read');
    const other = ['create', 'https://other.example', '--name', 'Other'];
    const wrong: [number, string, string[]][] = [
      [2, 'missing', ['create']],
      [2, 'scopes', other],
      [2, 'OpenID', [...other, '--scope', 'openid']],
      [2, 'Admin API', [...other, '--scope', 'admin:clients:read']],
      [2, 'already', [...other, '--scope', 'orders.read']],
      [2, 'own', [...other, '--scope', 'email']],
      [2, 'spaces', [...other, '--scope', 'a b']],
      [2, 'twice', [...other, '--scope', 'x', '--scope', 'x']],
      [2, 'no such client', [...other, '--scope', 'x', '--client', 'nobody']],
      [2, 'authenticate', [...other, '--scope', 'x', '--client', 'spa']],
      [2, 'ES256', [...other, '--scope', 'x', '--alg', 'none']],
      [2, 'ES256', [...other, '--scope', 'x', '--alg', 'HS256']],
      [2, '60', [...other, '--scope', 'x', '--lifetime', '5s']],
      [2, '86400', [...other, '--scope', 'x', '--lifetime', '2d']],
      [2, 'go with its text', [...other, '--scope', 'x', '--scope-en', 'y=Z']],
      [2, 'absolute URI', ['create', 'orders', '--name', 'X', '--scope', 'x']],
      [2, 'fragment', ['create', `${API}#x`, '--name', 'X', '--scope', 'x']],
      [2, 'Admin API', ['create', `${app.issuer}/api/admin/oauth`, '--name', 'X', '--scope', 'x']],
      [4, 'already', ['create', API, '--name', 'X', '--scope', 'x']],
      [2, 'what to change', ['update', API]],
      [4, 'changed meanwhile', ['update', API, '--name', 'X', '--version', '7']],
      [3, 'no resource server', ['update', 'https://none.example', '--name', 'X']],
      [3, 'no resource server', ['show', 'https://none.example']],
      [3, 'no resource server', ['delete', 'https://none.example', '--yes']],
      [2, '--yes', ['delete', API]],
    ];
    for (const [code, words, args] of wrong) {
      const answer = await runInProcess(['resource-server', ...args], {
        env: { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer },
      });
      expect([answer.code, answer.stdout], args.join(' ')).to.deep.equal([code, '']);
      expect(answer.stderr, args.join(' ')).to.include(words);
    }
    expect(await json('show', API)).to.include({ name: 'Orders', version: 1 });
  });
});
