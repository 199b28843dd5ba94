import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseSeedFile } from '../../src/cli/seed/file.js';
import { runSeed } from '../../src/cli/seed/run.js';
import { createUserService } from '../../src/users/service.js';
import { copyOfTemplate, postToken, startApp, type TestApp, USER, WEB_CLIENT } from '../support/app.js';
import { fileWith, removeFiles, runScript } from './support.js';

/** A client `<prefix>-app` without a secret, and a user with a password from the environment. */
const seedOf = (prefix: string, { name = 'New', scope = 'openid profile' } = {}) => `clients:
  - client_id: ${prefix}-app
    client_name: ${name}
    redirect_uris: [https://new.example/cb]
    scope: ${scope}
users:
  - {id: ${prefix.padEnd(8, '0')}, name: ${name}, email: ${prefix}@x.example, password: $NEW_PASSWORD}
`;
const clientsOf = (prefix: string) => seedOf(prefix).split('users:')[0] ?? '';
const ENV = { NEW_PASSWORD: 'correct horse' };

/** What the token endpoint says to a client with a code that never was: whether it knows the client. */
async function authenticates(issuer: string, clientId: string, secret: string): Promise<boolean> {
  const { body } = await postToken(issuer, {
    grant_type: 'authorization_code',
    code: 'none',
    redirect_uri: 'https://new.example/cb',
    client_id: clientId,
    client_secret: secret,
  });
  return body.error === 'invalid_grant';
}

