// Somebody who guesses user codes, enters those of others, or sends people theirs (RFC 8628 section 5).
import { expect } from 'chai';
import { Agent, formIn, type Page } from '../support/agent.js';
import { startApp, type TestApp, userinfo } from '../support/app.js';
import { almostIn, begin, DEVICE_FEATURES, enter, letIn, poll, press, TV } from '../support/device.js';
import { movableClock, register } from '../support/relying-party.js';
import { walk } from '../support/walk.js';

const WRONG = 'BBBB-BBBB';
const MINUTES = 60;

describe('device codes in the wrong hands', function () {
  this.timeout(120_000);
  const clock = movableClock();
  let app: TestApp;
  let lastAddress = 0;

  before(async () => {
    const env = { OAUTH_FEATURES: DEVICE_FEATURES, TRUST_PROXY: '1' };
    app = await startApp({ env, overrides: { clock } });
    await register(app, TV);
    await register(app, { ...TV, client_id: 'other-tv' });
  });
  afterEach(() => clock.set(0));
  after(() => app.close());

  /** A browser at an address nobody else in these tests has. */
  function browser(address?: string): Agent {
    lastAddress += 1;
    const agent = new Agent();
    agent.headers['x-forwarded-for'] = address ?? `198.51.${lastAddress >> 8}.${lastAddress & 255}`;
    return agent;
  }

  /** What a page says, without what differs from one answer to the next. */
  const wordsOf = ({ text }: Page) =>
    text
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();

  async function guess(agent: Agent, times: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let n = 0; n < times; n += 1) statuses.push((await enter(agent, app.issuer, WRONG)).status);
    return statuses;
  }

  describe('guessing', () => {
    it('locks a browser out after five wrong codes, says for how long, and lets no right one in meanwhile', async () => {
      const agent = browser();
      expect(await guess(agent, 5)).to.deep.equal([400, 400, 400, 400, 400]);
      const { user_code: code } = await begin(app.issuer);
      const locked = await enter(agent, app.issuer, code);
      expect(locked.status).to.equal(429);
      expect(Number(locked.headers.get('retry-after'))).to.be.within(890, 900);
      expect(locked.text).to.include('Too many wrong codes').and.to.include('href="/device"');
      clock.set(14 * MINUTES);
      expect((await enter(agent, app.issuer, code)).status).to.equal(429);
      clock.set(16 * MINUTES);
      const { user_code: later } = await begin(app.issuer);
      expect((await enter(agent, app.issuer, later)).status).to.equal(
        400,
        'expired by the clock of the test',
      );
      expect((await app.services.stores.audit.list({ type: 'device.locked', limit: 9 })).length).to.equal(1);
    });

    it('looks at five of forty wrong codes that one browser enters at once', async () => {
      const agent = browser();
      const form = formIn(await agent.get(`${app.issuer}/device`), 'device-form');
      const pages = await Promise.all(
        Array.from({ length: 40 }, () => agent.fork()).map((tab) => {
          Object.assign(tab.headers, agent.headers);
          return tab.submit(form, { user_code: WRONG });
        }),
      );
      const lookedAt = pages.filter(({ text }) => text.includes('id="device-error"'));
      expect(lookedAt.length).to.be.within(1, 5);
      // The others came too late: for the count, or with a form that an answer before them had replaced.
      const others = pages.filter((page) => !lookedAt.includes(page));
      const late = others.filter(({ text }) => /Too many wrong codes|Please submit that again/.test(text));
      expect(late).to.have.lengthOf(others.length);
    });

    it('locks an address out after twenty, whichever browsers it uses, a /64 of IPv6 being one address', async () => {
      for (let n = 1; n <= 4; n += 1) await guess(browser(`2001:db8:7:7::${n}`), 5);
      expect(await guess(browser('2001:db8:7:7:ffff::9'), 1)).to.deep.equal([429]);
      expect(await guess(browser('2001:db8:7:8::1'), 1)).to.deep.equal([400]);
    });

    it('does not let somebody who is locked out lock out the others at the address', async () => {
      const [bad, good] = [browser('203.0.113.9'), browser('203.0.113.9')];
      await guess(bad, 40);
      const { user_code: code } = await begin(app.issuer);
      expect((await enter(good, app.issuer, code)).status).to.equal(200);
    });

    it('counts a person who is logged in, not the session they throw away', async () => {
      const first = browser();
      await letIn(first, app.issuer, (await begin(app.issuer)).user_code);
      await guess(first, 5);
      const second = browser();
      const { user_code: code } = await begin(app.issuer, { client_id: 'other-tv' });
      const stopped = await enter(second, app.issuer, code);
      const { page } = await walk(second, app.issuer, await press(second, stopped, 'confirm'));
      expect(page.text).to.include('id="device-approved"');
      expect(await guess(second, 1)).to.deep.equal([429]);
      // So that other tests can let this person in.
      clock.set(20 * MINUTES);
      expect(await guess(second, 1)).to.deep.equal([400]);
    });

    it('does not count right codes, and does not forgive wrong ones for them', async () => {
      const agent = browser();
      await guess(agent, 4);
      for (let n = 0; n < 6; n += 1) {
        const { user_code: code } = await begin(app.issuer);
        expect((await enter(agent, app.issuer, code)).status).to.equal(200);
      }
      expect(await guess(agent, 2)).to.deep.equal([400, 429]);
    });

    it('says the same of codes that never were, have expired, were used, denied, or belong to another browser', async () => {
      const used = await begin(app.issuer);
      await letIn(browser(), app.issuer, used.user_code);
      const denied = await begin(app.issuer);
      const denier = browser();
      await press(denier, await enter(denier, app.issuer, denied.user_code), 'abort');
      const elsewhere = await begin(app.issuer);
      await enter(browser(), app.issuer, elsewhere.user_code);
      const expired = await begin(app.issuer);
      const answers = [];
      for (const code of [WRONG, used.user_code, denied.user_code, elsewhere.user_code]) {
        answers.push(await enter(browser(), app.issuer, code));
      }
      clock.set(11 * MINUTES);
      answers.push(await enter(browser(), app.issuer, expired.user_code));
      expect(answers.map(({ status }) => status)).to.deep.equal([400, 400, 400, 400, 400]);
      expect(new Set(answers.map(wordsOf)).size).to.equal(1);
      expect(answers[0]?.text).to.include('role="alert"').and.to.include('device-form');
    });
  });

  describe('the browser that entered the code', () => {
    it('is the first of two, and the only one that can go on', async () => {
      const { user_code: code, device_code: deviceCode } = await begin(app.issuer);
      const [first, second] = [browser(), browser()];
      const own = await enter(first, app.issuer, code);
      expect((await enter(second, app.issuer, code)).status).to.equal(400);

      // The second one has a form of its own, and the first one's fields.
      const form = formIn(await second.get(`${app.issuer}/device`), 'device-form');
      const forged = await second.submit(form, { user_code: code, confirm: 'yes' });
      expect(forged.status).to.equal(400);
      const replayed = await second.submit(formIn(own, 'device-confirm-form'), { confirm: 'yes' });
      expect(replayed.status).to.equal(400);
      for (const button of ['confirm', 'abort'] as const) {
        expect((await press(new Agent(), own, button)).status).to.equal(400);
      }
      expect((await poll(app.issuer, deviceCode)).body.error).to.equal('authorization_pending');

      const { page } = await walk(first, app.issuer, await press(first, own, 'confirm'));
      expect(page.text).to.include('id="device-approved"');
    });

    it('is one of ten that enter it at once', async () => {
      const { user_code: code } = await begin(app.issuer);
      const pages = await Promise.all(Array.from({ length: 10 }, () => enter(browser(), app.issuer, code)));
      expect(pages.filter(({ status }) => status === 200)).to.have.lengthOf(1);
      expect(pages.filter(({ status }) => status === 400)).to.have.lengthOf(9);
    });

    it('decides once: of yes and no in two tabs at once the first stands', async () => {
      for (let round = 0; round < 8; round += 1) {
        const { user_code: code, device_code: deviceCode } = await begin(app.issuer);
        const agent = browser();
        const last = await almostIn(agent, app.issuer, await enter(agent, app.issuer, code));
        const again = await enter(agent, app.issuer, code);
        const [yes, no] = await Promise.all([agent.get(last), press(agent, again, 'abort')]);
        const approved = yes.text.includes('id="device-approved"');
        const denied = no.text.includes('id="device-denied"');
        expect(approved).to.not.equal(denied);
        const { status, body } = await poll(app.issuer, deviceCode);
        expect(body.error ?? status).to.equal(approved ? 200 : 'access_denied');
      }
    });

    it('alone can end what it began: the address it is to come back to is no use to another', async () => {
      const { user_code: code, device_code: deviceCode } = await begin(app.issuer);
      const agent = browser();
      const login = await agent.follow(
        await press(agent, await enter(agent, app.issuer, code), 'confirm'),
        app.issuer,
      );
      const [, uid] = /\/interaction\/([\w-]+)/.exec(login.url) ?? [];
      for (const path of [`/device/${uid}`, `/interaction/${uid}`]) {
        const page = await browser().get(`${app.issuer}${path}`);
        expect(page.status).to.equal(400);
        expect(page.text).to.include('href="/device"');
      }
      expect((await poll(app.issuer, deviceCode)).body.error).to.equal('authorization_pending');
    });
  });

  describe('a device code', () => {
    it('is no use to another client, and stays good for its own', async () => {
      const { user_code: code, device_code: deviceCode } = await begin(app.issuer);
      await letIn(browser(), app.issuer, code);
      const stolen = await poll(app.issuer, deviceCode, { client_id: 'other-tv' });
      expect(stolen.body.error).to.equal('invalid_grant');
      expect((await poll(app.issuer, deviceCode)).status).to.equal(200);
    });

    it('is good once: used again, it takes every token it gave with it', async () => {
      const { user_code: code, device_code: deviceCode } = await begin(app.issuer);
      await letIn(browser(), app.issuer, code);
      const { body } = await poll(app.issuer, deviceCode);
      expect((await userinfo(app.issuer, String(body.access_token))).status).to.equal(200);
      expect((await poll(app.issuer, deviceCode)).body.error).to.equal('invalid_grant');
      expect((await userinfo(app.issuer, String(body.access_token))).status).to.equal(401);
    });

    it('gives one of 30 that poll at once its tokens, which die as somebody else had the code', async () => {
      const { user_code: code, device_code: deviceCode } = await begin(app.issuer);
      await letIn(browser(), app.issuer, code);
      const answers = await Promise.all(Array.from({ length: 30 }, () => poll(app.issuer, deviceCode)));
      const won = answers.filter(({ status }) => status === 200);
      expect(won).to.have.lengthOf(1);
      expect(answers.filter(({ body }) => body.error === 'invalid_grant')).to.have.lengthOf(29);
      expect((await userinfo(app.issuer, String(won[0]?.body.access_token))).status).to.equal(401);
    });

    it('lets one of 20 early polls at once be on time, and all others slow the device down', async () => {
      const { device_code: deviceCode } = await begin(app.issuer);
      const answers = await Promise.all(Array.from({ length: 20 }, () => poll(app.issuer, deviceCode)));
      const errors = answers.map(({ body }) => body.error);
      expect(errors.filter((error) => error === 'authorization_pending')).to.have.lengthOf(1);
      expect(errors.filter((error) => error === 'slow_down')).to.have.lengthOf(19);
      // 5 + 19 × 5 seconds by now.
      clock.set(98);
      expect((await poll(app.issuer, deviceCode)).body.error).to.equal('slow_down');
      clock.set(98 + 106);
      expect((await poll(app.issuer, deviceCode)).body.error).to.equal('authorization_pending');
    });

    it('is in the store under hashes only, as is what people type', async () => {
      const written: string[] = [];
      const { artifacts } = app.services.stores;
      const { upsert, claim } = artifacts;
      artifacts.upsert = (...args) => {
        written.push(JSON.stringify(args));
        return upsert(...args);
      };
      artifacts.claim = (...args) => {
        written.push(JSON.stringify(args));
        return claim(...args);
      };
      try {
        const { user_code: code, device_code: deviceCode } = await begin(app.issuer);
        await letIn(browser(), app.issuer, code);
        await poll(app.issuer, deviceCode);
        expect(written.length).to.be.at.least(5);
        for (const value of [code, code.replace('-', ''), deviceCode]) {
          expect(written.filter((line) => line.includes(value))).to.deep.equal([]);
        }
        // What is written names the code by a hash, which is good for nothing.
        const [name = ''] = /#[\w-]{43}/.exec(written.join()) ?? [];
        expect(name).not.to.equal('');
        expect((await poll(app.issuer, name)).body.error).to.equal('invalid_grant');
        expect((await poll(app.issuer, name.slice(1))).body.error).to.equal('invalid_grant');
      } finally {
        Object.assign(artifacts, { upsert, claim });
      }
    });

    it('has a user code of its own, also when the first one that comes up is taken', async () => {
      const { artifacts } = app.services.stores;
      const { claim } = artifacts;
      let refused = '';
      artifacts.claim = async (kind, key, until) => {
        if (kind !== 'DeviceUserCode' || refused !== '') return claim(kind, key, until);
        refused = key;
        return false;
      };
      try {
        const started = await begin(app.issuer);
        expect(refused).not.to.equal('');
        expect(started.user_code).to.match(/^[B-Z]{4}-[B-Z]{4}$/);
        expect(started.verification_uri_complete).to.include(started.user_code);
        const { page } = await letIn(browser(), app.issuer, started.user_code);
        expect(page.text).to.include('id="device-approved"');
        expect((await poll(app.issuer, started.device_code)).status).to.equal(200);
      } finally {
        artifacts.claim = claim;
      }
    });
  });
});
