// Response types of clients by the command line: made, warned of, tried, exported and applied.
import { expect } from 'chai';
import { fileWith, removeFiles } from '../seed/support.js';
import { REDIRECT_URI, SECRET, startApp, type TestApp } from '../support/app.js';
import { type Finding, runInProcess } from '../support/cli.js';

const HYBRID = ['--grant-type', 'authorization_code', '--grant-type', 'implicit'];

describe('npm run cli -- client: response types', () => {
  let app: TestApp;
  let env: Record<string, string>;

  before(async () => {
    const OAUTH_FEATURES = 'implicit';
    app = await startApp({ env: { OAUTH_FEATURES } });
    env = { DATA_DIR: app.dataDir, PORT: new URL(app.issuer).port, OAUTH_FEATURES, SECRET };
  });
  after(async () => {
    await app.close();
    await removeFiles();
  });

  const cli = (...args: string[]) => runInProcess(args, { env });
  const create = (id: string, ...more: string[]) =>
    cli(
      'client',
      'create',
      id,
      '--name',
      'App',
      '--redirect-uri',
      REDIRECT_URI,
      '--scope',
      'openid',
      ...more,
    );

  /** What `client test` finds. */
  async function examine(id: string): Promise<(check: string) => Finding[]> {
    const { stdout } = await cli('client', 'test', id, '--json');
    const { checks } = JSON.parse(stdout) as { checks: Finding[] };
    return (check) => checks.filter((finding) => finding.check === check);
  }

  it('are kept in their usual order, whatever the order of words, and warned of where it matters', async () => {
    const quiet = await create('quiet', ...HYBRID, '--response-type', 'id_token code');
    expect(quiet.code, quiet.stderr).to.equal(0);
    expect(quiet.stdout)
      .to.match(/response_types: +code id_token\n/)
      .and.not.include('Warning');
    const loud = await create(
      'loud',
      ...HYBRID,
      '--response-type',
      'code',
      '--response-type',
      'token id_token',
    );
    expect(loud.code, loud.stderr).to.equal(0);
    expect(loud.stdout).to.match(/response_types: +code, id_token token\n/);
    expect(loud.stdout).to.include('Warning: access tokens come to it in addresses (id_token token)');
    const updated = await cli('client', 'update', 'loud', '--name', 'Another name');
    expect(updated.stdout).to.include('Warning: access tokens');
    const { response_types } = await app.services.clients.get('loud');
    expect(response_types).to.deep.equal(['code', 'id_token token']);
  });

  it('are refused with every reason', async () => {
    const refused = await create(
      'refused',
      '--response-type',
      'id_token',
      '--redirect-uri',
      'http://localhost/',
    );
    expect(refused.code).to.equal(2);
    for (const reason of [
      'implicit is needed for the response type id_token',
      'one with code is needed for the grant type authorization_code',
      'redirect_uris[1]: must be https',
    ])
      expect(refused.stderr).to.include(reason);
    const off = await runInProcess(
      ['client', 'create', 'off', '--name', 'A', '--redirect-uri', REDIRECT_URI, ...HYBRID].concat([
        '--response-type',
        'code id_token',
      ]),
      { env: { ...env, OAUTH_FEATURES: 'none' } },
    );
    expect(off.code).to.equal(2);
    expect(off.stderr).to.include('response_types').and.include('needs implicit, which is off');
  });

  it('are tried by client test: those it has and those it has not', async () => {
    await create('tested', ...HYBRID, '--response-type', 'code id_token');
    const hybrid = await examine('tested');
    expect(hybrid('login')[0]).to.include({
      status: 'ok',
      message: `${REDIRECT_URI}: the user is asked to log in`,
    });
    expect(hybrid('response-type')[0]).to.include({
      status: 'ok',
      message: 'only response_type=code id_token is accepted',
    });
    expect(hybrid('discovery')[0]?.status).to.equal('ok');

    await create('tested-implicit', '--grant-type', 'implicit', '--response-type', 'id_token token');
    const implicit = await examine('tested-implicit');
    expect(implicit('login')[0]?.status).to.equal('ok');
    expect(implicit('pkce')).to.deep.equal([]);
    expect(implicit('response-type')[0]?.status).to.equal('warning');
    expect(implicit('discovery')[0]?.status).to.equal('ok');
  });

  it('come out of export and go into apply unchanged', async () => {
    await create('exported', ...HYBRID, '--response-type', 'code id_token token');
    const { stdout } = await cli('export');
    expect(stdout).to.match(/client_id: exported[\s\S]*response_types:[\s\S]*code id_token token/);
    const file = await fileWith(stdout, 'clients.yaml');
    const same = await cli('diff', file);
    expect(same.code, same.stdout + same.stderr).to.equal(0);
    const other = await fileWith(
      stdout.replaceAll('code id_token token', 'token id_token code'),
      'clients.yaml',
    );
    expect((await cli('diff', other)).code, 'the order of words is no difference').to.equal(0);
  });
});
