// The demo as a newcomer walks through it: log in, agree, see the claims, refresh, log out.
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser/chromium.js';
import { type Demo, startDemo } from '../support/browser/demo.js';
import { examine, type Look } from '../support/browser/examine.js';
import { logIn, press, sightOf } from '../support/browser/person.js';
import { LANG, LOCALES, newVisitor, SCHEMES, type Visitor, WIDTHS } from '../support/browser/visitor.js';

const LOOKS: Look[] = LOCALES.flatMap((locale) =>
  SCHEMES.flatMap((scheme) => WIDTHS.map((width) => ({ locale, scheme, width }))),
);

describe('the demo', () => {
  let browser: Browser;
  let demo: Demo;
  let visitor: Visitor;

  before(async () => {
    browser = await openBrowser();
    demo = await startDemo();
  });
  afterEach(() => visitor?.close());
  after(async () => {
    await browser?.close();
    await demo?.close();
  });

  /** From the login page, wherever it is, to the page after consent. */
  async function logInAndAgree(page: Page, look: Look) {
    expect(await sightOf(page)).to.be.oneOf(['login', 'site']);
    await examine(page, 'demo-login', look);
    await logIn(page, demo.credentials);
    expect(await sightOf(page)).to.equal('consent');
    expect(await page.evaluate('document.documentElement.lang')).to.equal(LANG[look.locale]);
    await examine(page, 'demo-consent', look);
    await press(page, 'consent-allow');
    expect(page.url().startsWith(demo.rp)).to.equal(true);
  }

  /** Asked only where the app cannot prove whose logout it is. */
  async function confirmLogout(page: Page, look: Look) {
    if (page.url().startsWith(demo.rp)) return;
    expect(await sightOf(page)).to.equal('logout');
    expect(await page.evaluate('document.documentElement.lang')).to.equal(LANG[look.locale]);
    await examine(page, 'demo-logout', look);
    await press(page, 'logout-confirm');
    expect(page.url().startsWith(demo.rp)).to.equal(true);
  }

  for (const look of LOOKS) {
    const { locale, scheme, width } = look;
    const inLook = `in ${locale}, ${scheme}, ${width} pixels wide`;

    it(`logs in to the web app and out again ${inLook}`, async () => {
      visitor = await newVisitor(browser, look);
      const { page, complaints } = visitor;
      await page.goto(demo.rp);
      await examine(page, 'demo-app', look);
      await press(page, 'login');
      await logInAndAgree(page, look);
      await examine(page, 'demo-account', look);
      expect(await page.locator('#greeting').textContent()).to.include('张三');
      const claims = await page.locator('#id-token-claims').textContent();
      expect(claims).to.include(demo.issuer);
      expect(await page.locator('#userinfo').textContent()).to.include(demo.credentials.username);
      const expires = () => page.locator('#expires time').getAttribute('datetime');
      const before = await expires();
      await page.waitForTimeout(1_000);
      await press(page, 'refresh');
      expect(await expires()).not.to.equal(before);
      await press(page, 'reload-userinfo');
      expect(await page.locator('#userinfo').textContent()).to.include('10000001');
      await press(page, 'logout');
      await confirmLogout(page, look);
      expect(await page.locator('#logged-out').count()).to.equal(1);
      await examine(page, 'demo-logged-out', look);
      // Not only the app: the next login asks who it is.
      await press(page, 'login');
      expect(await sightOf(page)).to.be.oneOf(['login', 'site']);
      expect(complaints()).to.deep.equal([]);
    });

    it(`logs in to the single-page app and out again ${inLook}`, async () => {
      visitor = await newVisitor(browser, look);
      const { page, complaints } = visitor;
      const output = (text: string) =>
        page.locator('#spa-output', { hasText: text }).waitFor({ state: 'visible' });
      await page.goto(`${demo.rp}/spa`);
      await output('Not logged in.');
      await examine(page, 'demo-spa', look);
      await press(page, 'spa-login');
      await logInAndAgree(page, look);
      await output('Logged in.');
      await output('10000001');
      await examine(page, 'demo-spa-account', look);
      await page.locator('#spa-userinfo').click();
      await output(demo.credentials.username);
      await page.locator('#spa-refresh').click();
      await output('"refresh_token_rotated": true');
      await press(page, 'spa-logout');
      await confirmLogout(page, look);
      await output('You are logged out.');
      expect(complaints()).to.deep.equal([]);
    });
  }
});
