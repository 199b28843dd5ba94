// Logins handed off to the site, and its pages and ours on the way, in a real browser.
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../support/browser/chromium.js';
import { examineAll } from '../support/browser/examine.js';
import { insist, logIn, press, sightOf, through } from '../support/browser/person.js';
import { addApp, requestOf } from '../support/browser/stage.js';
import { openStandIn, type StandIn } from '../support/browser/stand-in.js';
import { LOCALES, type Locale, newVisitor, type Visitor } from '../support/browser/visitor.js';
import { type AppWithSite, startAppWithSite } from '../support/site.js';

for (const strategy of ['session', 'ticket'] as const) {
  describe(`in a browser, a login handed off to the site (${strategy})`, () => {
    let browser: Browser;
    let rp: StandIn;
    let scene: AppWithSite;
    let visitor: Visitor | undefined;

    before(async () => {
      browser = await openBrowser();
      rp = await openStandIn();
      scene = await startAppWithSite(strategy === 'ticket' ? { tickets: { alg: 'ES256' } } : {});
      await addApp(scene.app.services, rp, 'market');
    });
    afterEach(async () => {
      for (const fault of Object.keys(scene.faults)) delete scene.faults[fault as keyof typeof scene.faults];
      await visitor?.close();
    });
    after(async () => {
      await browser?.close();
      await rp?.close();
      await scene?.close();
    });

    async function arrive(locale: Locale = 'en', params: Record<string, string> = {}): Promise<Visitor> {
      visitor = await newVisitor(browser, { locale });
      const request = requestOf(scene.app.issuer, rp, 'market', { ui_locales: locale, ...params });
      await visitor.page.goto(request);
      return visitor;
    }

    for (const locale of LOCALES) {
      it(`leads to the site, back, and to the app, in ${locale}`, async () => {
        const { page, complaints } = await arrive(locale);
        expect(new URL(page.url()).origin).to.equal(scene.site.url);
        await logIn(page);
        const seen = await insist(page, rp.origin);
        expect(seen).to.satisfy((sights: string[]) => sights.every((sight) => sight === 'consent'));
        expect(new URL(page.url()).searchParams.get('code')).to.be.a('string');
        expect(page.url()).not.to.include('ticket');
        expect(complaints()).to.deep.equal([]);
      });

      it(`given up at the site ends on a page that leads on, in ${locale}`, async () => {
        const someone = await arrive(locale);
        const { page } = someone;
        await through(page, () => page.locator('#site-give-up').click());
        expect(await sightOf(page)).to.equal('handoff');
        await examineAll(someone, `handoff-${strategy}`);
        await press(page, 'handoff-continue');
        await logIn(page);
        await insist(page, rp.origin);
        expect(new URL(page.url()).searchParams.get('code')).to.be.a('string');
      });
    }

    it('as somebody else, from the consent page', async () => {
      const { page, complaints } = await arrive('en', { prompt: 'consent' });
      await logIn(page);
      expect(await sightOf(page)).to.equal('consent');
      await press(page, 'switch-account');
      expect(new URL(page.url()).origin).to.equal(scene.site.url);
      expect(complaints()).to.deep.equal([]);
    });

    it('and out again: the logout goes by the site, and the next request asks for a login', async () => {
      const { page, complaints } = await arrive();
      await logIn(page);
      await insist(page, rp.origin);
      const logout = new URLSearchParams({
        client_id: 'market',
        post_logout_redirect_uri: `${rp.origin}/market/logged-out`,
      });
      await page.goto(`${scene.app.issuer}/api/oauth/logout?${logout}`);
      await press(page, 'logout-confirm');
      expect(page.url()).to.equal(`${rp.origin}/market/logged-out`);
      expect(complaints()).to.deep.equal([]);
      await page.goto(requestOf(scene.app.issuer, rp, 'market'));
      expect(await sightOf(page)).to.equal('site');
    });

    it('lets the user see and take back what they allowed, from the site', async () => {
      const { page, complaints } = await arrive();
      await logIn(page);
      await insist(page, rp.origin);
      await page.goto(`${scene.site.url}/`);
      await through(page, () => page.locator('#site-apps').click());
      await page.locator('.app-entry[data-client-id="market"]').waitFor();
      await press(page, 'app-revoke-1');
      await press(page, 'revoke-confirm');
      expect(await page.locator('.app-entry').count()).to.equal(0);
      expect(complaints()).to.deep.equal([]);
    });

    if (strategy === 'session') {
      for (const locale of LOCALES) {
        it(`waits for a site that does not answer: a page with retry, in ${locale}`, async () => {
          const someone = await arrive(locale);
          const { page } = someone;
          scene.faults.sessionAnswer = 'error';
          await logIn(page);
          expect(await sightOf(page)).to.equal('error');
          expect(await page.locator('#error-code').textContent()).to.equal('temporarily_unavailable');
          await examineAll(someone, 'error-site-unavailable');
          delete scene.faults.sessionAnswer;
          await press(page, 'error-retry');
          await insist(page, rp.origin);
          expect(new URL(page.url()).searchParams.get('code')).to.be.a('string');
        });
      }
    }
  });
}
