// Step-up in a real browser: the site's page for the second factor, and what becomes of who gives it and who does not.
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../support/browser/chromium.js';
import { examineAll } from '../support/browser/examine.js';
import { insist, logIn, press } from '../support/browser/person.js';
import { addApp, requestOf } from '../support/browser/stage.js';
import { openStandIn, type StandIn } from '../support/browser/stand-in.js';
import { LOCALES, newVisitor, type Visitor } from '../support/browser/visitor.js';
import { type AppWithSite, startAppWithSite } from '../support/site.js';
import { demand, MFA } from '../support/step-up.js';

describe('in a browser, an app that asks for more than a password', () => {
  let browser: Browser;
  let rp: StandIn;
  let scene: AppWithSite;
  let visitor: Visitor;

  before(async () => {
    browser = await openBrowser();
    rp = await openStandIn();
    scene = await startAppWithSite();
    await addApp(scene.app.services, rp, 'market');
  });
  afterEach(() => visitor?.close());
  after(async () => {
    await browser?.close();
    await rp?.close();
    await scene?.close();
  });

  const answer = () => new URL(visitor.page.url()).searchParams;

  for (const locale of LOCALES) {
    it(`gets the second factor of somebody who logged in with less, in ${locale}`, async () => {
      visitor = await newVisitor(browser, { locale });
      const { page, complaints } = visitor;
      const request = (params = {}) =>
        requestOf(scene.app.issuer, rp, 'market', { ui_locales: locale, ...params });
      await page.goto(request());
      await logIn(page);
      await insist(page, rp.origin);
      await page.goto(request(demand(MFA)));
      await examineAll(visitor, 'site-second-factor');
      await page.locator('#site-code').fill('12');
      await press(page, 'site-submit');
      expect(await page.locator('#site-error').isVisible()).to.equal(true);
      await page.locator('#site-code').fill((await page.locator('#site-code-sent').textContent()) ?? '');
      await press(page, 'site-submit');
      expect(page.url().startsWith(rp.origin)).to.equal(true);
      expect(answer().get('code')).to.be.a('string');
      // The page with the wrong code was a 400, which the console tells.
      expect(complaints().filter((line) => !line.includes('400'))).to.deep.equal([]);
    });
  }

  it('is told the truth when the user goes back without it', async () => {
    visitor = await newVisitor(browser, { locale: 'en' });
    const { page } = visitor;
    await page.goto(requestOf(scene.app.issuer, rp, 'market', demand(MFA)));
    await logIn(page);
    await press(page, 'site-factor-decline');
    expect(page.url().startsWith(rp.origin)).to.equal(true);
    expect(answer().get('error')).to.equal('unmet_authentication_requirements');
  });
});
