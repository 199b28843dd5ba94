// `doctor` by itself: settings, data folder, stores, keys, issuer.
import { chmod, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort, startApp, type TestApp } from '../support/app.js';
import { seededDataDir } from '../support/child.js';
import { type Finding, runCli, runInProcess } from '../support/cli.js';
import { openInspector } from '../support/inspector.js';

async function examine(env: Record<string, string>, run = runInProcess) {
  const { code, stdout, stderr } = await run(['doctor', '--json'], { env });
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Finding[] };
  expect(ok, stderr).to.equal(code === 0);
  const of = (check: string) => checks.filter((finding) => finding.check === check);
  return { code, checks, of, text: stdout + stderr };
}

const STRONG = Buffer.from(Array.from({ length: 32 }, (_, n) => n * 5 + 1)).toString('base64url');

describe('npm run cli -- doctor', () => {
  describe('beside a server that runs', () => {
    let app: TestApp;
    let env: Record<string, string>;
    before(async () => {
      app = await startApp();
      env = { DATA_DIR: app.dataDir, PORT: new URL(app.issuer).port };
    });
    after(() => app.close());

    it('finds an audit key that does not open', async () => {
      await app.services.auditTrail.seal();
      const inspector = await openInspector(app.dataDir);
      try {
        // Sealed for another: as good as sealed under a key that is lost.
        await inspector.query(
          "INSERT INTO oauth_audit_key SELECT 'lost', sealed, created_at FROM oauth_audit_key LIMIT 1",
          [],
        );
        const { code, of } = await examine(env);
        expect(code).to.equal(1);
        expect(of('keys')[0]).to.include({ status: 'failed' });
        expect(of('keys')[0]?.message).to.include('audit-key:lost does not open');
      } finally {
        await inspector.query("DELETE FROM oauth_audit_key WHERE kid = 'lost'", []);
        await inspector.close();
      }
    });

    it('finds nothing wrong, and says what it looked at', async () => {
      const { code, checks, of } = await examine(env, runCli);
      expect(code).to.equal(0);
      expect(checks.filter(({ status }) => status === 'failed')).to.deep.equal([]);
      for (const check of [
        'configuration',
        'security',
        'database',
        'migrations',
        'clock',
        'keys',
        'issuer',
        'jwks',
      ]) {
        expect(
          of(check).map(({ status }) => status),
          check,
        ).to.deep.equal(['ok']);
      }
      expect(of('database')[0]?.message).to.include('in use by a server');
    });

    it('shows lines to people', async () => {
      const { stdout } = await runInProcess(['doctor'], { env });
      expect(stdout)
        .to.match(/^ok +database +embedded PostgreSQL/m)
        .and.match(/\d+ ok, \d+ warnings, 0 failed\n$/);
    });

    it('changes nothing in the data folder', async () => {
      const before = await readdir(app.dataDir);
      await examine(env);
      expect(await readdir(app.dataDir)).to.deep.equal(before);
    });

    it('finds an issuer that is another server', async () => {
      const { code, of } = await examine({ ...env, OAUTH_ISSUER: `http://127.0.0.1:${env.PORT}` });
      expect(code).to.equal(1);
      expect(of('issuer')[0]).to.include({ status: 'failed' });
    });
  });

  it('says what is not there yet before the first start, and makes none of it', async () => {
    const dataDir = join(await mkdtemp(join(tmpdir(), 'l2u-doctor-')), 'data');
    const { code, of } = await examine({ DATA_DIR: dataDir, PORT: String(await freePort()) });
    expect(code).to.equal(0);
    for (const check of ['data-folder', 'database', 'issuer'])
      expect(of(check)[0]?.status).to.equal('warning');
    expect(await readdir(join(dataDir, '..'))).to.deep.equal([]);
  });

  it('names every problem of the settings, and looks no further', async () => {
    const { code, checks } = await examine({ PORT: 'many', OAUTH_ISSUER: 'http://a.example/' });
    expect(code).to.equal(1);
    expect(new Set(checks.map(({ check }) => check))).to.deep.equal(new Set(['configuration']));
    expect(checks.length).to.be.at.least(3);
  });

  describe('with a data folder', () => {
    let dataDir: string;
    let env: Record<string, string>;
    before(async () => {
      dataDir = await seededDataDir();
      env = { DATA_DIR: dataDir, PORT: String(await freePort()) };
    });
    after(() => rm(dataDir, { recursive: true, force: true }));

    it('that others may read, says so and how to close it', async () => {
      await chmod(dataDir, 0o755);
      await chmod(join(dataDir, 'key-encryption-key'), 0o644);
      try {
        const { code, of } = await examine(env);
        expect(code).to.equal(1);
        const advice = of('data-folder').map((finding) => finding.advice);
        expect(advice).to.include(`chmod 0700 ${dataDir}`);
        expect(advice).to.include(`chmod 0600 ${join(dataDir, 'key-encryption-key')}`);
      } finally {
        await chmod(dataDir, 0o700);
        await chmod(join(dataDir, 'key-encryption-key'), 0o600);
      }
    });

    it('finds keys that do not open, without a word of any key', async () => {
      const { code, of, text } = await examine({ ...env, KEY_ENCRYPTION_KEY: STRONG });
      expect(code).to.equal(1);
      expect(of('keys')[0]).to.include({ status: 'failed' });
      expect(of('keys')[0]?.message).to.include('does not open');
      expect(text).to.not.include(STRONG);
    });

    it('finds the file of the key-encryption key missing, and makes none', async () => {
      const file = join(dataDir, 'key-encryption-key');
      await rename(file, `${file}.away`);
      try {
        const { code, of } = await examine(env);
        expect(code).to.equal(1);
        expect(of('keys')[0]?.message).to.include('is missing');
        expect(await readdir(dataDir)).to.not.include('key-encryption-key');
      } finally {
        await rename(`${file}.away`, file);
      }
    });

    it('is no folder at all', async () => {
      const file = join(dataDir, 'a-file');
      await writeFile(file, '');
      expect((await examine({ ...env, DATA_DIR: file })).of('data-folder')[0]?.message).to.include(
        'not a folder',
      );
    });
  });

  it('says which of them does not answer, and no password', async () => {
    const { code, of, text } = await examine({
      DATABASE_URL: 'postgres://op:pass-word-1@127.0.0.1:1/x',
      REDIS_URL: 'redis://:pass-word-2@127.0.0.1:1',
    });
    expect(code).to.equal(1);
    expect(of('database')[0]).to.include({ status: 'failed' });
    expect(of('redis')[0]).to.include({ status: 'failed' });
    expect(text).to.not.match(/pass-word/);
  });

  it('warns of settings that should not stay in production', async () => {
    const env = {
      OAUTH_ISSUER: 'https://login.example.invalid',
      COOKIE_KEYS: 'cookie-key-of-the-doctor-tests-0123456789abcdef',
      KEY_ENCRYPTION_KEY: STRONG,
      DATABASE_URL: 'postgres://op@db.invalid/x',
      REDIS_URL: 'redis://redis.invalid',
      LOG_LEVEL: 'debug',
      METRICS_PORT: '9100',
      METRICS_HOST: '0.0.0.0',
    };
    const { of } = await examine(env);
    const messages = of('security')
      .map(({ message }) => message)
      .join('\n');
    for (const word of [
      'PostgreSQL is not encrypted',
      'Redis is not encrypted',
      'no password',
      'metrics',
      'proxy',
      'debug',
    ]) {
      expect(messages).to.include(word);
    }
    const safe = await examine({
      ...env,
      DATABASE_URL: 'postgres://op@db.invalid/x?sslmode=verify-full',
      REDIS_URL: 'rediss://:secret@redis.invalid',
      LOG_LEVEL: 'info',
      METRICS_HOST: '127.0.0.1',
      TRUST_PROXY: '0',
    });
    expect(safe.of('security').map(({ status }) => status)).to.deep.equal(['ok']);
  });

  describe('of an issuer', () => {
    let server: Server;
    let answer: (path: string) => { status: number; body: string };
    let env: Record<string, string>;
    before(async () => {
      server = createServer((req, res) => {
        const { status, body } = answer(req.url ?? '');
        res.writeHead(status, { 'content-type': 'application/json' }).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      env = {
        PORT: String(port),
        OAUTH_ISSUER: `http://127.0.0.1:${port}`,
        DATA_DIR: join(tmpdir(), 'l2u-none'),
      };
    });
    after(() => server.close());

    const cases: [string, () => { status: number; body: string }, RegExp][] = [
      ['that is another web server', () => ({ status: 404, body: '' }), /answers 404/],
      ['that answers no JSON', () => ({ status: 200, body: '<html>' }), /no JSON/],
      ['that answers a list', () => ({ status: 200, body: 'null' }), /no object/],
      [
        'that leads elsewhere',
        () => ({
          status: 200,
          body: JSON.stringify({ issuer: env.OAUTH_ISSUER, token_endpoint: 'https://evil.example/' }),
        }),
        /leads elsewhere: token_endpoint/,
      ],
    ];
    for (const [what, body, message] of cases) {
      it(`${what}, says so`, async () => {
        answer = body;
        const { code, of } = await examine(env);
        expect(code).to.equal(1);
        expect(of('issuer')[0]?.message).to.match(message);
      });
    }

    it('whose keys are not to be had, says so', async () => {
      answer = (path) =>
        path.includes('.well-known')
          ? {
              status: 200,
              body: JSON.stringify({ issuer: env.OAUTH_ISSUER, jwks_uri: `${env.OAUTH_ISSUER}/jwks` }),
            }
          : { status: 500, body: '{}' };
      expect((await examine(env)).of('jwks')[0]).to.include({ status: 'failed' });
    });
  });
});