describe('npm run seed', () => {
  after(removeFiles);

  describe('on its own', () => {
    let env: NodeJS.ProcessEnv;
    before(async () => {
      env = { ...ENV, DATA_DIR: await copyOfTemplate() };
    });
    after(() => rm(env.DATA_DIR ?? '', { recursive: true, force: true }));

    it('seeds, tells a generated secret once, and has nothing to change the second time', async () => {
      const path = await fileWith(seedOf('new'));
      const dry = await runScript([path, '--dry-run'], env);
      expect(dry).to.include({ code: 0 });
      expect(dry.stdout).to.include('would create client new-app').and.not.include('correct horse');
      const first = await runScript([path], env);
      expect(first.code).to.equal(0);
      expect(first.stdout).to.match(/^created client new-app\ncreated user new00000\n/);
      expect(first.stdout.match(/client_secret: [\w-]{43}$/gm)).to.have.length(1);
      const second = await runScript([path], env);
      expect(second).to.include({
        code: 0,
        stdout: 'unchanged client new-app\nunchanged user new00000\nnothing to change\n',
      });
    });

    it('reads JSON and answers in JSON', async () => {
      const clients = [{ client_id: 'json', client_name: 'J', redirect_uris: ['https://j.example/'] }];
      const path = await fileWith(JSON.stringify({ clients }), 'seed.json');
      const { code, stdout } = await runScript([path, '--json'], env);
      const answer = JSON.parse(stdout);
      expect(code).to.equal(0);
      expect(answer).to.include({ dry_run: false, nothing_to_change: false });
      expect(answer.clients[0]).to.include({ client_id: 'json', action: 'created' });
      expect(answer.clients[0].client_secret).to.match(/^[\w-]{43}$/);
    });

    it("refuses the library's objections with line and field, and writes nothing", async () => {
      const bad = seedOf('other', { scope: 'openid profil' });
      const { code, stdout, stderr } = await runScript([await fileWith(bad)], env);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.match(/seed\.yaml:5: clients\[0\]\.scope: .* no scope of this provider/);
      const dry = await runScript([await fileWith(seedOf('other')), '--dry-run'], env);
      expect(dry.stdout)
        .to.include('would create client other-app')
        .and.include('would create user other000');
    });
  });

  describe('while the server runs on the same folder', () => {
    let app: TestApp;
    before(async () => {
      app = await startApp();
    });
    after(() => app.close());

    it('seeds the running server', async () => {
      const { code, stdout, stderr } = await runScript([await fileWith(seedOf('new'))], {
        ...ENV,
        DATA_DIR: app.dataDir,
      });
      expect({ code, stderr: stderr.replace(/^oidc-provider WARNING.*\n/gm, '') }).to.deep.equal({
        code: 0,
        stderr: '',
      });
      const secret = /client_secret: (\S+)/.exec(stdout)?.[1] ?? '';
      expect(await authenticates(app.issuer, 'new-app', secret)).to.equal(true);
      expect(await authenticates(app.issuer, 'new-app', `${secret}x`)).to.equal(false);
      const { stores, hasher } = app.services;
      const user = await stores.users.findByIdentifier('new@x.example');
      expect(await hasher.compare('correct horse', user?.hashedPassword ?? '', 'test')).to.equal(true);
    });

    it('leaves what it does not name alone', async () => {
      const { users, clients } = app.services.stores;
      const before = [await users.find(USER.id), await clients.find(WEB_CLIENT.client_id)];
      await runScript([await fileWith(seedOf('new', { name: 'Renamed' }))], {
        ...ENV,
        DATA_DIR: app.dataDir,
      });
      expect([await users.find(USER.id), await clients.find(WEB_CLIENT.client_id)]).to.deep.equal(before);
      expect((await clients.find('new-app'))?.client_name).to.equal('Renamed');
    });

    it('writes nothing when one write fails', async () => {
      const { services } = app;
      const { stores, clients, hasher, audit, clock } = services;
      const failing = { ...stores.users, save: () => Promise.reject(new Error('no')) };
      const users = createUserService({ users: failing, hasher, audit, clock });
      const file = parseSeedFile(seedOf('half'), 'f', ENV);
      const run = () =>
        runSeed(
          file,
          { clients, users, unitOfWork: stores.unitOfWork },
          { dryRun: false, author: { actor: 'operator:test' } },
        );
      expect(await run().catch((error: Error) => error.message)).to.equal('no');
      expect(await stores.clients.find('half-app')).to.equal(undefined);
      expect(await stores.audit.list({ clientId: 'half-app', limit: 10 })).to.deep.equal([]);
    });

    it('never tells two runs at once two secrets of which one is dead', async () => {
      const { stores, clients, hasher, audit, clock } = app.services;
      const users = createUserService({ users: stores.users, hasher, audit, clock });
      const text = clientsOf('race');
      const runs = await Promise.allSettled(
        [1, 2, 3].map(() =>
          runSeed(
            parseSeedFile(text, 'f', {}),
            { clients, users, unitOfWork: stores.unitOfWork },
            { dryRun: false, author: { actor: 'operator:test' } },
          ),
        ),
      );
      const told = runs.flatMap((run) => (run.status === 'fulfilled' ? run.value.clients : []));
      const secrets = told.flatMap(({ generatedSecret }) => generatedSecret ?? []);
      expect(secrets).to.have.length(1);
      expect(await authenticates(app.issuer, 'race-app', secrets[0] ?? '')).to.equal(true);
    });

    it("writes users to the site's database only on request", async () => {
      const host = encodeURIComponent(join(app.dataDir, 'run'));
      const url = `postgresql://postgres@localhost/postgres?host=${host}`;
      // The signing keys in that database were sealed with a key in this folder.
      const env = { ...ENV, DATA_DIR: app.dataDir, DATABASE_URL: url };
      const good = await fileWith(seedOf('site'));
      const refused = await runScript([good], env);
      expect(refused).to.include({ code: 2, stdout: '' });
      expect(refused.stderr).to.match(/seed\.yaml:6: users: at DATABASE_URL .* --write-users$/m);
      expect(await app.services.stores.clients.find('site-app')).to.equal(undefined);
      const clientsOnly = await runScript([await fileWith(clientsOf('site')), '--dry-run'], env);
      expect(clientsOnly.stdout).to.include('would create client site-app');
      const written = await runScript([good, '--write-users'], env);
      expect(written.code, written.stderr).to.equal(0);
      expect((await app.services.stores.users.find('site0000'))?.name).to.equal('New');
    });
  });

  describe('exit codes', () => {
    const cases: [string, string[], NodeJS.ProcessEnv, number, RegExp][] = [
      ['help', ['--help'], {}, 0, /^Usage: npm run seed/],
      ['no file', [], {}, 2, /exactly one FILE/],
      ['two files', ['a', 'b'], {}, 2, /exactly one FILE/],
      ['an unknown option', ['a', '--force'], {}, 2, /--force/],
      ['a missing file', ['/nowhere.yaml'], {}, 2, /nowhere\.yaml:1: there is no such file/],
    ];
    for (const [what, args, env, code, text] of cases) {
      it(`${code} for ${what}`, async () => {
        const result = await runScript(args, env);
        expect(result.code).to.equal(code);
        expect(code === 0 ? result.stdout : result.stderr).to.match(text);
      });
    }

    it('1 for a configuration or a database that cannot be used', async () => {
      const path = await fileWith('clients: []');
      const bad = await runScript([path], { PORT: 'x' });
      expect(bad).to.include({ code: 1, stdout: '' });
      expect(bad.stderr).to.match(/PORT: must be a whole number/);
      const down = await runScript([path, '--json'], {
        DATA_DIR: '/nowhere',
        DATABASE_URL: 'postgres://u@127.0.0.1:1/x',
      });
      expect(down.code).to.equal(1);
      expect(JSON.parse(down.stdout)).to.have.property('error');
    });
  });
});
