// People with several tabs, the Back button, patience or no cookies: each ends on a page that goes on with the
// same authorization request.
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { SECRET, USER } from '../support/app.js';
import { insist, logIn, press, sightOf, through } from '../support/browser/person.js';
import { addApp, openStage, type Stage } from '../support/browser/stage.js';

const LIFETIME_SECONDS = 60;

describe('a browser that', () => {
  let stage: Stage;
  let count = 0;

  before(async () => {
    stage = await openStage({}, { env: { OAUTH_INTERACTION_EXPIRE_SECONDS: String(LIFETIME_SECONDS) } });
  });
  afterEach(() => stage?.dismiss());
  after(() => stage?.close());

  /** An app nobody has agreed to yet. */
  async function newApp(): Promise<string> {
    count += 1;
    const name = `app-${count}`;
    await addApp(stage.app.services, stage.rp, name);
    return name;
  }

  /** The tab has arrived at the app with a code for its own request. */
  function expectArrived(page: Page, name: string, state: string): string {
    expect(page.url().startsWith(`${stage.rp.callback(name)}?`), page.url()).to.equal(true);
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('state')).to.equal(state);
    return searchParams.get('code') ?? expect.fail(page.url());
  }

  /** It has arrived, and the code is good. */
  async function expectAnswered(page: Page, name: string, state: string) {
    const code = expectArrived(page, name, state);
    const response = await fetch(`${stage.app.issuer}/api/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: stage.rp.callback(name),
        client_id: name,
        client_secret: SECRET,
      }),
    });
    expect(response.status).to.equal(200);
  }

  const toApp = (page: Page) => insist(page, stage.rp.origin);

  /** Two tabs that show the login page of these apps. */
  async function twoTabs(first: string, second: string) {
    const visitor = await stage.visitor();
    const tabs = [visitor.page, await visitor.newTab()] as const;
    await tabs[0].goto(stage.request(first, { state: 'one' }));
    await tabs[1].goto(stage.request(second, { state: 'two' }));
    return { visitor, one: tabs[0], two: tabs[1] };
  }

  for (const kind of ['of the same app', 'of two apps']) {
    const pair = async () => {
      const name = await newApp();
      return [name, kind === 'of two apps' ? await newApp() : name] as const;
    };

    it(`has two tabs ${kind} gets an answer in both, one after the other`, async () => {
      const [first, second] = await pair();
      const { visitor, one, two } = await twoTabs(first, second);
      await toApp(two);
      await toApp(one);
      await expectAnswered(two, second, 'two');
      await expectAnswered(one, first, 'one');
      expect(visitor.complaints()).to.deep.equal([]);
    });

    it(`has two tabs ${kind} gets an answer in both, in turns`, async () => {
      const [first, second] = await pair();
      const { one, two } = await twoTabs(first, second);
      await logIn(one);
      await logIn(two);
      await toApp(one);
      await toApp(two);
      await expectAnswered(one, first, 'one');
      await expectAnswered(two, second, 'two');
    });

    it(`has two tabs ${kind} gets an answer in both, at once`, async () => {
      const [first, second] = await pair();
      const { one, two } = await twoTabs(first, second);
      await Promise.all([toApp(one), toApp(two)]);
      expectArrived(one, first, 'one');
      expectArrived(two, second, 'two');
      // Agreed to twice in the same moment, one of the two answers to the same app may be void: what counts is
      // that both tabs can go on.
      for (const [tab, name, state] of [
        [one, first, 'one'],
        [two, second, 'two'],
      ] as const) {
        await tab.goto(stage.request(name, { state }));
        await toApp(tab);
        await expectAnswered(tab, name, state);
      }
    });
  }

  it('goes Back after agreeing is told so, and can start again', async () => {
    const { page } = await stage.visitor();
    const name = await newApp();
    await page.goto(stage.request(name, { state: 'first' }));
    await logIn(page);
    await press(page, 'consent-allow');
    await expectAnswered(page, name, 'first');
    await page.goBack();
    expect(await sightOf(page)).to.equal('error');
    await press(page, 'error-continue');
    await toApp(page);
    await expectAnswered(page, name, 'first');
  });

  it('sends the same consent from two tabs is told so, and can start again', async () => {
    const visitor = await stage.visitor();
    const { page } = visitor;
    const name = await newApp();
    await page.goto(stage.request(name));
    await logIn(page);
    const copy = await visitor.newTab();
    await copy.goto(page.url());
    await press(page, 'consent-allow');
    await press(copy, 'consent-allow');
    expect(await sightOf(copy)).to.equal('error');
    await toApp(copy);
    await expectAnswered(copy, name, 'the-state');
    await expectAnswered(page, name, 'the-state');
  });

  it('goes Back after the login and logs in again is answered', async () => {
    const { page } = await stage.visitor();
    const name = await newApp();
    await page.goto(stage.request(name));
    await logIn(page);
    expect(await sightOf(page)).to.equal('consent');
    await page.goBack();
    const seen = await toApp(page);
    expect(seen.length).to.be.lessThan(5);
    await expectAnswered(page, name, 'the-state');
  });

  it('was left open for too long is told so, and can start again', async () => {
    const visitor = await stage.visitor();
    const [atLogin, atConsent, reloaded] = [visitor.page, await visitor.newTab(), await visitor.newTab()];
    const names = [await newApp(), await newApp(), await newApp()] as const;
    await atConsent.goto(stage.request(names[1]));
    await logIn(atConsent);
    await atLogin.goto(stage.request(names[0], { prompt: 'login' }));
    await reloaded.goto(stage.request(names[2], { prompt: 'consent' }));
    // Nothing is faked: the browser drops its cookie, and the provider the request.
    await atLogin.waitForTimeout((LIFETIME_SECONDS + 1) * 1_000);

    await logIn(atLogin);
    await press(atConsent, 'consent-allow');
    await reloaded.reload();
    for (const [index, page] of [atLogin, atConsent, reloaded].entries()) {
      expect(await sightOf(page)).to.equal('error');
      await press(page, 'error-continue');
      await insist(page, stage.rp.origin);
      await expectAnswered(page, names[index] ?? '', 'the-state');
    }
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('loses its cookies on the way is told so, and can start again', async () => {
    const { page, context } = await stage.visitor();
    const name = await newApp();
    await page.goto(stage.request(name));
    await context.clearCookies();
    await logIn(page);
    expect(await sightOf(page)).to.equal('error');
    await toApp(page);
    await expectAnswered(page, name, 'the-state');
  });

  it('signs out in another tab while it is asked for consent can start again', async () => {
    const visitor = await stage.visitor();
    const { page } = visitor;
    const name = await newApp();
    await page.goto(stage.request(name));
    await logIn(page);
    const other = await visitor.newTab();
    await other.goto(`${stage.app.issuer}/api/oauth/logout`);
    await press(other, 'logout-confirm');
    await press(page, 'consent-allow');
    expect(page.url()).not.to.include('code=');
    await toApp(page);
    await expectAnswered(page, name, 'the-state');
  });

  it('reloads the page it was answered by a mistake on is asked the question again', async () => {
    const { page } = await stage.visitor();
    const name = await newApp();
    await page.goto(stage.request(name));
    await logIn(page, { username: USER.email, password: 'wrong' });
    // The address of a form, opened as if it were a page.
    await through(page, () => page.evaluate('location.href = location.href'));
    expect(await sightOf(page)).to.equal('login');
    await toApp(page);
    await expectAnswered(page, name, 'the-state');
  });
});
