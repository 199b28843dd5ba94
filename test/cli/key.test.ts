// `key`, beside a running server: what it shows, what it refuses, and that it never shows what is private.
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { keyEncryptionSource } from '../../src/app/secrets.js';
import { loadConfig } from '../../src/config/load.js';
import { openKeySet } from '../../src/keys/signing-keys.js';
import { createKeyEncryption } from '../../src/lib/key-encryption.js';
import { openStores } from '../../src/store/open.js';
import { PRIVATE_MEMBERS } from '../keys/support.js';
import { freePort, type ServiceProcess, seededDataDir, startService } from '../support/child.js';
import { type Finished, runCli, runInProcess } from '../support/cli.js';
import { eventually } from '../support/production/waiting.js';

const SOON_MS = 6_000;

interface Key {
  kid: string;
  alg: string;
  purpose: string;
  state: string;
  created_at: string;
  activates_at?: string;
  revoked_at?: string;
}

describe('key', () => {
  let dataDir: string;
  let server: ServiceProcess;
  const said: string[] = [];

  before(async () => {
    dataDir = await seededDataDir();
    server = await startService(dataDir, await freePort());
  });
  after(async () => {
    server?.process.kill('SIGTERM');
    await server?.ended;
    await rm(dataDir, { recursive: true, force: true });
  });

  async function key(...args: string[]): Promise<Finished> {
    const finished = await runInProcess(['key', ...args], { env: { DATA_DIR: dataDir } });
    said.push(finished.stdout, finished.stderr);
    return finished;
  }

  async function ask<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await key(...args, '--json');
    expect(code, stdout + stderr).to.equal(0);
    return JSON.parse(stdout) as T;
  }

  const list = async () => (await ask<{ keys: Key[] }>('list')).keys;
  const find = async (alg: string, state: string) =>
    (await list()).find((one) => one.alg === alg && one.state === state);
  const active = async (alg: string) => (await find(alg, 'active'))?.kid ?? '';

  async function published(): Promise<string[]> {
    const text = await (await fetch(`${server.issuer}/api/oauth/jwks`)).text();
    said.push(text);
    return (JSON.parse(text) as { keys: Key[] }).keys.map(({ kid }) => kid);
  }

  it('lists keys as the real program, beside the server', async () => {
    const { code, stdout, stderr } = await runCli(['key', 'list'], { env: { DATA_DIR: dataDir } });
    said.push(stdout, stderr);
    expect(code, stderr).to.equal(0);
    const [headings, ...rows] = stdout.trim().split('\n');
    expect(headings?.split(/ +/)).to.deep.equal(['KID', 'ALG', 'PURPOSE', 'STATE', 'SINCE', 'NEXT']);
    expect(rows.map((row) => row.split(/ +/).slice(1, 4).join(' '))).to.have.members([
      'RS256 token active',
      'ES256 token active',
      'EdDSA token active',
      'HMAC cookie active',
    ]);
    expect(stdout).to.match(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/);
  });

  it('lists the same as JSON, with dates as ISO 8601', async () => {
    for (const { created_at: at } of await list()) expect(new Date(at).toISOString()).to.equal(at);
  });

  it('generates a key: the server publishes it, and does not sign with it', async () => {
    const { key: made } = await ask<{ key: Key }>('generate', '--alg', 'ES256');
    expect(made).to.include({ alg: 'ES256', state: 'announced', purpose: 'token' });
    await eventually(SOON_MS, async () => expect(await published()).to.include(made.kid));
    const { code, stderr } = await key('generate', '--alg', 'ES256');
    expect(code).to.equal(4);
    expect(stderr).to.include('announced already');
  });

  it('rotates: announced for a day, and the same when asked again', async () => {
    const first = await ask<{ keys: Key[]; unverifiable_seconds: number }>('rotate');
    expect(first.unverifiable_seconds).to.equal(0);
    for (const { state, activates_at: at = '' } of first.keys) {
      expect(state).to.equal('announced');
      expect(Date.parse(at) - Date.now()).to.be.within(23.9 * 3_600_000, 24.1 * 3_600_000);
    }
    const again = await ask<{ keys: Key[] }>('rotate');
    expect(again.keys.map(({ kid }) => kid)).to.have.members(first.keys.map(({ kid }) => kid));
    const { stdout } = await key('rotate', '--alg', 'RS256');
    expect(stdout).to.match(/announced +\S+ \S+ +active \d{4}-/);
  });

  it('rotates at once only when told so, says what it costs, and the server follows', async () => {
    const before = await active('EdDSA');
    const unasked = await key('rotate', '--alg', 'EdDSA', '--now');
    expect(unasked.code).to.equal(2);
    expect(unasked.stderr).to.include('--yes');
    expect(await active('EdDSA')).to.equal(before);
    const { code, stdout } = await key('rotate', '--alg', 'EdDSA', '--now', '--yes');
    expect(code).to.equal(0);
    expect(stdout).to.match(/up to 3600 seconds/);
    const now = await active('EdDSA');
    expect(now).not.to.equal(before);
    await eventually(SOON_MS, async () => expect(await published()).to.include.members([before, now]));
  });

  it('rotates cookie keys', async () => {
    const { keys } = await ask<{ keys: Key[] }>('rotate', '--cookie');
    expect(keys.map(({ alg, purpose, state }) => `${alg} ${purpose} ${state}`)).to.deep.equal([
      'HMAC cookie announced',
    ]);
    expect((await key('rotate', '--cookie', '--alg', 'RS256')).code).to.equal(2);
  });

  it('refuses to retire the only key that signs, and says what to do', async () => {
    const before = await list();
    const refused = await key('retire', await active('EdDSA'));
    expect(refused.code).to.equal(4);
    expect(refused.stderr).to.include('key rotate --alg EdDSA');
    const early = await key('retire', await active('RS256'));
    expect(early.code).to.equal(4);
    expect(early.stderr).to.include('key rotate --alg RS256 --now');
    expect(await list()).to.deep.equal(before);
  });

  it('retires an announced key by withdrawing it', async () => {
    const announced = await find('ES256', 'announced');
    expect((await key('retire', announced?.kid ?? '')).code).to.equal(0);
    expect((await list()).find(({ kid }) => kid === announced?.kid)?.state).to.equal('gone');
  });

  it('revokes: gone from JWKS, another in its place; only when told so, and once', async () => {
    const kid = await active('ES256');
    expect((await key('revoke', kid)).code).to.equal(2);
    expect(await active('ES256')).to.equal(kid);
    const { code, stdout } = await key('revoke', kid, '--yes');
    expect(code).to.equal(0);
    expect(stdout).to.include('gone (revoked)');
    const successor = await active('ES256');
    await eventually(SOON_MS, async () => {
      expect(await published())
        .to.include(successor)
        .and.not.to.include(kid);
    });
    const again = await key('revoke', kid, '--yes', '--json');
    expect(again.code).to.equal(4);
    expect(JSON.parse(again.stdout)).to.include({ error: 'conflict' });
  });

  it('seals everything anew beside the server', async () => {
    const { resealed, new_key: isNew } = await ask<{ resealed: Record<string, number>; new_key: boolean }>(
      'reseal',
      '--new-key',
    );
    expect(isNew).to.equal(true);
    expect(resealed.signing_keys).to.be.greaterThan(2);
    expect(resealed.cookie_keys).to.equal(2);
    const { keys } = await ask<{ keys: Key[] }>('rotate', '--alg', 'RS256', '--now', '--yes');
    const successor = keys.find(({ state }) => state === 'active')?.kid;
    await eventually(SOON_MS, async () => expect(await published()).to.include(successor));
  });

  const wrong: [string, string[], number][] = [
    ['an unknown key, to retire', ['retire', 'nobody'], 3],
    ['an unknown key, to revoke', ['revoke', 'nobody', '--yes'], 3],
    ['an algorithm there is not', ['generate', '--alg', 'HS256'], 2],
    ['an algorithm there is not, to rotate', ['rotate', '--alg', 'PS256'], 2],
    ['no algorithm', ['generate'], 2],
    ['no key', ['revoke', '--yes'], 2],
    ['two keys', ['retire', 'a', 'b'], 2],
    ['an unknown option', ['list', '--private'], 2],
    ['an unknown verb', ['steal'], 2],
  ];
  for (const [what, args, code] of wrong) {
    it(`answers ${what} with exit code ${code}, and changes nothing`, async () => {
      const before = await list();
      const finished = await key(...args);
      expect(finished.code).to.equal(code);
      expect(finished.stderr)
        .not.to.equal('')
        .and.not.to.match(/\n\s+at /);
      expect(await list()).to.deep.equal(before);
    });
  }

  it('explains every verb with examples', async () => {
    for (const verb of ['list', 'generate', 'rotate', 'retire', 'revoke', 'reseal']) {
      const { code, stdout } = await key(verb, '--help');
      expect(code).to.equal(0);
      expect(stdout, verb).to.include('Examples:').and.to.include(`key ${verb}`);
    }
  });

  it('records who did it', async () => {
    const stores = await sharedStores();
    try {
      const events = await stores.audit.list({ limit: 200 });
      said.push(JSON.stringify(events));
      for (const type of ['key.announced', 'key.activated', 'key.revoked', 'key.withdrawn', 'key.resealed']) {
        const event = events.find((one) => one.type === type && one.actor.startsWith('operator:'));
        expect(event?.requestId, type).to.match(/^cli-/);
      }
    } finally {
      await stores.close();
    }
  });

  it('never showed a private part, in any output, in JWKS, the log or the audit trail', async () => {
    const stores = await sharedStores();
    const config = loadConfig({ DATA_DIR: dataDir });
    const { signing, cookie } = await openKeySet(
      await stores.keys.list(),
      createKeyEncryption(keyEncryptionSource(config)),
    );
    await stores.close();
    const everything = said.join('\n') + server.output();
    expect(everything).to.include('key.revoked').and.not.to.match(PRIVATE_MEMBERS);
    const [kek = Buffer.alloc(0)] = await keyEncryptionSource(config).read();
    const secrets = [...signing.map(({ d }) => d ?? ''), ...cookie, kek.toString('base64url')];
    expect(secrets.length).to.be.greaterThan(5);
    for (const secret of secrets) expect(everything).not.to.include(secret);
  });

  const sharedStores = () =>
    openStores(loadConfig({ DATA_DIR: dataDir }), { shareRunning: true, readOnly: true });
});
