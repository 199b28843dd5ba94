import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadConfig } from '../../src/config/load.js';
import { variables } from '../../src/config/variables.js';
import { projectPath } from '../../src/lib/paths.js';
import { problemsOf } from '../support/config-problems.js';

const COOKIE_KEY = 'k7Qm2xVb9TzRw4LpY8sNd3HfJ6cGa1Ue';
const KEK = '6d5f3a1c9e8b7d2f4a6c8e0b1d3f5a7c9e2b4d6f8a0c1e3b5d7f9a2c4e6b8d0f';

const PRODUCTION = {
  OAUTH_ISSUER: 'https://api.link2ur.com',
  DATABASE_URL: 'postgresql://op@db/link2ur',
  COOKIE_KEYS: COOKIE_KEY,
  KEY_ENCRYPTION_KEY: KEK,
};

describe('configuration', () => {
  it('needs nothing on loopback', () => {
    const config = loadConfig({});
    expect(config.issuer).to.equal('http://localhost:3000');
    expect(config.host).to.equal('127.0.0.1');
    expect(config.ttl.refreshToken).to.equal(30 * 86_400);
  });

  it('takes the default issuer from the port', () => {
    expect(loadConfig({ PORT: '4000' }).issuer).to.equal('http://localhost:4000');
  });

  it('accepts a complete production configuration', () => {
    expect(problemsOf(PRODUCTION)).to.deep.equal([]);
  });

  it('cleans every minute and serves no metrics unless told otherwise', () => {
    const config = loadConfig(PRODUCTION);
    expect(config.janitorIntervalSeconds).to.equal(60);
    expect(config.auditRetentionDays).to.equal(400);
    expect(config.metrics).to.equal(undefined);
    expect(config.databasePoolMax).to.equal(10);
    expect(config.redisKeyPrefix).to.equal('link2ur-op:');
    expect(config.warnings).to.deep.equal([]);
  });

  it('takes what is said about storage, janitor and metrics', () => {
    const config = loadConfig({
      ...PRODUCTION,
      DATABASE_POOL_MAX: '100',
      REDIS_URL: 'redis://cache',
      REDIS_KEY_PREFIX: 'site_1.op-2:',
      AUDIT_RETENTION_DAYS: '1',
      JANITOR_INTERVAL_SECONDS: '0',
      METRICS_PORT: '9464',
    });
    expect(config.databasePoolMax).to.equal(100);
    expect(config.redisKeyPrefix).to.equal('site_1.op-2:');
    expect(config.auditRetentionDays).to.equal(1);
    expect(config.janitorIntervalSeconds).to.equal(0);
    expect(config.metrics).to.deep.equal({ host: '127.0.0.1', port: 9464 });
    expect(config.warnings).to.deep.equal([]);
    const elsewhere = loadConfig({ ...PRODUCTION, METRICS_PORT: '0', METRICS_HOST: '10.0.0.1' });
    expect(elsewhere.metrics).to.deep.equal({ host: '10.0.0.1', port: 0 });
  });

  it('needs no cookie keys: they are kept in the database', () => {
    const { COOKIE_KEYS: _unset, ...rest } = PRODUCTION;
    expect(loadConfig(rest).keys.cookieKeys).to.equal(undefined);
  });

  it('lets JWKS be cached for less than keys are announced, and publishes keys for as long as they are needed', () => {
    const { keys } = loadConfig(PRODUCTION);
    expect(keys).to.include({ rotationSeconds: 90 * 86_400, announceSeconds: 86_400 });
    expect(keys).to.include({ jwksMaxAgeSeconds: 3600, retireSeconds: 14 * 86_400 + 60 });
    for (const announce of [10, 11, 60, 119, 120, 121, 3660, 100_000]) {
      const env = { ...PRODUCTION, KEY_ANNOUNCE_SECONDS: String(announce), KEY_ROTATION_DAYS: '0' };
      const { jwksMaxAgeSeconds, noticeSeconds, announceSeconds, rotationSeconds } = loadConfig(env).keys;
      expect(jwksMaxAgeSeconds + noticeSeconds).to.be.at.most(announceSeconds);
      expect(jwksMaxAgeSeconds).to.be.within(1, 3600);
      expect(noticeSeconds).to.be.at.least(5);
      expect(rotationSeconds).to.equal(0);
    }
  });

  it('warns of settings that have no effect without another', () => {
    const { warnings } = loadConfig({ METRICS_HOST: '::1', REDIS_KEY_PREFIX: 'op:' });
    expect(warnings.map((warning) => warning.split(' ')[0])).to.have.members([
      'METRICS_HOST',
      'REDIS_KEY_PREFIX',
    ]);
  });

  it('reports every problem of a bad configuration at once, each with its variable', () => {
    const env = {
      OAUTH_ISSUER: 'http://api.link2ur.com/',
      PORT: 'x',
      COOKIE_KEYS: 'short',
      TRUST_PROXY: '-1',
    };
    expect(problemsOf(env)).to.include.members([
      'OAUTH_ISSUER',
      'PORT',
      'COOKIE_KEYS',
      'KEY_ENCRYPTION_KEY',
      'TRUST_PROXY',
    ]);
  });

  const refused: [string, Record<string, string>, string][] = [
    ['an http issuer that is not loopback', { OAUTH_ISSUER: 'http://api.link2ur.com' }, 'OAUTH_ISSUER'],
    ['an issuer with a trailing slash', { OAUTH_ISSUER: 'https://api.link2ur.com/' }, 'OAUTH_ISSUER'],
    ['a loopback issuer with a trailing slash', { OAUTH_ISSUER: 'http://localhost:3000/' }, 'OAUTH_ISSUER'],
    ['an issuer with a path', { OAUTH_ISSUER: 'https://api.link2ur.com/op' }, 'OAUTH_ISSUER'],
    ['an issuer in capitals', { OAUTH_ISSUER: 'https://API.link2ur.com' }, 'OAUTH_ISSUER'],
    [
      'a host that only looks like loopback',
      { OAUTH_ISSUER: 'http://127.0.0.1.evil.example' },
      'OAUTH_ISSUER',
    ],
    ['cookie keys that are none', { COOKIE_KEYS: ',' }, 'COOKIE_KEYS'],
    [
      'a weak key among earlier key encryption keys',
      { KEY_ENCRYPTION_KEY_PREVIOUS: `${KEK},${'0'.repeat(64)}` },
      'KEY_ENCRYPTION_KEY_PREVIOUS',
    ],
    ['keys announced for no time', { KEY_ANNOUNCE_SECONDS: '0' }, 'KEY_ANNOUNCE_SECONDS'],
    [
      'keys announced for longer than they sign',
      { KEY_ANNOUNCE_SECONDS: '86400', KEY_ROTATION_DAYS: '1' },
      'KEY_ANNOUNCE_SECONDS',
    ],
    ['a negative rotation', { KEY_ROTATION_DAYS: '-1' }, 'KEY_ROTATION_DAYS'],
    ['a cookie key of one letter repeated', { COOKIE_KEYS: 'a'.repeat(40) }, 'COOKIE_KEYS'],
    ['a missing key encryption key', { KEY_ENCRYPTION_KEY: '' }, 'KEY_ENCRYPTION_KEY'],
    ['a key encryption key of zeros', { KEY_ENCRYPTION_KEY: '0'.repeat(64) }, 'KEY_ENCRYPTION_KEY'],
    ['a key encryption key that is too short', { KEY_ENCRYPTION_KEY: 'abcdef' }, 'KEY_ENCRYPTION_KEY'],
    ['Redis without PostgreSQL', { REDIS_URL: 'redis://cache', DATABASE_URL: '' }, 'REDIS_URL'],
    ['a pool without connections', { DATABASE_POOL_MAX: '0' }, 'DATABASE_POOL_MAX'],
    ['a pool beyond what PostgreSQL likes', { DATABASE_POOL_MAX: '101' }, 'DATABASE_POOL_MAX'],
    ['a Redis prefix with a space', { REDIS_KEY_PREFIX: 'link2ur op' }, 'REDIS_KEY_PREFIX'],
    ['a Redis prefix with a pattern in it', { REDIS_KEY_PREFIX: 'op*' }, 'REDIS_KEY_PREFIX'],
    ['a Redis prefix that is too long', { REDIS_KEY_PREFIX: 'a'.repeat(65) }, 'REDIS_KEY_PREFIX'],
    ['an audit trail kept for no time', { AUDIT_RETENTION_DAYS: '0' }, 'AUDIT_RETENTION_DAYS'],
    [
      'a janitor that comes every other day',
      { JANITOR_INTERVAL_SECONDS: '86401' },
      'JANITOR_INTERVAL_SECONDS',
    ],
    ['metrics on no port there is', { METRICS_PORT: '65536' }, 'METRICS_PORT'],
    ['metrics on the public port', { PORT: '4000', METRICS_PORT: '4000' }, 'METRICS_PORT'],
    ['metrics on the public port left to its default', { METRICS_PORT: '3000' }, 'METRICS_PORT'],
    ['an unknown OAUTH_ variable', { OAUTH_ISSUR: 'x' }, 'OAUTH_ISSUR'],
    [
      'grants that expire before their refresh tokens',
      { OAUTH_GRANT_EXPIRE_DAYS: '10', OAUTH_REFRESH_TOKEN_EXPIRE_DAYS: '30' },
      'OAUTH_GRANT_EXPIRE_DAYS',
    ],
    [
      'a code lifetime of an hour',
      { OAUTH_AUTHORIZATION_CODE_EXPIRE_SECONDS: '3600' },
      'OAUTH_AUTHORIZATION_CODE_EXPIRE_SECONDS',
    ],
  ];
  for (const [what, env, variable] of refused) {
    it(`refuses ${what}`, () => {
      expect(problemsOf({ ...PRODUCTION, ...env })).to.deep.equal([variable]);
    });
  }

  it('never repeats a secret in its message', () => {
    try {
      loadConfig({ ...PRODUCTION, COOKIE_KEYS: 'hunter2', KEY_ENCRYPTION_KEY: 'swordfish' });
      expect.fail('accepted');
    } catch (error) {
      expect(String(error)).not.to.match(/hunter2|swordfish/);
    }
  });

  it('takes a brand’s logo by https or from our own origin, and its colour as #rrggbb', () => {
    for (const logo of ['https://cdn.example/logo.svg', '/static/logo.png']) {
      const { brand } = loadConfig({ BRAND_LOGO_URL: logo, BRAND_COLOR: '#8a1C5c' });
      expect(brand).to.include({ logoUrl: logo, color: '#8a1C5c' });
    }
    for (const logo of [
      'http://cdn.example/logo.svg',
      '//cdn.example/x',
      '/\\cdn.example',
      'logo.png',
      'data:image/png,x',
      'https://user@cdn.example/',
    ]) {
      expect(problemsOf({ BRAND_LOGO_URL: logo }), logo).to.deep.equal(['BRAND_LOGO_URL']);
    }
    for (const color of ['red', '#123', '#12345g', '#1234567', 'rgb(1,2,3)}body{']) {
      expect(problemsOf({ BRAND_COLOR: color }), color).to.deep.equal(['BRAND_COLOR']);
    }
  });

  it('has every variable in .env.example, and no other', () => {
    const example = readFileSync(projectPath('.env.example'), 'utf8');
    const named = [...example.matchAll(/^#?\s?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]);
    expect(named.sort()).to.deep.equal(Object.keys(variables).sort());
  });
});
