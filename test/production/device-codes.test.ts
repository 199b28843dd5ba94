// Device codes (RFC 8628) on two instances: whatever happens once happens once, whichever of them is asked.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { hashOf } from '../../src/lib/ids.js';
import { userinfo } from '../support/app.js';
import {
  type Answer,
  almostIn,
  begin,
  DEVICE_FEATURES,
  enter,
  letIn,
  poll,
  press,
  type Started,
  TV,
} from '../support/device.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance, Tab } from '../support/production/instances.js';
import { walk } from '../support/walk.js';

const WRONG = 'BBBB-BBBB';

for (const mode of MODES) {
  describe(`device codes on two instances on ${mode.name}`, function () {
    this.timeout(120_000);
    let deployment: Deployment;
    let issuer: string;
    let a: Instance;
    let b: Instance;

    before(async () => {
      deployment = await deploy(mode, {
        count: 2,
        env: { OAUTH_FEATURES: DEVICE_FEATURES, TRUST_PROXY: '1' },
      });
      issuer = deployment.issuer;
      [a, b] = deployment.instances as [Instance, Instance];
      await deployment.services.clients.apply(clientInputSchema.parse(TV), 'operator:test');
    });
    after(() => deployment?.close());

    let address = 0;
    function tab(via: Instance, browser?: Tab['browser']): Tab {
      const made = new Tab(issuer, via, browser);
      if (!browser) {
        address += 1;
        made.browser.headers['x-forwarded-for'] = `198.51.100.${address}`;
      }
      return made;
    }

    const spread = (count: number, { device_code: code }: Pick<Started, 'device_code'>): Promise<Answer[]> =>
      Promise.all(Array.from({ length: count }, (_, n) => poll((n % 2 === 0 ? a : b).origin, code)));

    const outcomes = (answers: Answer[]) =>
      answers.map(({ status, body }) => String(body.error ?? status)).sort();

    it('begin on A, are entered on B, confirmed on A, and answered to a device that polls B', async () => {
      const started = await begin(a.origin);
      const browser = tab(b);
      const page = await enter(browser, issuer, started.user_code);
      browser.via = a;
      const walked = await walk(browser, issuer, await press(browser, page, 'confirm'));
      expect(walked.page.text).to.include('id="device-approved"');
      const { status, body } = await poll(b.origin, started.device_code);
      expect(status).to.equal(200);
      expect((await userinfo(a.origin, String(body.access_token))).status).to.equal(200);
    });

    for (const round of [1, 2, 3]) {
      it(`give one of two polls at once the tokens, and one of forty (round ${round})`, async () => {
        for (const count of [2, 40]) {
          const started = await begin(a.origin);
          await letIn(tab(b), issuer, started.user_code);
          const found = outcomes(await spread(count, started));
          expect(found).to.deep.equal(['200', ...Array(count - 1).fill('invalid_grant')]);
          expect(outcomes([await poll(a.origin, started.device_code)])).to.deep.equal(['invalid_grant']);
        }
      });
    }

    it('let one of forty early polls be on time, and grow the interval by each of the others', async () => {
      const started = await begin(a.origin);
      const found = outcomes(await spread(40, started));
      expect(found).to.deep.equal(['authorization_pending', ...Array(39).fill('slow_down')]);
      const stored = await deployment.services.stores.artifacts.find(
        'DeviceCode',
        hashOf(started.device_code),
      );
      expect(stored?.payload.polls).to.include({ interval: 5 + 39 * 5 });
    });

    it('belong to one of ten browsers that enter one at once', async () => {
      const { user_code: code } = await begin(a.origin);
      const pages = await Promise.all(
        Array.from({ length: 10 }, (_, n) => enter(tab(n % 2 === 0 ? a : b), issuer, code)),
      );
      expect(pages.map(({ status }) => status).sort()).to.deep.equal([200, ...Array(9).fill(400)]);
    });

    it('are approved or denied, never both, when a person does both at once', async () => {
      for (let round = 0; round < 8; round += 1) {
        const started = await begin(b.origin);
        const one = tab(a);
        const last = await almostIn(one, issuer, await enter(one, issuer, started.user_code));
        const other = tab(b, one.browser);
        const again = await enter(other, issuer, started.user_code);
        const [yes, no] = await Promise.all([one.get(last), press(other, again, 'abort')]);
        const approved = yes.text.includes('id="device-approved"');
        expect(no.text.includes('id="device-denied"')).to.equal(!approved);
        const polled = outcomes([await poll(a.origin, started.device_code)]);
        expect(polled).to.deep.equal([approved ? '200' : 'access_denied']);
      }
    });

    it('lock a browser out on both after five wrong ones, of forty at once too', async () => {
      const one = tab(a);
      for (let n = 0; n < 5; n += 1) {
        one.via = n % 2 === 0 ? a : b;
        expect((await enter(one, issuer, WRONG)).status).to.equal(400);
      }
      const { user_code: code } = await begin(a.origin);
      for (const via of [a, b]) {
        one.via = via;
        const page = await enter(one, issuer, code);
        expect(page.status).to.equal(429);
        expect(Number(page.headers.get('retry-after'))).to.be.within(1, 900);
      }
      const crowd = await Promise.all(
        Array.from({ length: 40 }, (_, n) => {
          const many = tab(n % 2 === 0 ? a : b);
          many.browser.headers['x-forwarded-for'] = '203.0.113.77';
          return enter(many, issuer, WRONG);
        }),
      );
      const statuses = crowd.map(({ status }) => status).sort();
      expect(statuses).to.deep.equal([...Array(20).fill(400), ...Array(20).fill(429)]);
    });

    it('tell a device for another hour that it has expired', async () => {
      const started = await begin(a.origin);
      const { artifacts } = deployment.services.stores;
      const key = hashOf(started.device_code);
      const found = await artifacts.find('DeviceCode', key);
      if (!found) throw new Error('not stored');
      const left = found.expiresAt.getTime() - Date.now();
      expect(left / 60_000).to.be.within(60, 71);
      const exp = Math.floor(Date.now() / 1000) - 1;
      await artifacts.upsert('DeviceCode', key, { ...found, payload: { ...found.payload, exp } });
      expect(outcomes([await poll(b.origin, started.device_code)])).to.deep.equal(['expired_token']);
      expect((await enter(tab(a), issuer, started.user_code)).status).to.equal(400);
    });
  });
}
