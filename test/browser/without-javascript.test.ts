// With JavaScript switched off in the browser: every page works the same.
import { expect } from 'chai';
import { OTHER_USER, PASSWORD, USER } from '../support/app.js';
import { insist, logIn, press, sightOf, through } from '../support/browser/person.js';
import { openStage, type Stage } from '../support/browser/stage.js';
import type { Visitor } from '../support/browser/visitor.js';

const OFF = { javaScriptEnabled: false };

describe('without JavaScript', () => {
  let stage: Stage;

  before(async () => {
    stage = await openStage({ market: {}, denied: {}, switched: {}, canceled: {} });
  });
  afterEach(() => stage?.dismiss());
  after(() => stage?.close());

  const answer = ({ page }: Visitor) => Object.fromEntries(new URL(page.url()).searchParams);

  it('somebody mistypes the password, logs in, agrees, comes back, and logs out', async () => {
    const visitor = await stage.visitor(OFF);
    const { page } = visitor;
    await page.goto(stage.request('market'));
    await logIn(page, { username: USER.email, password: 'wrong' });
    expect(await page.locator('#login-error').textContent()).not.to.equal('');
    await logIn(page);
    expect(await sightOf(page)).to.equal('consent');
    await press(page, 'consent-allow');
    expect(page.url().startsWith(stage.rp.callback('market'))).to.equal(true);
    expect(answer(visitor))
      .to.include({ state: 'the-state', iss: stage.app.issuer })
      .and.to.have.property('code');

    await page.goto(stage.request('market'));
    expect(answer(visitor), 'remembered').to.have.property('code');

    const logout = new URLSearchParams({
      client_id: 'market',
      post_logout_redirect_uri: `${stage.rp.origin}/market/logged-out`,
      state: 'bye',
    });
    await page.goto(`${stage.app.issuer}/api/oauth/logout?${logout}`);
    await press(page, 'logout-confirm');
    expect(page.url()).to.equal(`${stage.rp.origin}/market/logged-out?state=bye`);
    await page.goto(stage.request('market'));
    expect(await sightOf(page)).to.equal('login');
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('somebody says no', async () => {
    const visitor = await stage.visitor(OFF);
    await visitor.page.goto(stage.request('denied'));
    await logIn(visitor.page);
    await press(visitor.page, 'consent-deny');
    expect(answer(visitor)).to.include({ error: 'access_denied', state: 'the-state' });
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('somebody gives up at the login', async () => {
    const visitor = await stage.visitor(OFF);
    await visitor.page.goto(stage.request('canceled'));
    await press(visitor.page, 'cancel-submit');
    expect(answer(visitor)).to.include({ error: 'access_denied', state: 'the-state' });
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('somebody who is somebody else changes the account', async () => {
    const visitor = await stage.visitor(OFF);
    const { page } = visitor;
    await page.goto(stage.request('switched'));
    await logIn(page);
    await press(page, 'switch-account');
    expect(await sightOf(page)).to.equal('login');
    await logIn(page, { username: OTHER_USER.email, password: PASSWORD });
    // The library's page that ends the session of before; without JavaScript it waits for a press.
    const goOn = page.locator('noscript button');
    if (await goOn.count()) await through(page, () => goOn.click());
    expect(await page.locator('.signed-in').textContent()).to.include(OTHER_USER.email);
    await press(page, 'consent-allow');
    expect(answer(visitor)).to.have.property('code');
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('an answer as a form needs one press', async () => {
    const visitor = await stage.visitor(OFF);
    const { page } = visitor;
    await page.goto(stage.request('market', { response_mode: 'form_post' }));
    while (
      page.url().startsWith(stage.app.issuer) &&
      (await page.locator('#login-form, #consent-form').count())
    ) {
      const isLogin = (await sightOf(page)) === 'login';
      await (isLogin ? logIn(page) : press(page, 'consent-allow'));
    }
    const button = page.locator('form button, form input[type=submit]');
    await Promise.all([page.waitForURL(`${stage.rp.callback('market')}`), button.first().click()]);
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('an expired request can be started again', async () => {
    const visitor = await stage.visitor(OFF);
    await visitor.page.goto(stage.request('market'));
    await visitor.context.clearCookies();
    await logIn(visitor.page);
    expect(await sightOf(visitor.page)).to.equal('error');
    await insist(visitor.page, stage.rp.origin);
    expect(answer(visitor)).to.include({ state: 'the-state' }).and.to.have.property('code');
  });
});
