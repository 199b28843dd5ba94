// What an operator ends in one process is over in another within a second, and what is forgotten is nowhere.
import { expect } from 'chai';
import { hashOf } from '../../src/lib/ids.js';
import { Agent } from '../support/agent.js';
import { exchangeCode, OTHER_USER, USER } from '../support/app.js';
import { openLogin } from '../support/browsing.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy } from '../support/production/instances.js';
import { openRedis, TEST_REDIS_URL } from '../support/production/redis.js';
import { eventually } from '../support/production/waiting.js';
import { AUTHOR, logIn, pendingCode, whatWorks } from '../support/user-operations.js';
import { answer } from '../support/walk.js';

const IP = '203.0.113.78';
const NAMES = [USER.id, USER.name, USER.email, USER.phone, IP];
const NOTHING = { browser: false, access: false, refresh: false };
/** What is remembered elsewhere is forgotten at once when word arrives, and after this when it does not. */
const KNOWN_EVERYWHERE_MS = 1_000;

for (const mode of MODES) {
  describe(`ending what a user has, from another process (${mode.name})`, () => {
    let deployment: Deployment;
    before(async () => {
      deployment = await deploy(mode, { count: 1, env: { TRUST_PROXY: '1' } });
    });
    after(() => deployment?.close());

    /** Every row of every table, and every key in Redis with its value. */
    async function traces(): Promise<string[]> {
      const { backend } = deployment;
      const tables = await backend.query<{ name: string }>(
        `SELECT table_name AS name FROM information_schema.tables
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'users'`,
      );
      const kept: string[] = [];
      for (const { name } of tables) {
        const rows = await backend.query<{ row: string }>(
          `SELECT row_to_json(t)::text AS row FROM "${name}" t`,
        );
        kept.push(...rows.map(({ row }) => `${name} ${row}`));
      }
      if (mode.usesRedis) kept.push(...(await inRedis()));
      return kept.filter((text) => NAMES.some((name) => text.toLowerCase().includes(name.toLowerCase())));
    }

    async function inRedis(): Promise<string[]> {
      const redis = await openRedis(TEST_REDIS_URL);
      try {
        const keys = await redis.keys(deployment.backend.env.REDIS_KEY_PREFIX ?? '');
        return Promise.all(keys.map(async (key) => `${key} ${await redis.read(key)}`));
      } finally {
        redis.close();
      }
    }

    it('a session', async () => {
      const { issuer, services } = deployment;
      const login = await logIn(issuer);
      expect(await whatWorks(login, issuer)).to.include({ browser: true, access: true });
      const { items } = await services.sessions.list({ userId: USER.id });
      for (const { uid } of items) await services.sessions.end(uid, AUTHOR);
      const ended = await eventually(KNOWN_EVERYWHERE_MS, async () => {
        const works = await whatWorks(login, issuer);
        if (works.browser || works.access) throw new Error('still works');
        return works;
      });
      expect(ended).to.deep.equal(NOTHING);
    });

    it('everything of theirs', async () => {
      const { issuer, services } = deployment;
      const login = await logIn(issuer, { offline: true });
      await whatWorks({ ...login, refreshToken: '' }, issuer);
      await services.users.revoke(USER.id, {}, AUTHOR);
      await eventually(KNOWN_EVERYWHERE_MS, async () => {
        const { browser, access } = await whatWorks({ ...login, refreshToken: '' }, issuer);
        if (browser || access) throw new Error('still works');
      });
      expect(await whatWorks(login, issuer)).to.deep.equal(NOTHING);
    });

    it('everything of theirs, forgotten: no row, key or value names them', async () => {
      const { issuer, services } = deployment;
      const login = await logIn(issuer, { offline: true, ip: IP });
      const stranger = await logIn(issuer, { offline: true, username: OTHER_USER.email });
      const code = await pendingCode(login, issuer);
      const halfWay = new Agent();
      await answer(halfWay, await openLogin(halfWay, issuer, { login_hint: USER.email }), 'login');
      expect(await traces()).to.not.be.empty;
      const forgotten = await services.users.forget(USER.id, AUTHOR);
      expect(forgotten.artifacts).to.be.above(0);
      expect(await traces()).to.deep.equal([]);
      await eventually(KNOWN_EVERYWHERE_MS, async () => {
        const { browser, access } = await whatWorks({ ...login, refreshToken: '' }, issuer);
        if (browser || access) throw new Error('still works');
      });
      expect(await whatWorks(login, issuer)).to.deep.equal(NOTHING);
      expect((await exchangeCode(issuer, code)).body.error).to.equal('invalid_grant');
      expect(await whatWorks(stranger, issuer)).to.deep.equal({ browser: true, access: true, refresh: true });
      // The one thing that remains tells half-way logins of it, by a hash.
      expect(await services.stores.artifacts.find('UserEnded', hashOf(USER.id))).to.not.equal(undefined);
    });

    it('twice at once, in the middle of traffic, and it is gone', async () => {
      const { issuer, services } = deployment;
      const login = await logIn(issuer, { offline: true, ip: IP });
      const traffic = Promise.allSettled([
        ...Array.from({ length: 3 }, () => logIn(issuer, { ip: IP, offline: true })),
        whatWorks(login, issuer),
      ]);
      await Promise.all([services.users.forget(USER.id, AUTHOR), services.users.forget(USER.id, AUTHOR)]);
      await traffic;
      await services.users.forget(USER.id, AUTHOR);
      expect(await traces()).to.deep.equal([]);
    });
  });
}
