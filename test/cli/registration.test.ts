// `registration-token` and `registration`, beside a running server.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ask, manage, POLICIES, REDIRECT, startRegistrationApp } from '../registration/support.js';
import type { TestApp } from '../support/app.js';
import { runInProcess } from '../support/cli.js';

describe('registration-token and registration', () => {
  let app: TestApp;

  before(async () => {
    app = await startRegistrationApp();
  });
  after(() => app.close());

  const run = (args: string[], env: Record<string, string> = {}) => {
    const on = {
      OAUTH_FEATURES: 'registration',
      OAUTH_REGISTRATION_POLICIES: JSON.stringify(POLICIES),
    };
    return runInProcess(args, { env: { DATA_DIR: app.dataDir, ...on, ...env } });
  };
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run([...args, '--json']);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  };

  it('makes a token that is told once, lists it without, and revokes it', async () => {
    const { token, record } = await json(
      ...['registration-token', 'create', '--label', 'Partner 17', '--policy', 'rotating'],
      ...['--uses', '2', '--lifetime', '24h'],
    );
    expect(token).to.match(/^[\w-]{43}$/);
    expect(record).to.include({ label: 'Partner 17', policy: 'rotating', uses: 2, uses_left: 2 });
    expect(Date.parse(record.expires_at) - Date.parse(record.created_at)).to.equal(86_400_000);
    const answer = await ask(app, { redirect_uris: [REDIRECT] }, { token });
    expect(answer.status).to.equal(201);
    const listed = await json('registration-token', 'list');
    expect(listed.registration_tokens).to.deep.equal([{ ...record, uses_left: 1 }]);
    const { stdout } = await run(['registration-token', 'list']);
    expect(stdout)
      .to.match(/^ID +LABEL +POLICY +LEFT +MADE +EXPIRES\n/)
      .and.include('1/2');
    expect(stdout).not.to.include(token);

    expect((await run(['registration-token', 'revoke', record.id])).code, 'nobody said yes').to.equal(2);
    expect((await run(['registration-token', 'revoke', record.id, '--yes'])).stdout).to.include(record.id);
    expect((await ask(app, { redirect_uris: [REDIRECT] }, { token })).status).to.equal(401);
    expect((await run(['registration-token', 'revoke', record.id, '--yes'])).code).to.equal(3);
    expect((await manage('GET', answer.body)).status).to.equal(200);
  });

  it('is for one client and a week unless it is told otherwise, and says it in words', async () => {
    const { code, stdout } = await run(['registration-token', 'create', '--label', 'One']);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^uses: +1 of 1 left$/m)
      .and.match(/told this once:\n\n {2}[\w-]{43}\n$/);
  });

  it('refuses what cannot be', async () => {
    const create = (...more: string[]) => run(['registration-token', 'create', '--label', 'x', ...more]);
    expect((await run(['registration-token', 'create'])).code).to.equal(2);
    const unknown = await create('--policy', 'nope');
    expect([unknown.code, unknown.stderr]).to.deep.equal([2, unknown.stderr]);
    expect(unknown.stderr).to.include('default, partners, rotating');
    for (const more of [
      ['--uses', '0'],
      ['--uses', '1001'],
      ['--lifetime', '1s'],
      ['--lifetime', '9999d'],
    ]) {
      expect((await create(...more)).code, more.join(' ')).to.equal(2);
    }
    const off = await run(['registration-token', 'create', '--label', 'x'], { OAUTH_FEATURES: 'none' });
    expect(off.code).to.equal(4);
    expect(off.stderr).to.include('OAUTH_FEATURES');
  });

  it('lists clients that registered themselves, and ends that they change themselves', async () => {
    const { body: client } = await ask(app, { redirect_uris: [REDIRECT], client_name: 'Listed' });
    const page = await json('registration', 'list', '--limit', '200');
    const one = page.items.find((item: { client_id: string }) => item.client_id === client.client_id);
    expect(one).to.include({ policy: 'default', is_manageable: true });
    expect((await json('registration', 'list', '--limit', '1')).next).to.be.a('string');
    expect((await run(['registration', 'list'])).stdout).to.match(/^CLIENT +POLICY +BY TOKEN +REGISTERED/);

    expect((await run(['registration', 'revoke', client.client_id, '--yes'])).code).to.equal(0);
    expect((await manage('GET', client)).status).to.equal(401);
    expect((await run(['registration', 'revoke', client.client_id, '--yes'])).code).to.equal(3);
    expect((await run(['registration', 'revoke', 'web-app', '--yes'])).code).to.equal(3);
    const after = await json('registration', 'list', '--limit', '200');
    expect(after.items.find((item: { client_id: string }) => item.client_id === client.client_id)).to.include(
      { is_manageable: false },
    );
  });

  it('are no business of files: export leaves them out, apply --prune leaves them alone', async () => {
    const { body: client } = await ask(app, { redirect_uris: [REDIRECT] });
    const { stdout } = await run(['export', '--format', 'json']);
    expect(stdout).to.include('web-app').and.not.include(client.client_id);
    const file = join(app.dataDir, 'clients.json');
    await writeFile(file, stdout);
    const { code, stderr } = await run(['apply', file, '--prune', '--yes']);
    expect(code, stderr).to.equal(0);
    expect((await manage('GET', client)).status).to.equal(200);
  });
});
