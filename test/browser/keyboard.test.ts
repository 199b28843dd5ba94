// Without a mouse: everything is reached in the order it is read, the focus is seen, and Enter is enough.
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { operable, tabThrough, tabTo } from '../support/browser/keyboard.js';
import { CREDENTIALS, insist, sightOf, through } from '../support/browser/person.js';
import { SCENE_APPS, SCENES } from '../support/browser/scenes.js';
import { openStage, type Stage } from '../support/browser/stage.js';
import { WIDTHS } from '../support/browser/visitor.js';

/** WCAG 2.2, 2.4.13: a ring of two pixels or more. */
const MIN_RING = 2;

/** Logs in as fast as fingers can: the field is ready to be typed into when the page is. */
async function typeCredentials(page: Page): Promise<void> {
  await page.waitForFunction(`document.activeElement?.id === 'login-username'`);
  await page.keyboard.type(CREDENTIALS.username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(CREDENTIALS.password);
  await through(page, () => page.keyboard.press('Enter'));
}

describe('with the keyboard alone', () => {
  let stage: Stage;

  before(async () => {
    stage = await openStage({ ...SCENE_APPS, fresh: {}, other: {} });
  });
  afterEach(() => stage?.dismiss());
  after(() => stage?.close());

  for (const [name, open] of Object.entries(SCENES)) {
    it(`everything on ${name} is reached in order and seen`, async () => {
      const visitor = await stage.visitor();
      await open(visitor, stage);
      const { page } = visitor;
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 600 });
        const expected = await operable(page);
        const stops = await tabThrough(page);
        expect(stops.map((stop) => stop.name)).to.deep.equal(expected);
        const unseen = stops.filter(({ ring, isInView }) => ring < MIN_RING || !isInView);
        expect(unseen).to.deep.equal([]);
      }
    });
  }

  it('somebody logs in, agrees, and is back at the app', async () => {
    const { page } = await stage.visitor();
    await page.goto(stage.request('fresh'));
    await typeCredentials(page);
    expect(await sightOf(page)).to.equal('consent');
    await tabTo(page, 'consent-allow');
    await through(page, () => page.keyboard.press('Enter'));
    expect(page.url()).to.match(new RegExp(`^${stage.rp.callback('fresh')}\\?.*code=`));
  });

  it('somebody says no', async () => {
    const { page } = await stage.visitor();
    await page.goto(stage.request('other'));
    await typeCredentials(page);
    await tabTo(page, 'consent-deny');
    await through(page, () => page.keyboard.press('Space'));
    expect(page.url()).to.include('error=access_denied');
  });

  it('somebody chooses the account, and another one', async () => {
    const { page } = await stage.visitor();
    await page.goto(stage.request('known'));
    await insist(page, stage.rp.origin);
    for (const [id, end] of [
      ['account-continue', stage.rp.origin],
      ['account-other', `${stage.app.issuer}/interaction/`],
    ] as const) {
      await page.goto(stage.request('known', { prompt: 'select_account' }));
      await tabTo(page, id);
      await through(page, () => page.keyboard.press('Enter'));
      expect(page.url().startsWith(end)).to.equal(true);
    }
    expect(await sightOf(page)).to.equal('login');
  });

  it('somebody logs out, after having thought better of it once', async () => {
    const { page } = await stage.visitor();
    await page.goto(stage.request('known'));
    await insist(page, stage.rp.origin);
    const logout = `${stage.app.issuer}/api/oauth/logout`;
    await page.goto(logout);
    await tabTo(page, 'logout-cancel');
    await through(page, () => page.keyboard.press('Enter'));
    await page.goto(stage.request('known', { prompt: 'none' }));
    expect(page.url()).to.include('code=');
    await page.goto(logout);
    await tabTo(page, 'logout-confirm');
    await through(page, () => page.keyboard.press('Enter'));
    expect(await sightOf(page)).to.equal('signed-out');
    await page.goto(stage.request('known', { prompt: 'none' }));
    expect(page.url()).to.include('error=login_required');
  });

  it('somebody whose request has expired starts it again', async () => {
    const { page, context } = await stage.visitor();
    await page.goto(stage.request('known', { state: 'kept' }));
    await context.clearCookies();
    await page.reload();
    await tabTo(page, 'error-continue');
    await through(page, () => page.keyboard.press('Enter'));
    expect(await sightOf(page)).to.equal('login');
    await insist(page, stage.rp.origin);
    expect(new URL(page.url()).searchParams.get('state')).to.equal('kept');
  });
});
