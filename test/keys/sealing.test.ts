// The key that seals keys: replaced without losing anything, and what is said when it is the wrong one.

import { spawn } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import pg from 'pg';
import { keyEncryptionSource } from '../../src/app/secrets.js';
import { createServices } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { openKeySet } from '../../src/keys/signing-keys.js';
import { randomToken } from '../../src/lib/ids.js';
import { createKeyEncryption } from '../../src/lib/key-encryption.js';
import { openConnection } from '../../src/store/open.js';
import { Agent } from '../support/agent.js';
import { copyOfTemplate, obtainTokens, startApp, type TestApp } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { type Finished, runInProcess } from '../support/cli.js';
import { eventually } from '../support/production/waiting.js';
import { OPERATOR } from './support.js';

type Environment = Record<string, string>;

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** Starts the services and opens every key; what failed, if it did. */
async function failureToOpen(env: Environment): Promise<string | undefined> {
  const config = loadConfig({ LOG_LEVEL: 'silent', ...env });
  try {
    const services = await createServices(config);
    try {
      const encryption = createKeyEncryption(keyEncryptionSource(config));
      await openKeySet(await services.stores.keys.list(), encryption);
    } finally {
      await services.close();
    }
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const kekIn = (dataDir: string) => readFile(join(dataDir, 'key-encryption-key'), 'utf8');

describe('KEY_ENCRYPTION_KEY', () => {
  let dataDir: string;
  let first: Environment;
  beforeEach(async () => {
    dataDir = await copyOfTemplate();
    first = { DATA_DIR: dataDir, KEY_ENCRYPTION_KEY: (await kekIn(dataDir)).trim() };
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const next = (previous: Environment) => ({
    DATA_DIR: dataDir,
    KEY_ENCRYPTION_KEY: randomToken(32),
    KEY_ENCRYPTION_KEY_PREVIOUS: previous.KEY_ENCRYPTION_KEY ?? '',
  });
  const alone = ({ KEY_ENCRYPTION_KEY_PREVIOUS: _previous, ...rest }: Environment): Environment => rest;

  async function reseal(env: Environment, ...args: string[]): Promise<Finished> {
    const finished = await runInProcess(['key', 'reseal', ...args], { env });
    for (const secret of [env.KEY_ENCRYPTION_KEY, env.KEY_ENCRYPTION_KEY_PREVIOUS, await kekIn(dataDir)]) {
      if (secret) expect(finished.stdout + finished.stderr).not.to.include(secret.trim());
    }
    return finished;
  }

  it('is replaced by a new one: until keys are sealed anew both are needed, afterwards only the new one', async () => {
    const both = next(first);
    expect(await failureToOpen(both)).to.equal(undefined);
    expect(await failureToOpen(alone(both))).to.include('KEY_ENCRYPTION_KEY');
    const { code, stdout } = await reseal(both, '--json');
    expect(code).to.equal(0);
    const report = JSON.parse(stdout);
    expect(report.new_key).to.equal(false);
    expect(report.resealed).to.include({ signing_keys: 3, cookie_keys: 1 });
    expect(await failureToOpen(alone(both))).to.equal(undefined);
    expect(await failureToOpen(first)).to.include('KEY_ENCRYPTION_KEY');
    // Once more does nothing.
    const again = JSON.parse((await reseal(alone(both), '--json')).stdout);
    expect(Object.values(again.resealed)).to.satisfy((counts: number[]) => counts.every((n) => n === 0));
  });

  it('that is the wrong one is said so, with what to do, without a word of what is secret', async () => {
    const wrong = { ...first, KEY_ENCRYPTION_KEY: randomToken(32) };
    const failure = (await failureToOpen(wrong)) ?? '';
    expect(failure).to.include('does not open').and.to.include('KEY_ENCRYPTION_KEY_PREVIOUS');
    expect(failure).not.to.include(wrong.KEY_ENCRYPTION_KEY);
    const { code, stderr } = await reseal(wrong);
    expect(code).to.equal(1);
    expect(stderr).to.include('does not open').and.to.include('key reseal');
    expect(stderr).not.to.match(/\n\s+at /);
    expect(await failureToOpen(first), 'nothing was changed').to.equal(undefined);
  });

  it('that is the wrong one makes no key that no instance could open', async () => {
    const wrong = { DATA_DIR: dataDir, KEY_ENCRYPTION_KEY: randomToken(32) };
    const list = async () => (await runInProcess(['key', 'list', '--json'], { env: first })).stdout;
    const before = await list();
    for (const args of [
      ['rotate'],
      ['rotate', '--now', '--yes'],
      ['rotate', '--cookie', '--now'],
      ['generate', '--alg', 'ES256'],
    ]) {
      const { code, stderr } = await runInProcess(['key', ...args], { env: wrong });
      expect(code, args.join(' ')).to.equal(1);
      expect(stderr).to.include('does not open with this KEY_ENCRYPTION_KEY');
    }
    expect(await list()).to.equal(before);
    expect(await failureToOpen(first)).to.equal(undefined);
  });

  it('that is lost costs the keys, and no more: each can be revoked without it', async () => {
    const lost = { ...first, KEY_ENCRYPTION_KEY: randomToken(32) };
    const list = await runInProcess(['key', 'list', '--json'], { env: lost });
    for (const { kid } of JSON.parse(list.stdout).keys as { kid: string }[]) {
      expect((await runInProcess(['key', 'revoke', kid, '--yes'], { env: lost })).code).to.equal(0);
    }
    expect(await failureToOpen(lost)).to.equal(undefined);
  });

  it('of the environment cannot be replaced by us, and it is said how to', async () => {
    const { code, stderr } = await reseal(first, '--new-key');
    expect(code).to.equal(4);
    expect(stderr).to.include('KEY_ENCRYPTION_KEY_PREVIOUS');
  });
});

describe('the key-encryption key of a data folder', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await copyOfTemplate();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const file = () => join(dataDir, 'key-encryption-key');
  const newKey = () => runInProcess(['key', 'reseal', '--new-key'], { env: { DATA_DIR: dataDir } });

  it('is replaced: one key in the file, another one, for nobody else to read', async () => {
    const before = await kekIn(dataDir);
    const { code, stdout, stderr } = await newKey();
    expect(code, stderr).to.equal(0);
    const after = await kekIn(dataDir);
    expect(after).not.to.equal(before);
    expect(after.trim().split('\n')).to.have.length(1);
    expect(stdout).not.to.include(after.trim()).and.not.to.include(before.trim());
    expect((await stat(file())).mode & 0o777).to.equal(0o600);
    expect(await failureToOpen({ DATA_DIR: dataDir })).to.equal(undefined);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('key-encryption-key'))).to.have.length(
      1,
    );
  });

  it('is never lost by a crash: whatever was done by then, everything opens, and the next run ends it', async () => {
    for (const afterMs of [300, 500, 650, 750, 850, 950, 1_100]) {
      const child = spawn(process.execPath, [CLI, 'key', 'reseal', '--new-key'], {
        cwd: tmpdir(),
        env: { DATA_DIR: dataDir },
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await Promise.race([delay(afterMs), ended]);
      child.kill('SIGKILL');
      await ended;
      expect(await failureToOpen({ DATA_DIR: dataDir }), `killed after ${afterMs} ms`).to.equal(undefined);
    }
    // The moment that is hit least: the new key is on disk, and nothing is sealed under it yet.
    await writeFile(file(), `${randomToken(32)}\n${await kekIn(dataDir)}`);
    expect(await failureToOpen({ DATA_DIR: dataDir })).to.equal(undefined);
    const { code } = await runInProcess(['key', 'reseal'], { env: { DATA_DIR: dataDir } });
    expect(code).to.equal(0);
    expect((await kekIn(dataDir)).trim().split('\n')).to.have.length(1);
    expect(await failureToOpen({ DATA_DIR: dataDir })).to.equal(undefined);
  });

  it('replaced by two at once is one that opens everything', async () => {
    const app = await startApp();
    try {
      const { keys } = app.services;
      await Promise.all([1, 2, 3].map(() => keys.reseal({ newKey: true }, OPERATOR)));
      expect((await kekIn(app.dataDir)).trim().split('\n')).to.have.length(1);
      await app.restart();
      await obtainTokens(app.issuer);
    } finally {
      await app.close();
    }
  });

  it('replaced beside a running server is picked up: it goes on, seals under it, and starts again', async () => {
    const app = await startApp();
    try {
      app.services.startBackground();
      const before = await kekIn(app.dataDir);
      const { code, stderr } = await runInProcess(['key', 'reseal', '--new-key'], {
        env: { DATA_DIR: app.dataDir },
      });
      expect(code, stderr).to.equal(0);
      await app.services.keys.rotate({ now: true }, OPERATOR);
      const active = (await app.services.keys.list()).filter(({ state }) => state === 'active');
      await eventually(5_000, async () => {
        const { keys } = (await (await fetch(`${app.issuer}/api/oauth/jwks`)).json()) as {
          keys: { kid: string }[];
        };
        const kids = keys.map(({ kid }) => kid);
        for (const { kid, purpose } of active) if (purpose === 'token') expect(kids).to.include(kid);
      });
      await obtainTokens(app.issuer);
      expect((await kekIn(app.dataDir)).includes(before.trim())).to.equal(false);
      await app.restart();
      await obtainTokens(app.issuer);
    } finally {
      await app.close();
    }
  });
});

describe('a data folder of the version that kept its cookie key in a file', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  it('keeps everybody logged in: that key is the first of those in the database', async () => {
    const { config, stores } = app.services;
    const encryption = createKeyEncryption(keyEncryptionSource(config));
    const { cookie } = await openKeySet(await stores.keys.list(), encryption);
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);

    // As that version left it: no cookie key in the database, this one in a file.
    const { connection, close } = await openConnection(loadConfig({ DATA_DIR: app.dataDir }));
    const client = new pg.Client(connection);
    await client.connect();
    await client.query('DELETE FROM oauth_cookie_key');
    await client.end();
    await close();
    await writeFile(join(app.dataDir, 'cookie-key'), `${cookie[0]}\n`, { mode: 0o600 });
    await app.restart();
    expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');

    // From now on it is a key like any other: rotated, and no longer read from the file.
    app.services.startBackground();
    await app.services.keys.rotate({ algs: ['HMAC'], now: true }, OPERATOR);
    await rm(join(app.dataDir, 'cookie-key'));
    await app.restart();
    expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
  });
});
