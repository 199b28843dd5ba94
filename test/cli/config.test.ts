// `config check` and `config print`.
import { expect } from 'chai';
import { variables } from '../../src/config/variables.js';
import { runCli, runInProcess } from '../support/cli.js';

const SECRET = 'a-secret-that-is-long-enough-for-anything-0123456789';
const PUBLIC = {
  OAUTH_ISSUER: 'https://login.example.com',
  COOKIE_KEYS: SECRET,
  KEY_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 7 + 3)).toString('base64url'),
  DATABASE_URL: `postgres://op:${SECRET}@db.example.com/site`,
};

interface Printed {
  name: string;
  value: string | null;
  source: string;
  secret: boolean;
}

async function printed(env: Record<string, string>): Promise<Record<string, Printed>> {
  const { code, stdout, stderr } = await runInProcess(['config', 'print', '--json'], { env });
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  const { variables: list } = JSON.parse(stdout) as { variables: Printed[] };
  return Object.fromEntries(list.map((variable) => [variable.name, variable]));
}

describe('npm run cli -- config', () => {
  it('check says that nothing is wrong', async () => {
    expect(await runCli(['config', 'check'])).to.include({ code: 0, stderr: '' });
    const { stdout } = await runInProcess(['config', 'check', '--json'], { env: PUBLIC });
    expect(JSON.parse(stdout)).to.deep.equal({ ok: true, problems: [], warnings: [] });
  });

  it('check names every problem at once, and ends with 1', async () => {
    const env = {
      PORT: 'many',
      OAUTH_ISSUER: 'http://login.example.com/',
      OAUTH_ISUER: 'x',
      TRUST_PROXY: '99',
    };
    const { code, stdout } = await runInProcess(['config', 'check'], { env });
    expect(code).to.equal(1);
    for (const name of ['PORT', 'OAUTH_ISSUER', 'OAUTH_ISUER', 'TRUST_PROXY', 'KEY_ENCRYPTION_KEY']) {
      expect(stdout).to.match(new RegExp(`^${name}: `, 'm'));
    }
    const json = await runInProcess(['config', 'check', '--json'], { env });
    expect(json).to.include({ code: 1, stderr: '' });
    expect(JSON.parse(json.stdout)).to.include({ ok: false });
  });

  it('check tells of settings without effect', async () => {
    const env = { METRICS_HOST: '10.0.0.1' };
    const { code, stdout } = await runInProcess(['config', 'check'], { env });
    expect(code).to.equal(0);
    expect(stdout).to.include('warning: METRICS_HOST has no effect');
  });

  it('print has every variable, with its value and where that comes from', async () => {
    const found = await printed({ ...PUBLIC, OAUTH_ACCESS_TOKEN_EXPIRE_SECONDS: '600', PORT: '' });
    expect(Object.keys(found)).to.deep.equal(Object.keys(variables));
    expect(found.OAUTH_ACCESS_TOKEN_EXPIRE_SECONDS).to.include({ value: '600', source: 'environment' });
    expect(found.PORT).to.include({ value: '3000', source: 'default' });
    expect(found.OAUTH_GRANT_EXPIRE_DAYS).to.include({ value: '30', source: 'default' });
    expect(found.HOST).to.include({ value: 'every address', source: 'default' });
    expect(found.LINK2UR_LOGIN_URL).to.include({ value: null, source: 'default' });
  });

  it('print computes defaults that depend on others', async () => {
    const found = await printed({ PORT: '4000', OAUTH_REFRESH_TOKEN_EXPIRE_DAYS: '90' });
    expect(found.OAUTH_ISSUER?.value).to.equal('http://localhost:4000');
    expect(found.OAUTH_GRANT_EXPIRE_DAYS?.value).to.equal('90');
    expect(found.HOST?.value).to.equal('127.0.0.1');
  });

  it('print never shows a secret, only that it is set', async () => {
    const env = {
      ...PUBLIC,
      LINK2UR_EVENTS_TOKEN: `${SECRET}-events`,
      REDIS_URL: `redis://:${SECRET}@redis.example.com`,
      BRAND_HOME_URL: `https://user:${SECRET}@home.example.com/`,
    };
    for (const args of [
      ['config', 'print'],
      ['config', 'print', '--json'],
      ['config', 'check'],
    ]) {
      const { code, stdout, stderr } = await runInProcess(args, { env });
      expect(code).to.equal(0);
      for (const secret of [SECRET, PUBLIC.KEY_ENCRYPTION_KEY])
        expect(stdout + stderr).to.not.include(secret);
    }
    const found = await printed(env);
    const secrets = Object.entries(variables).filter(([, variable]) => 'secret' in variable);
    for (const [name] of secrets) {
      const isSet = name in env;
      if (isSet)
        expect(found[name], name).to.include({ value: '(set)', source: 'environment', secret: true });
      else expect(found[name]?.source, name).to.equal('default');
    }
    expect(found.BRAND_HOME_URL?.value).to.equal('https://***@home.example.com/');
  });

  it('print of settings that cannot be used ends with 1 and all problems', async () => {
    const { code, stdout, stderr } = await runInProcess(['config', 'print'], { env: { PORT: 'many' } });
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.include('PORT');
  });

  for (const args of [
    ['config'],
    ['config', 'check', 'x'],
    ['config', 'print', '--secrets'],
    ['config', 'edit'],
  ]) {
    it(`refuses ${args.join(' ')}`, async () => {
      expect((await runInProcess(args)).code).to.equal(2);
    });
  }
});
