// `client test` by the real command line: what it finds, and that it leaves nothing behind.
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import pg from 'pg';
import { DEVICE_CODE } from '../../src/clients/grant-types.js';
import { embeddedConnection } from '../../src/store/postgres/embedded/embedded-connection.js';
import { startApp, type TestApp } from '../support/app.js';
import { type Finding, runInProcess } from '../support/cli.js';

const AUTHOR = { actor: 'operator:test' };
const URI = 'https://rp.example/callback';

describe('npm run cli -- client test', () => {
  let app: TestApp;
  let env: Record<string, string>;

  before(async () => {
    app = await startApp();
    env = { DATA_DIR: app.dataDir, PORT: new URL(app.issuer).port };
  });
  after(() => app?.close());

  async function query(sql: string, values: unknown[] = []) {
    const client = new pg.Client(embeddedConnection(app.dataDir));
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  async function examine(id: string) {
    const { code, stdout } = await runInProcess(['client', 'test', id, '--json'], { env });
    const { ok, checks, issuer, client_id: clientId } = JSON.parse(stdout);
    expect({ ok, issuer, clientId }).to.deep.equal({ ok: code === 0, issuer: app.issuer, clientId: id });
    const found = checks as Finding[];
    return {
      code,
      of: (check: string) => found.filter((finding) => finding.check === check),
      /** `check: status` of all that is not ok. */
      notOk: found.filter(({ status }) => status !== 'ok').map(({ check, status }) => `${check}: ${status}`),
    };
  }

  let count = 0;
  async function make(members: object) {
    count += 1;
    const client_id = `test-${count}`;
    const complete = {
      client_id,
      client_name: 'Under test',
      redirect_uris: [URI],
      post_logout_redirect_uris: ['https://rp.example/bye'],
      scope: 'openid profile offline_access',
      ...members,
    };
    await app.services.clients.create(complete, AUTHOR);
    return client_id;
  }

  it('finds nothing wrong with a client that is as it should be, for every redirect URI', async () => {
    const id = await make({ redirect_uris: [URI, 'https://rp.example/other?x=1'] });
    const { code, notOk, of } = await examine(id);
    expect({ code, notOk }).to.deep.equal({ code: 0, notOk: [] });
    expect(of('login').map(({ message }) => message)).to.deep.equal([
      `${URI}: the user is asked to log in`,
      'https://rp.example/other?x=1: the user is asked to log in',
    ]);
    expect(of('pkce')[0]?.message).to.include('is accepted');
    expect(of('scope')[0]?.message).to.include('for email phone it is refused (invalid_scope');
    expect(of('offline-access')[0]?.message).to.include('only with prompt=consent');
    expect(of('logout')[0]?.status).to.equal('ok');
  });

  it('prints one line for each finding, and what to do', async () => {
    const id = await make({ scope: undefined });
    const { code, stdout } = await runInProcess(['client', 'test', id], { env });
    expect(code).to.equal(0);
    expect(stdout).to.match(new RegExp(`^Dry login with ${id} at ${app.issuer}\n`));
    expect(stdout).to.match(/^warning +scope +no scope is registered.*To do: /m);
    expect(stdout).to.match(/ 1 warnings, 0 failed\n$/);
  });

  it('knows what public, native and service clients are', async () => {
    const spa = await examine(await make({ token_endpoint_auth_method: 'none' }));
    expect(spa.notOk).to.deep.equal([]);
    expect(spa.of('pkce')[0]?.message).to.include('is refused');
    const native = await examine(
      await make({
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['com.example.app:/callback', 'http://localhost/cb', 'http://127.0.0.1/cb'],
      }),
    );
    expect(native.of('login')).to.have.length(3);
    expect(native.notOk).to.deep.equal(['redirect-uri: warning']);
    const service = await examine(
      await make({
        grant_types: ['client_credentials'],
        redirect_uris: [],
        post_logout_redirect_uris: [],
        scope: undefined,
      }),
    );
    expect(service.notOk).to.deep.equal([]);
    expect(service.of('login')[0]?.message).to.include('no user logs in through it');
    const strict = await examine(await make({ require_pkce: true, is_first_party: true }));
    expect(strict.of('pkce')[0]?.message).to.include('is refused');
    expect(strict.of('offline-access')[0]?.message).not.to.include('prompt=consent');
  });

  it('tells where people let the devices of a client in', async () => {
    // It could not be saved while the feature is off; `client test` says so of one that is there.
    const id = await make({ token_endpoint_auth_method: 'none' });
    const set = "SET allowed_grant_types = $2, response_types = '{}'";
    const sql = `UPDATE oauth_client ${set} WHERE client_id = $1`;
    await query(sql, [id, [DEVICE_CODE, 'refresh_token']]);
    const off = await examine(id);
    expect(off.code).to.equal(1);
    expect(off.notOk).to.include('settings: failed');
    env.OAUTH_FEATURES = 'device_flow';
    try {
      const on = await examine(id);
      expect(on.notOk).to.deep.equal([]);
      expect(on.of('device')[0]?.message).to.include(`${app.issuer}/device`);
      await query(sql, [id, [DEVICE_CODE]]);
      expect((await examine(id)).notOk).to.deep.equal(['device-offline: warning']);
    } finally {
      delete env.OAUTH_FEATURES;
    }
  });

  it('knows clients with keys of their own, and those whose requests nobody else can make', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] };
    const byKey = { token_endpoint_auth_method: 'private_key_jwt', jwks };
    const keyed = await examine(await make(byKey));
    expect(keyed.notOk).to.deep.equal([]);
    expect(keyed.of('secret')[0]?.message).to.include('needs none');
    for (const members of [{ profile: 'fapi2' }, { require_pushed_authorization_requests: true }]) {
      const pushing = await examine(await make({ ...byKey, ...members }));
      expect(pushing.notOk).to.deep.equal([]);
      expect(pushing.of('login')[0]?.message).to.include('no login was tried');
    }
  });

  const traps: Record<string, [object, string[]]> = {
    'a scope without offline_access': [{ scope: 'openid' }, ['offline-access: warning']],
    'offline_access without refresh tokens': [
      { grant_types: ['authorization_code'] },
      ['offline-access: warning'],
    ],
    'a scope without openid': [{ scope: 'profile', grant_types: ['authorization_code'] }, ['scope: warning']],
    'no way back from a logout': [{ post_logout_redirect_uris: [] }, ['logout: warning']],
  };
  for (const [trap, [members, expected]] of Object.entries(traps)) {
    it(`warns of ${trap}`, async () => {
      const { code, notOk } = await examine(await make(members));
      expect({ code, notOk }).to.deep.equal({ code: 0, notOk: expected });
    });
  }

  it('tells of secrets that are missing, have ended or end soon', async () => {
    const { clients, stores } = app.services;
    const id = await make({});
    const [first] = await clients.listSecrets(id);
    await stores.clients.expireSecrets(id, new Date(Date.now() + 3 * 86_400_000));
    expect((await examine(id)).notOk).to.deep.equal(['secret: warning']);
    await stores.clients.expireSecrets(id, new Date(Date.now() - 1_000));
    const ended = await examine(id);
    expect(ended.code).to.equal(1);
    expect(ended.of('secret')[0]).to.deep.include({
      status: 'failed',
      message: 'every secret of it has ended: it gets no token',
      advice: `client rotate-secret ${id}`,
    });
    await clients.revokeSecret(id, first?.id ?? 0, AUTHOR);
    expect((await examine(id)).of('secret')[0]?.message).to.include('it has no secret');
    await clients.rotateSecret(id, {}, AUTHOR);
    expect((await examine(id)).notOk).to.deep.equal([]);
  });

  it('tells of a client that is disabled', async () => {
    const id = await make({ is_active: false });
    const { code, notOk, of } = await examine(id);
    expect({ code, notOk }).to.deep.equal({ code: 1, notOk: ['active: failed'] });
    expect(of('login')).to.deep.equal([]);
  });

  it('tells of settings that somebody has written by hand', async () => {
    const id = await make({});
    await query(`UPDATE oauth_client SET redirect_uris = $2, metadata = $3 WHERE client_id = $1`, [
      id,
      ['https://rp.example/*', 'nonsense\u001b[31m'],
      { backchannel_logout_uri: 'http://10.0.0.1/x' },
    ]);
    const { code, notOk, of } = await examine(id);
    expect(code).to.equal(1);
    expect(notOk).to.include.members(['settings: failed', 'login: failed']);
    expect(of('settings').map(({ message }) => message)).to.include.members([
      'redirect_uris[0]: must not have a wildcard: it is compared byte for byte',
      'backchannel_logout_uri: must be an https URL',
    ]);
    const { stdout } = await runInProcess(['client', 'test', id], { env });
    expect(stdout).not.to.include('\u001b');
  });

  it('tells of loopback addresses and logout addresses that do not work with a public issuer', async () => {
    const id = await make({
      redirect_uris: [URI, 'http://localhost:8080/cb'],
      backchannel_logout_uri: 'http://localhost:8080/logout',
    });
    expect((await examine(id)).notOk).to.deep.equal([]);
    const isPublic = {
      ...env,
      OAUTH_ISSUER: 'https://login.example',
      HOST: '127.0.0.1',
      COOKIE_KEYS: 'cookie-key-of-the-client-test-0123456789',
      KEY_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 3)).toString('base64url'),
      LOGIN_STRATEGY: 'local',
    };
    const { code, stdout } = await runInProcess(['client', 'test', id, '--json'], { env: isPublic });
    const answer = JSON.parse(stdout);
    expect(answer.issuer, stdout).to.equal('https://login.example');
    const notOk = (answer.checks as Finding[]).filter(({ status }) => status !== 'ok');
    expect(notOk.map(({ check, status }) => `${check}: ${status}`)).to.deep.equal([
      'redirect-uri: warning',
      'backchannel-logout: failed',
    ]);
    expect(code).to.equal(1);
  });

  it('leaves nothing behind, whatever it finds', async () => {
    const id = await make({ redirect_uris: [URI, 'http://localhost:8080/cb'] });
    const tables = [
      'oauth_artifact',
      'oauth_session',
      'oauth_session_key',
      'oauth_grant',
      'oauth_consent',
      'oauth_refresh_token',
      'oauth_audit_event',
      'oauth_client',
      'oauth_client_secret',
    ];
    const rows = async () => {
      const lists = [];
      for (const table of tables) lists.push(await query(`SELECT * FROM ${table} ORDER BY 1, 2`));
      return lists;
    };
    const before = await rows();
    await examine(id);
    expect(await rows()).to.deep.equal(before);
    // It would have been seen: a browser's request does leave something.
    await fetch(
      `${app.issuer}/api/oauth/authorize?client_id=${id}&redirect_uri=${URI}&response_type=code&scope=openid`,
      {
        redirect: 'manual',
      },
    );
    expect(await rows()).not.to.deep.equal(before);
  });

  it('refuses a client that is not there, and a missing or second id', async () => {
    const { code, stderr } = await runInProcess(['client', 'test', 'nobody'], { env });
    expect({ code, stderr }).to.deep.equal({ code: 3, stderr: 'there is no client nobody\n' });
    expect((await runInProcess(['client', 'test'], { env })).code).to.equal(2);
    expect((await runInProcess(['client', 'test', 'a', 'b'], { env })).code).to.equal(2);
  });
});
