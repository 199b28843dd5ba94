// `apply`, `diff` and `export` by the real command line.
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { fileWith, removeFiles } from '../seed/support.js';
import { copyOfTemplate, SPA_CLIENT, startApp, type TestApp, WEB_CLIENT } from '../support/app.js';
import { runCli, runInProcess } from '../support/cli.js';

const clientOf = (id: string, more = '') =>
  `  - {client_id: ${id}, client_name: App ${id}, redirect_uris: ['https://${id}.example/cb']${more}}\n`;

const fileOf = (...clients: string[]) => `clients:\n${clients.join('')}`;

describe('npm run cli -- apply, diff, export', () => {
  let app: TestApp;
  let env: Record<string, string>;

  before(async () => {
    app = await startApp();
    env = { DATA_DIR: app.dataDir };
  });
  after(async () => {
    await app?.close();
    await removeFiles();
  });

  const cli = (args: string[], input = '') => runInProcess(args, { env, input });

  const stored = async () => (await app.services.clients.list({ limit: 200 })).items;
  const ids = async () => (await stored()).map(({ client_id: id }) => id);
  const trail = async () =>
    (await app.services.stores.audit.list({ limit: 200 })).filter(({ type }) => type.startsWith('client.'));

  it('what export writes changes nothing when it is applied, and differs in nothing', async () => {
    await app.services.clients.create(
      {
        client_id: 'every-member',
        client_name: 'Every: member, "quoted" #1 人 yes',
        client_uri: 'https://e.example/',
        logo_uri: 'https://e.example/l.png',
        policy_uri: 'https://e.example/p',
        tos_uri: 'https://e.example/t',
        redirect_uris: ['https://e.example/cb?a=1&b=%20', 'http://127.0.0.1/cb'],
        post_logout_redirect_uris: ['https://e.example/bye'],
        scope: 'openid offline_access',
        id_token_signed_response_alg: 'ES256',
        default_max_age: 0,
        require_auth_time: true,
        contacts: ['null@e.example', '1e3@e.example'],
        require_pkce: true,
        backchannel_logout_uri: 'https://e.example/logout',
        backchannel_logout_session_required: true,
        is_first_party: false,
        is_active: false,
      },
      { actor: 'operator:test' },
    );
    await app.services.clients.create(
      { client_id: 'a-service', client_name: '0123', grant_types: ['client_credentials'] },
      { actor: 'operator:test' },
    );
    const before = [await stored(), await trail()];
    for (const format of ['yaml', 'json']) {
      const { code, stdout: text } = await cli(['export', '--format', format]);
      expect(code).to.equal(0);
      expect(text)
        .to.include('every-member')
        .and.not.match(/secret_hash|\$2[aby]\$/);
      const path = await fileWith(text, `clients.${format}`);
      for (const args of [[], ['--prune']]) {
        const diff = await cli(['diff', path, ...args]);
        expect(diff).to.include({ code: 0 });
        expect(diff.stdout).to.match(/nothing to change\n$/);
        const applied = await cli(['apply', path, ...args]);
        expect(applied).to.include({ code: 0 });
        expect(applied.stdout).to.match(/nothing to change\n$/);
      }
      expect((await cli(['export', '--format', format])).stdout).to.equal(text);
    }
    expect([await stored(), await trail()]).to.deep.equal(before);
    expect(JSON.parse((await cli(['export', '--json'])).stdout).clients).to.have.length(4);
  });

  it('what export writes gives no secret to a client that was left without one', async () => {
    const bare = { client_id: 'bare', client_name: 'Bare', redirect_uris: ['https://b.example/cb'] };
    const by = { actor: 'operator:test' };
    const { client } = await app.services.clients.create(bare, by);
    const { stdout: text } = await cli(['export']);
    await cli(['client', 'secrets', 'bare', '--revoke', `${client.secrets[0]?.id}`, '--yes']);
    try {
      expect(await cli(['diff', '-'], text)).to.include({ code: 0 });
      expect((await cli(['apply', '-'], text)).stdout).to.match(/nothing to change\n$/);
      expect((await app.services.clients.get('bare')).secrets).to.deep.equal([]);
      // One that becomes confidential is new to it.
      await cli(['client', 'update', 'bare', '--public']);
      expect((await cli(['apply', '-'], text)).stdout).to.include('client_secret: ');
      expect((await app.services.clients.get('bare')).secrets).to.have.length(1);
    } finally {
      await app.services.clients.delete('bare', by);
    }
  });

  it('an export makes the same clients in an empty database', async () => {
    const { stdout: text } = await cli(['export']);
    const dataDir = await copyOfTemplate();
    try {
      const elsewhere = { env: { DATA_DIR: dataDir }, input: text };
      const applied = await runCli(['apply', '-', '--json'], elsewhere);
      expect(applied.code).to.equal(0);
      const { clients } = JSON.parse(applied.stdout);
      const secrets = clients.filter((client: object) => 'client_secret' in client);
      expect(secrets.map(({ client_id: id }: { client_id: string }) => id)).to.deep.equal([
        'a-service',
        'every-member',
        WEB_CLIENT.client_id,
      ]);
      expect((await runCli(['export'], elsewhere)).stdout).to.equal(text);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('diff tells old and new with exit code 1 and changes nothing; apply does it, and once is enough', async () => {
    const path = await fileWith(
      fileOf(clientOf('pear'), clientOf('plum', ', token_endpoint_auth_method: none')),
    );
    const before = await ids();
    for (const args of [
      ['diff', path],
      ['apply', path, '--dry-run'],
    ]) {
      const { code, stdout } = await cli(args);
      expect(code).to.equal(args[0] === 'diff' ? 1 : 0);
      expect(stdout)
        .to.match(/^would create client pear$/m)
        .and.match(/^ {2}client_secret: \(generated\)$/m);
    }
    expect(await ids()).to.deep.equal(before);
    const applied = await cli(['apply', path]);
    expect(applied.code).to.equal(0);
    expect(applied.stdout).to.match(/client_id: +pear\n +client_secret: [\w-]{43}$/m);
    expect(await ids()).to.include.members(['pear', 'plum']);
    expect((await cli(['apply', path])).stdout).to.match(/nothing to change\n$/);

    const renamed = await fileWith(fileOf(clientOf('pear').replace('App pear', 'Renamed')));
    const { stdout } = await cli(['diff', renamed, '--json']);
    const answer = JSON.parse(stdout);
    expect(answer).to.include({ dry_run: true, nothing_to_change: false });
    expect(answer.clients[0].differences).to.deep.equal({
      client_name: { from: 'App pear', to: 'Renamed' },
    });
    await cli(['apply', renamed]);
    const [event] = await trail();
    expect(event).to.include({ type: 'client.updated', clientId: 'pear' });
    expect(event?.actor).to.match(/^operator:/);
    expect(event?.requestId).to.match(/^cli-/);
    expect(event?.details).to.deep.equal({ changed: { client_name: { from: 'App pear', to: 'Renamed' } } });
  });

  it('deletes with --prune what the file does not name, only when told twice, and never its own client', async () => {
    await fetch(`${app.issuer}/account/apps`, { redirect: 'manual' });
    expect(await ids()).to.include('link2ur-account');
    const { stdout: text } = await cli(['export', '--json']);
    const rest = JSON.parse(text).clients.filter(
      ({ client_id: id }: { client_id: string }) => !/^p/.test(id),
    );
    const path = await fileWith(JSON.stringify({ clients: rest }));
    const before = await ids();
    expect((await cli(['diff', path])).code).to.equal(0);
    const diff = await cli(['diff', path, '--prune']);
    expect(diff.code).to.equal(1);
    expect(diff.stdout).to.match(/^would delete client pear\nwould delete client plum$/m);
    const refused = await cli(['apply', path, '--prune']);
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include('pear, plum').and.include('Say --yes');
    expect(await ids()).to.deep.equal(before);
    const done = await cli(['apply', path, '--prune', '--yes', '--json']);
    expect(JSON.parse(done.stdout)).to.deep.include({ deleted: ['pear', 'plum'], nothing_to_change: false });
    expect(await ids()).to.deep.equal(before.filter((id) => !/^p/.test(id)));
    expect((await trail()).slice(0, 2).map(({ type }) => type)).to.deep.equal([
      'client.deleted',
      'client.deleted',
    ]);
  });

  it('does all of a file or nothing', async () => {
    const path = await fileWith(
      fileOf(
        clientOf('first'),
        clientOf('second', ', scope: openid pets'),
        clientOf('third', ', colour: red'),
      ),
    );
    const before = [await stored(), await trail()];
    const bad = await cli(['apply', path, '--prune', '--yes']);
    expect(bad).to.include({ code: 2, stdout: '' });
    expect(bad.stderr).to.match(/:4: clients\[2\]\.colour: is not a known member/);
    const library = await cli([
      'apply',
      await fileWith(fileOf(clientOf('first'), clientOf('second', ', scope: openid pets'))),
    ]);
    expect(library).to.include({ code: 2, stdout: '' });
    expect(library.stderr).to.match(/:3: clients\[1\]\.scope/);
    expect([await stored(), await trail()]).to.deep.equal(before);
  });

  it('deletes nothing when what comes after it in the file fails', async () => {
    const { clients, stores } = app.services;
    const { runSeed } = await import('../../src/cli/seed/run.js');
    const { parseSeedFile } = await import('../../src/cli/seed/file.js');
    const noUsers = async () => {
      throw new Error('no users here');
    };
    const before = await ids();
    const deps = {
      clients: {
        ...clients,
        prepare: async (input: Parameters<typeof clients.prepare>[0]) => ({
          ...(await clients.prepare(input)),
          write: async () => {
            throw new Error('the disk is full');
          },
        }),
      },
      users: { plan: noUsers, prepare: noUsers },
      unitOfWork: stores.unitOfWork,
    };
    const removal = {
      client_id: SPA_CLIENT.client_id,
      write: () => clients.deleteInUnit(SPA_CLIENT.client_id, { actor: 'operator:test' }),
    };
    const file = parseSeedFile(fileOf(clientOf('fourth')), 'f.yaml', {});
    const options = { dryRun: false, author: { actor: 'operator:test' }, removals: [removal] };
    const failure = await runSeed(file, deps, options).catch((error: Error) => error.message);
    expect(failure).to.equal('the disk is full');
    expect(await ids()).to.deep.equal(before);
  });

  it('takes secrets from the environment, and shows none', async () => {
    const secret = 'a-secret-from-the-environment-0000001';
    const path = await fileWith(fileOf(clientOf('secretive', ', client_secret: $SECRETIVE')));
    const given = { env: { ...env, SECRETIVE: secret } };
    const outputs = [
      await runInProcess(['diff', path], given),
      await runInProcess(['apply', path, '--json'], given),
      await runInProcess(['diff', path], given),
      await cli(['diff', path]),
      await cli(['export']),
    ];
    expect(outputs.map(({ code }) => code)).to.deep.equal([1, 0, 0, 2, 0]);
    expect(outputs[3]?.stderr).to.include('environment variable SECRETIVE is not set');
    expect(JSON.stringify(outputs) + JSON.stringify(await trail()) + app.logs.join()).not.to.include(secret);
  });

  const mistakes: Record<string, [string[], RegExp, string?]> = {
    'no file': [['apply'], /something is missing: FILE/],
    'a file that is not there': [['diff', '/nowhere.yaml'], /there is no such file/],
    'two files': [['diff', 'a.yaml', 'b.yaml'], /what does 'b.yaml' mean/],
    'a folder': [['apply', '/'], /is not a file/],
    'nothing on standard input': [['apply', '-'], /must hold a list "clients"/],
    'users in the file': [
      ['apply', '-'],
      /standard input:2: users: is for npm run seed/,
      'clients: []\nusers: [{id: aaaaaaaa, name: A}]\n',
    ],
    'a client twice': [['diff', '-'], /is the same as clients\[0\]/, fileOf(clientOf('x'), clientOf('x'))],
    'an unknown format': [['export', '--format', 'toml'], /--format must be yaml or json/],
    'two formats': [['export', '--format', 'yaml', '--json'], /contradict/],
    'an unknown option': [['diff', 'x', '--dry-run'], /--dry-run/],
  };
  for (const [mistake, [args, message, input]] of Object.entries(mistakes)) {
    it(`refuses ${mistake} with exit code 2`, async () => {
      const { code, stdout, stderr } = await cli(args, input);
      expect(code).to.equal(2);
      expect(`${stdout}${stderr}`).to.match(args.includes('--json') ? /contradict/ : message);
    });
  }

  it('has help with examples', async () => {
    for (const noun of ['apply', 'diff', 'export']) {
      const { code, stdout } = await cli([noun, '--help']);
      expect(code).to.equal(0);
      expect(stdout)
        .to.match(/^Usage: .*\n/)
        .and.match(/Examples?:\n/);
    }
  });
});
