// Redis that forgets everything: what is short-lived is over, nobody is logged out, and every answer is true.
import { expect } from 'chai';
import { formIn, type Page } from '../support/agent.js';
import { authorizeUrl, exchangeCode, PASSWORD, refresh, USER, userinfo } from '../support/app.js';
import { askSilently, openConsent, openLogin } from '../support/browsing.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, Tab } from '../support/production/instances.js';
import { type OwnRedis, startOwnRedis } from '../support/production/redis.js';
import { introspect, newCode } from '../support/production/requests.js';
import { eventually } from '../support/production/waiting.js';
import { destination, walk } from '../support/walk.js';

const RECOVERY_MS = 5_000;

/** The ways in which Redis may lose its data; `own` is ours to kill. */
const LOSSES: Record<string, (deployment: Deployment, own: OwnRedis) => Promise<unknown>> = {
  'lost all our keys': ({ backend }) => backend.emptyRedis(),
  'was killed and came back empty': async (_deployment, own) => {
    await own.kill();
    await own.start();
  },
};

for (const mode of MODES.filter(({ usesRedis }) => usesRedis)) {
  for (const [words, lose] of Object.entries(LOSSES)) {
    describe(`a Redis that ${words}`, () => {
      let own: OwnRedis;
      let deployment: Deployment;
      let issuer: string;

      before(async () => {
        own = await startOwnRedis();
        const isOwn = words.includes('killed');
        deployment = await deploy(mode, isOwn ? { env: { REDIS_URL: own.url } } : {});
        issuer = deployment.issuer;
      });

      after(async () => {
        await deployment?.close();
        await own?.kill();
      });

      const tab = () => new Tab(issuer, { origin: issuer });
      /** Redis is used again; what /readyz says may be a second old. */
      const ready = () =>
        eventually(RECOVERY_MS, async () => {
          expect((await openLogin(tab(), issuer)).status).to.equal(200);
        });

      /** The page says what to do; by its link, if it can still know whereto, or from the app, it works. */
      async function startAgain(browser: Tab, page: Page): Promise<void> {
        expect(page.status).to.be.within(400, 499);
        expect(page.headers.get('content-type')).to.match(/^text\/html/);
        expect(page.text).to.match(/start again/i);
        const href = /<a [^>]*id="error-continue" href="([^"]+)"/.exec(page.text)?.[1];
        const next = href ? new URL(href.replaceAll('&amp;', '&'), page.url).href : authorizeUrl(issuer);
        const answer = destination(await walk(browser, issuer, next)).searchParams;
        expect(answer.get('code')).to.be.a('string');
        expect(answer.get('state')).to.equal('the-state');
      }

      it('ends access tokens and codes, but no session, consent, grant or refresh token', async () => {
        const browser = tab();
        const { body } = await exchangeCode(issuer, await newCode(browser, issuer));
        const access = body.access_token ?? '';
        const code = await newCode(browser, issuer);
        await lose(deployment, own);
        await ready();

        expect((await userinfo(issuer, access)).status).to.equal(401);
        expect((await introspect(issuer, access)).body).to.deep.equal({ active: false });
        expect((await exchangeCode(issuer, code)).body.error).to.equal('invalid_grant');
        // Neither login nor consent is asked for.
        expect((await askSilently(browser, issuer)).get('code')).to.be.a('string');
        const renewed = await refresh(issuer, body.refresh_token ?? '');
        expect(renewed.status).to.equal(200);
        expect((await userinfo(issuer, renewed.body.access_token ?? '')).status).to.equal(200);
        const consents = await deployment.services.stores.consents.listByUser(USER.id);
        expect(consents).to.have.length(1);
      });

      it('does not bring back what had been revoked or withdrawn', async () => {
        const browser = tab();
        const code = await newCode(browser, issuer);
        const { body } = await exchangeCode(issuer, code);
        await exchangeCode(issuer, code);
        await lose(deployment, own);
        await ready();
        expect((await refresh(issuer, body.refresh_token ?? '')).body.error).to.equal('invalid_grant');
        expect((await userinfo(issuer, body.access_token ?? '')).status).to.equal(401);
        expect((await exchangeCode(issuer, code)).body.error).to.equal('invalid_grant');
      });

      it('turns an open login page into one that offers to start again', async () => {
        const browser = tab();
        const form = formIn(await openLogin(browser, issuer), 'login-form');
        await lose(deployment, own);
        await ready();
        await startAgain(browser, await browser.submit(form, { username: USER.email, password: PASSWORD }));
      });

      it('turns an open consent page into one that offers to start again', async () => {
        const browser = tab();
        const form = formIn(await openConsent(browser, issuer, { prompt: 'consent' }), 'consent-form');
        await lose(deployment, own);
        await ready();
        await startAgain(browser, await browser.submit(form, { decision: 'allow' }));
      });

      it('lets everybody log in anew', async () => {
        await lose(deployment, own);
        await ready();
        const { page } = await walk(tab(), issuer, authorizeUrl(issuer));
        expect(page.location).to.match(/[?&]code=/);
      });
    });
  }
}
