// `client …` by the real command line, beside a server that runs on the same embedded database.
import { expect } from 'chai';
import { postToken, REDIRECT_URI, startApp, type TestApp, WEB_CLIENT } from '../support/app.js';
import { type Finished, runCli, runInProcess } from '../support/cli.js';
import { eventually } from '../support/production/waiting.js';

describe('npm run cli -- client', () => {
  let app: TestApp;
  let env: Record<string, string>;
  const made: string[] = [];
  const outputs: string[] = [];

  before(async () => {
    app = await startApp();
    env = { DATA_DIR: app.dataDir, PORT: new URL(app.issuer).port };
  });
  after(() => app?.close());

  async function cli(args: string[], input = ''): Promise<Finished> {
    const finished = await runInProcess(['client', ...args], { env, input });
    outputs.push(finished.stdout, finished.stderr);
    return finished;
  }

  /** The JSON object that the command prints; a secret in it is kept for the search at the end. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes
  async function json(args: string[], input = ''): Promise<any> {
    const { code, stdout, stderr } = await runInProcess(['client', ...args, '--json'], { env, input });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const { client_secret: secret, ...answer } = JSON.parse(stdout);
    if (secret !== undefined) made.push(secret);
    outputs.push(JSON.stringify(answer));
    return { ...answer, ...(secret !== undefined && { client_secret: secret }) };
  }

  const create = (id: string, ...more: string[]) =>
    json(['create', id, '--name', `App ${id}`, '--redirect-uri', REDIRECT_URI, ...more]);

  /** Whether the token endpoint knows the client by this secret. */
  async function authenticates(clientId: string, secret: string): Promise<boolean> {
    const { body } = await postToken(app.issuer, {
      grant_type: 'authorization_code',
      code: 'none',
      redirect_uri: REDIRECT_URI,
      client_id: clientId,
      client_secret: secret,
    });
    expect(body.error).to.be.oneOf(['invalid_grant', 'invalid_client']);
    return body.error === 'invalid_grant';
  }

  /** A server that shares the embedded database with the command line knows within a second. */
  const isRefused = (clientId: string, secret: string) =>
    eventually(5_000, async () => expect(await authenticates(clientId, secret)).to.equal(false));
  const isAccepted = (clientId: string, secret: string) =>
    eventually(5_000, async () => expect(await authenticates(clientId, secret)).to.equal(true));

  const events = async (clientId: string) =>
    (await app.services.stores.audit.list({ clientId, limit: 50 })).filter(({ actor }) =>
      actor.startsWith('operator:'),
    );

  it('creates a client whose secret works, prints that once, and shows the client without it', async () => {
    const client = await create('one', '--scope', 'openid profile', '--contact', 'ops@one.example');
    expect(client).to.deep.include({
      client_id: 'one',
      redirect_uris: [REDIRECT_URI],
      scope: 'openid profile',
      contacts: ['ops@one.example'],
      token_endpoint_auth_method: 'client_secret_basic',
      is_active: true,
    });
    expect(client.client_secret).to.match(/^[\w-]{43}$/);
    const { client_secret: secret, ...rest } = client;
    expect(await json(['show', 'one'])).to.deep.equal(rest);
    expect(rest.secrets).to.have.length(1);
    await json(['update', 'one', '--auth-method', 'client_secret_post']);
    await isAccepted('one', secret);
    const [event] = (await events('one')).filter(({ type }) => type === 'client.created');
    expect(event?.requestId).to.match(/^cli-/);
    const details = event?.details as { changed: Record<string, unknown> } | undefined;
    expect(details?.changed.scope).to.deep.equal({ from: null, to: 'openid profile' });
  });

  it('prints for people what it prints for programs', async () => {
    const { code, stdout } = await cli([
      'create',
      'people',
      '--name',
      'People 人',
      '--redirect-uri',
      REDIRECT_URI,
    ]);
    expect(code).to.equal(0);
    const [, secret = ''] = /client_secret: ([\w-]{43})$/m.exec(stdout) ?? [];
    expect(stdout.split(secret)).to.have.length(2);
    made.push(secret);
    outputs.splice(outputs.indexOf(stdout), 1);
    const { stdout: shown } = await cli(['show', 'people']);
    expect(shown)
      .to.match(/^client_name: +People 人$/m)
      .and.match(/^redirect_uris: +https:/m);
    expect(shown).to.match(/^SECRET +LABEL +CREATED/m);
    const { stdout: list } = await cli(['list', '--query', 'people']);
    expect(list)
      .to.match(/^CLIENT +NAME +TYPE/)
      .and.match(/^people +People 人 +confidential +active/m);
  });

  it('makes up an id, takes a given secret from standard input, and a description from a file', async () => {
    const secret = 'a-secret-of-somebodys-own-choice-0001';
    made.push(secret);
    const generated = await json(
      [
        'create',
        '--name',
        'Given',
        '--redirect-uri',
        REDIRECT_URI,
        '--auth-method',
        'client_secret_post',
        '--secret-stdin',
      ],
      `${secret}\n`,
    );
    expect(generated).not.to.have.property('client_secret');
    expect(generated.client_id).to.match(/^c[\w-]{20}$/);
    await isAccepted(generated.client_id, secret);

    const text = `client_id: from-file\nclient_name: From a file\ntoken_endpoint_auth_method: none\nredirect_uris: [${REDIRECT_URI}]\nrequire_auth_time: true\n`;
    const described = await json(['create', '--file', '-', '--name', 'Renamed'], text);
    expect(described).to.deep.include({
      client_id: 'from-file',
      client_name: 'Renamed',
      require_auth_time: true,
    });
    expect(described.secrets).to.deep.equal([]);
  });

  it('changes what is named and nothing else, takes members away, and counts versions', async () => {
    const { client_secret: _, ...before } = await create('two', '--logo-uri', 'https://two.example/l.png');
    const after = await json([
      'update',
      'two',
      '--name',
      'Two',
      '--unset',
      'logo_uri',
      '--version',
      String(before.version),
    ]);
    expect(after.version).to.be.greaterThan(before.version);
    const { logo_uri: _l, version: _v, updated_at: _u, ...rest } = before;
    expect(after).to.deep.include({ ...rest, client_name: 'Two' });
    expect(after).not.to.have.property('logo_uri');
    const patched = await json(
      ['update', 'two', '--file', '-'],
      '{"default_max_age": 60, "scope": "openid"}',
    );
    expect(patched).to.deep.include({ default_max_age: 60, scope: 'openid', client_name: 'Two' });
    expect((await json(['update', 'two', '--file', '-'], 'scope: null\n')).scope).to.equal(undefined);
    const misspelt = await cli(['update', 'two', '--unset', 'logo_ur', '--name', 'Three']);
    expect(misspelt).to.include({ code: 2 });
    expect(misspelt.stderr).to.include('logo_ur: is not a known member');
    const same = await json(['update', 'two', '--name', 'Two']);
    expect((await json(['update', 'two', '--name', 'Two'])).version).to.equal(same.version);
  });

  it('switches off and on again, and deletes, asking unless told not to', async () => {
    const { client_secret: secret } = await create('three', '--auth-method', 'client_secret_post');
    const refused = await cli(['disable', 'three']);
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include('Disable three (App three)? Say --yes');
    await isAccepted('three', secret);
    expect((await json(['disable', 'three', '--yes'])).is_active).to.equal(false);
    await isRefused('three', secret);
    expect((await json(['enable', 'three'])).is_active).to.equal(true);
    await isAccepted('three', secret);
    expect((await cli(['delete', 'three'])).code).to.equal(2);
    expect(await json(['delete', 'three', '--yes'])).to.deep.equal({ client_id: 'three', deleted: true });
    expect((await cli(['show', 'three'])).code).to.equal(3);
    await isRefused('three', secret);
    const types = (await events('three')).map(({ type }) => type).reverse();
    expect(types).to.deep.equal([
      'client.created',
      'client.disabled',
      'client.enabled',
      'client.disabled',
      'client.deleted',
    ]);
  });

  it('rotates secrets with an overlap or at once, and ends one of several', async () => {
    const { client_secret: first } = await create('four', '--auth-method', 'client_secret_post');
    const second = await json(['rotate-secret', 'four', '--label', 'staging', '--overlap', '2h']);
    expect(second.secret).to.include({ label: 'staging' });
    for (const secret of [first, second.client_secret]) {
      await isAccepted('four', secret);
    }
    const { secrets } = await json(['secrets', 'four']);
    const hours = (Date.parse(secrets[0].expires_at) - Date.now()) / 3_600_000;
    expect(hours).to.be.within(1.9, 2.1);
    expect(secrets[1]).not.to.have.property('expires_at');

    await json(['secrets', 'four', '--revoke', String(secrets[0].id), '--yes']);
    await isRefused('four', first);
    await isAccepted('four', second.client_secret);

    const third = await json(['rotate-secret', 'four', '--at-once', '--yes', '--expires', '2999-12-31']);
    expect(third.secret.expires_at).to.equal('2999-12-31T00:00:00.000Z');
    await isRefused('four', second.client_secret);
    await isAccepted('four', third.client_secret);
    expect((await json(['secrets', 'four'])).secrets).to.have.length(1);
  });

  it('lists by part of the name, state, kind and grant type, page by page', async () => {
    await create('list-a', '--public');
    await create('list-b');
    await json(['create', 'list-c', '--name', 'Service', '--grant-type', 'client_credentials']);
    await json(['disable', 'list-b', '--yes']);
    const ids = async (...args: string[]) =>
      (await json(['list', ...args])).clients.map((client: { client_id: string }) => client.client_id);
    expect(await ids('--query', 'LIST-')).to.deep.equal(['list-a', 'list-b', 'list-c']);
    expect(await ids('--query', 'list-', '--disabled')).to.deep.equal(['list-b']);
    expect(await ids('--query', 'list-', '--public')).to.deep.equal(['list-a']);
    expect(await ids('--grant-type', 'client_credentials')).to.deep.equal(['list-c']);
    const { clients, next } = await json(['list', '--query', 'list-', '--limit', '2']);
    expect(clients).to.have.length(2);
    expect(await ids('--query', 'list-', '--limit', '2', '--cursor', next)).to.deep.equal(['list-c']);
  });

  it('works as a process of its own, in one object and one only', async () => {
    const { code, stdout } = await runCli(['client', 'show', WEB_CLIENT.client_id, '--json'], { env });
    expect(code).to.equal(0);
    expect(JSON.parse(stdout).client_id).to.equal(WEB_CLIENT.client_id);
    expect(stdout.trimEnd()).not.to.include('\n');
  });

  const ID = WEB_CLIENT.client_id;
  const refusals: Record<string, [string[], number, RegExp, string?]> = {
    'a client that is not there': [['show', 'nobody'], 3, /no client nobody/],
    'a change of one that is not there': [['update', 'nobody', '--name', 'x'], 3, /no client nobody/],
    'switching one that is not there': [['disable', 'nobody', '--yes'], 3, /no client nobody/],
    'deleting one that is not there': [['delete', 'nobody', '--yes'], 3, /no client nobody/],
    'a rotation for one that is not there': [['rotate-secret', 'nobody'], 3, /no client nobody/],
    'a secret that is not there': [['secrets', ID, '--revoke', '999999', '--yes'], 3, /no secret 999999/],
    'an id that is taken': [
      ['create', ID, '--name', 'x', '--redirect-uri', REDIRECT_URI],
      4,
      /a client web-app already/,
    ],
    'no name': [['create', 'x1', '--redirect-uri', REDIRECT_URI], 2, /client_name: is required/],
    'no redirect URI': [['create', 'x2', '--name', 'x'], 2, /redirect_uris: is needed/],
    'an id of other characters': [
      ['create', 'a/b', '--name', 'x', '--redirect-uri', REDIRECT_URI],
      2,
      /client_id: must be/,
    ],
    'a scope the provider does not have': [['update', ID, '--scope', 'openid pets'], 2, /scope/],
    'a grant type that is none': [['update', ID, '--grant-type', 'password'], 2, /grant_types\[0\]: must be/],
    'devices while they are off': [['update', ID, '--grant-type', 'device_code'], 2, /needs device_flow/],
    'an unknown member': [
      ['update', ID, '--file', '-'],
      2,
      /colour: is not a known member/,
      '{"colour": "red"}',
    ],
    'a member of another type': [
      ['update', ID, '--file', '-'],
      2,
      /is_active: must be true or false/,
      'is_active: "no"\n',
    ],
    'a switch that is taken away': [
      ['update', ID, '--unset', 'is_active'],
      2,
      /is_active: must be true or false/,
    ],
    'a file that is no object': [
      ['update', ID, '--file', '-'],
      2,
      /standard input:1: must hold the members/,
      '- 1\n',
    ],
    'a file that is no YAML': [['update', ID, '--file', '-'], 2, /^standard input:1: /, '{"a": '],
    'a file that is not there': [['update', ID, '--file', '/nowhere.yaml'], 2, /there is no such file/],
    'a member that nobody sets': [
      ['update', ID, '--file', '-'],
      2,
      /version: is not for you/,
      '{"version": 7}',
    ],
    'another id': [
      ['update', ID, '--file', '-'],
      2,
      /client_id: cannot be changed/,
      '{"client_id": "other"}',
    ],
    'a secret among the members': [
      ['update', ID, '--file', '-'],
      2,
      /client_secret: is changed by a rotation/,
      `{"client_secret": "${'s'.repeat(40)}"}`,
    ],
    'a stale version': [['update', ID, '--name', 'Stale', '--version', '999'], 4, /was changed meanwhile/],
    'a stale version when disabling': [
      ['disable', ID, '--yes', '--version', '999'],
      4,
      /was changed meanwhile/,
    ],
    'a stale version when deleting': [
      ['delete', ID, '--yes', '--version', '999'],
      4,
      /was changed meanwhile/,
    ],
    'a stale version when rotating': [['rotate-secret', ID, '--version', '999'], 4, /was changed meanwhile/],
    'a stale version when revoking': [
      ['secrets', ID, '--revoke', '1', '--yes', '--version', '999'],
      4,
      /was changed meanwhile/,
    ],
    'a version that is no number': [
      ['update', ID, '--name', 'x', '--version', 'two'],
      2,
      /--version must be a whole number/,
    ],
    'nothing to change': [['update', ID], 2, /say what to change/],
    'set and taken away': [
      ['update', ID, '--name', 'x', '--unset', 'client_name'],
      2,
      /cannot be set and taken away/,
    ],
    'public and confidential': [['update', ID, '--public', '--confidential'], 2, /cannot be used together/],
    'first-party and not': [
      ['update', ID, '--first-party', '--no-first-party'],
      2,
      /cannot be used together/,
    ],
    'two kinds of list': [['list', '--active', '--disabled'], 2, /cannot be used together/],
    'a limit too large': [['list', '--limit', '201'], 2, /limit: must be 200 or less/],
    'a cursor of nobody': [['list', '--cursor', '!!'], 2, /cursor is not one of ours/],
    'an overlap and none': [
      ['rotate-secret', ID, '--overlap', '1h', '--at-once'],
      2,
      /cannot be used together/,
    ],
    'an overlap without a unit': [
      ['rotate-secret', ID, '--overlap', '24'],
      2,
      /--overlap must be a duration/,
    ],
    'an overlap of years': [['rotate-secret', ID, '--overlap', '999d'], 2, /overlap_seconds: must be/],
    'an end in the past': [
      ['rotate-secret', ID, '--expires', '2020-01-01'],
      2,
      /expires_at: must be in the future/,
    ],
    'an end that is no date': [['rotate-secret', ID, '--expires', 'soon'], 2, /--expires must be a date/],
    'a rotation at once without a yes': [['rotate-secret', ID, '--at-once'], 2, /Say --yes/],
    'a secret that is too short': [
      ['rotate-secret', ID, '--secret-stdin'],
      2,
      /client_secret: must have 32/,
      'short',
    ],
    'a secret for a public client': [['rotate-secret', 'spa'], 2, /a public client has no secrets/],
    'a secret on the command line': [
      ['rotate-secret', ID, '--secret-stdin=abc'],
      2,
      /does not take an argument/,
    ],
    'an id too many': [['show', ID, 'spa'], 2, /what does 'spa' mean here/],
    'no id': [['show'], 2, /something is missing/],
  };
  for (const [mistake, [args, expected, message, input = '']] of Object.entries(refusals)) {
    it(`refuses ${mistake} with exit code ${expected}, and changes nothing`, async () => {
      const state = async () => {
        const { items } = await app.services.clients.list({ limit: 200 });
        const audit = await app.services.stores.audit.list({ limit: 200 });
        return { items, audit: audit.filter(({ type }) => type.startsWith('client.')) };
      };
      const before = await state();
      const { code, stdout, stderr } = await cli(args, input);
      expect({ code, stdout }).to.deep.equal({ code: expected, stdout: '' });
      expect(stderr).to.match(message);
      expect(await state()).to.deep.equal(before);
    });
  }

  it('explains redirect URIs one by one, with every reason', async () => {
    const uris = ['http://app.example/*', 'javascript:alert(1)', REDIRECT_URI, 'https://u:p@app.example/#f'];
    const { code, stdout } = await runInProcess(
      ['client', 'update', ID, '--json', ...uris.flatMap((uri) => ['--redirect-uri', uri])],
      { env },
    );
    expect(code).to.equal(2);
    const { error, problems } = JSON.parse(stdout);
    expect(error).to.equal('invalid_input');
    expect(
      problems.map(({ field, reason }: { field: string; reason: string }) => `${field} ${reason}`),
    ).to.deep.equal([
      'redirect_uris[0] must not have a wildcard: it is compared byte for byte',
      'redirect_uris[0] http is for loopback addresses only; use https',
      'redirect_uris[1] a web client needs https',
      'redirect_uris[3] must not have a fragment',
      'redirect_uris[3] must not carry a user name or password',
    ]);
  });

  it('shows help with examples for every verb', async () => {
    for (const verb of [
      'create',
      'list',
      'show',
      'update',
      'enable',
      'disable',
      'delete',
      'rotate-secret',
      'secrets',
      'test',
    ]) {
      const { code, stdout } = await runInProcess(['client', verb, '--help']);
      expect(code, verb).to.equal(0);
      expect(stdout, verb)
        .to.match(/Examples?:\n/)
        .and.include('--json');
    }
  });

  it('never told a secret twice: not in other output, not in the log, not in the audit trail', async () => {
    expect(made.length).to.be.greaterThan(8);
    const audit = JSON.stringify(await app.services.stores.audit.list({ limit: 1_000 }));
    const everything = [...outputs, ...app.logs, audit].join('\n');
    for (const secret of made) expect(everything.includes(secret)).to.equal(false);
    const hashes = (await app.services.stores.clients.find('four'))?.secrets.map(
      ({ secretHash }) => secretHash,
    );
    for (const hash of hashes ?? []) expect(everything.includes(hash)).to.equal(false);
  });
});
