// Logout by URL with the app's id and a return address (row C7): as app_id and redirect_uri, where that is on.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { startApp, type TestApp, WEB_CLIENT } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { logIn, relyingParty } from '../support/relying-party.js';
import { destination, goOn, questionOn, walk } from '../support/walk.js';

const [RETURN = ''] = WEB_CLIENT.post_logout_redirect_uris;
const APP = WEB_CLIENT.client_id;

describe('logout by URL', () => {
  let on: TestApp;
  let off: TestApp;

  before(async () => {
    on = await startApp({ env: { OAUTH_FEATURES: 'logout_by_url' } });
    off = await startApp();
  });
  after(async () => {
    await on?.close();
    await off?.close();
  });

  async function loggedIn(app: TestApp) {
    const agent = new Agent();
    const { tokens } = await logIn(await relyingParty(app), agent);
    return { agent, idToken: tokens.id_token ?? '' };
  }
  const url = (app: TestApp, query: string | Record<string, string>) =>
    `${app.issuer}/api/oauth/logout?${new URLSearchParams(query)}`;
  const isLoggedIn = async (app: TestApp, agent: Agent) => (await askSilently(agent, app.issuer)).has('code');

  it('asks the user, and takes them back to the app with its state', async () => {
    const { agent } = await loggedIn(on);
    const page = await goOn(agent, on.issuer, url(on, { app_id: APP, redirect_uri: RETURN, state: 'x y' }));
    expect(questionOn(page)).to.equal('logout');
    expect(page.text).to.include(WEB_CLIENT.client_name);
    expect(await isLoggedIn(on, agent)).to.equal(true);
    const again = await goOn(agent, on.issuer, url(on, { app_id: APP, redirect_uri: RETURN, state: 'x y' }));
    const back = destination(await walk(agent, on.issuer, again));
    expect(`${back.origin}${back.pathname}`).to.equal(RETURN);
    expect(Object.fromEntries(back.searchParams)).to.deep.equal({ state: 'x y' });
    expect(await isLoggedIn(on, agent)).to.equal(false);
  });

  it('asks nothing of whom an ID token proves', async () => {
    const { agent, idToken } = await loggedIn(on);
    const proven = url(on, { app_id: APP, redirect_uri: RETURN, id_token_hint: idToken });
    const { page, shown } = await walk(agent, on.issuer, proven);
    expect(shown).to.deep.equal([]);
    expect(page.location).to.equal(RETURN);
    expect(await isLoggedIn(on, agent)).to.equal(false);
  });

  it('takes whoever is not logged in straight back', async () => {
    const { page, shown } = await walk(
      new Agent(),
      on.issuer,
      url(on, { app_id: APP, redirect_uri: RETURN }),
    );
    expect(shown).to.deep.equal([]);
    expect(page.location).to.equal(RETURN);
  });

  const bad: Record<string, string> = {
    'an address that is not registered': `app_id=${APP}&redirect_uri=https%3A%2F%2Fevil.example%2F`,
    'an address of the login': `app_id=${APP}&redirect_uri=${encodeURIComponent(WEB_CLIENT.redirect_uris[0] ?? '')}`,
    'an address with something added': `app_id=${APP}&redirect_uri=${encodeURIComponent(`${RETURN}?a=b`)}`,
    'an app that nobody knows': `app_id=nobody&redirect_uri=${encodeURIComponent(RETURN)}`,
    'two apps': `app_id=${APP}&app_id=spa&redirect_uri=${encodeURIComponent(RETURN)}`,
    'an app under both names': `app_id=${APP}&client_id=spa&redirect_uri=${encodeURIComponent(RETURN)}`,
    'an address under both names': `app_id=${APP}&redirect_uri=${encodeURIComponent(RETURN)}&post_logout_redirect_uri=https%3A%2F%2Fevil.example`,
  };
  for (const [what, query] of Object.entries(bad)) {
    it(`refuses ${what}, and nobody is logged out`, async () => {
      const { agent } = await loggedIn(on);
      const page = await goOn(agent, on.issuer, url(on, query));
      expect([page.status, page.location]).to.deep.equal([400, undefined]);
      expect(page.text).to.include('id="error-code"').and.not.include('href="https://evil.example');
      expect(await isLoggedIn(on, agent)).to.equal(true);
    });
  }

  it('leaves out an address that no app stands for', async () => {
    const { agent } = await loggedIn(on);
    const { page } = await walk(agent, on.issuer, url(on, { redirect_uri: RETURN }));
    expect(page.text).to.include('id="signed-out"');
  });

  it('knows these names nowhere where it is off; those of the standard work', async () => {
    const { agent } = await loggedIn(off);
    const aliased = await walk(agent, off.issuer, url(off, { app_id: APP, redirect_uri: RETURN }));
    expect(aliased.shown).to.deep.equal(['logout']);
    expect(aliased.page.text).to.include('id="signed-out"').and.not.include(RETURN);
    const other = await loggedIn(off);
    const standard = url(off, { client_id: APP, post_logout_redirect_uri: RETURN });
    const { page, shown } = await walk(other.agent, off.issuer, standard);
    expect(shown).to.deep.equal(['logout']);
    expect(page.location).to.equal(RETURN);
  });
});
