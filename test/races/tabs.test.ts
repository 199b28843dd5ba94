// One browser, several tabs, and people who go back, come late or find the service restarted: no dead ends.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent, formIn, type Page } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  obtainTokens,
  PASSWORD,
  signIn,
  startApp,
  type TestApp,
  USER,
  WEB_CLIENT,
} from '../support/app.js';
import { askSilently, openConsent, openLogin } from '../support/browsing.js';
import { type Inspector, openInspector } from '../support/inspector.js';

const OTHER_URI = 'https://other.example/callback';
const OTHER_CLIENT = { ...WEB_CLIENT, client_id: 'other-app', redirect_uris: [OTHER_URI] };
const other = { client_id: 'other-app', redirect_uri: OTHER_URI };

/** The address behind the error page's way on. */
function continueOf(page: Page): string | undefined {
  const href = /<a [^>]*id="error-continue" href="([^"]+)"/.exec(page.text)?.[1];
  return href && new URL(href.replaceAll('&amp;', '&'), page.url).href;
}

/** What a patient person does: fills in what is asked, agrees, and follows the way on from error pages. */
async function insist(agent: Agent, issuer: string, start: Page): Promise<URL> {
  let page = await agent.follow(start, issuer);
  for (let steps = 0; steps < 10 && !page.location; steps += 1) {
    if (page.text.includes('id="login-form"')) {
      const credentials = { username: USER.email, password: PASSWORD };
      page = await agent.submit(formIn(page, 'login-form'), credentials);
    } else if (page.text.includes('id="consent-form"')) {
      page = await agent.submit(formIn(page, 'consent-form'), { decision: 'allow' });
    } else {
      const next = continueOf(page);
      if (!next) throw new Error(`a dead end: ${page.status} ${page.url} ${page.text.slice(0, 800)}`);
      page = await agent.get(next);
    }
    page = await agent.follow(page, issuer);
  }
  if (!page.location) throw new Error(`going round in circles at ${page.url}`);
  return new URL(page.location);
}

describe('a browser with several tabs', () => {
  let app: TestApp;
  let inspector: Inspector;

  before(async () => {
    app = await startApp();
    inspector = await openInspector(app.dataDir);
    await app.services.clients.apply(clientInputSchema.parse(OTHER_CLIENT), 'operator:test');
  });

  after(async () => {
    await inspector.close();
    await app.close();
  });

  async function authorizedClients(): Promise<string[]> {
    const [row] = await inspector.query<{ clients: string[] }>(
      `SELECT array(SELECT jsonb_object_keys(authorizations) ORDER BY 1) AS clients
       FROM oauth_session ORDER BY created_at DESC, version DESC LIMIT 1`,
    );
    return row?.clients ?? [];
  }

  for (const round of [1, 2, 3, 4, 5, 6]) {
    it(`keeps the authorizations of two clients asked for at once (round ${round})`, async () => {
      await inspector.change('DELETE FROM oauth_session');
      const agent = new Agent();
      // Logged in, but authorized for nobody yet.
      await openConsent(agent, app.issuer, { prompt: 'consent' });
      const [one, two] = await Promise.all([
        signIn(agent, app.issuer, authorizeUrl(app.issuer)),
        signIn(agent, app.issuer, authorizeUrl(app.issuer, other)),
      ]);
      expect(one.searchParams.get('code')).to.be.a('string');
      expect(two.searchParams.get('code')).to.be.a('string');
      expect(await authorizedClients()).to.deep.equal(['other-app', 'web-app']);
      expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
      expect((await askSilently(agent, app.issuer, other)).get('code')).to.be.a('string');
    });
  }

  it('gets a code for each of eight silent requests at once, and stays logged in', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const requests = Array.from({ length: 8 }, (_, n) => askSilently(agent, app.issuer, n % 2 ? other : {}));
    for (const answer of await Promise.all(requests)) expect(answer.get('code')).to.be.a('string');
    expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
  });

  for (const round of [1, 2, 3, 4]) {
    it(`is logged in in both tabs after two first logins at once (round ${round})`, async () => {
      const agent = new Agent();
      const [one, two] = await Promise.all([
        openLogin(agent, app.issuer),
        openLogin(agent, app.issuer, other),
      ]);
      const ends = await Promise.all([insist(agent, app.issuer, one), insist(agent, app.issuer, two)]);
      for (const end of ends) expect(end.searchParams.get('code'), end.href).to.be.a('string');
      expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
      expect((await askSilently(agent, app.issuer, other)).get('code')).to.be.a('string');
    });
  }

  it('finishes a login in a tab that was opened before another tab logged in', async () => {
    const agent = new Agent();
    const [early, late] = [await openLogin(agent, app.issuer), await openLogin(agent, app.issuer, other)];
    expect((await insist(agent, app.issuer, late)).searchParams.get('code')).to.be.a('string');
    expect((await insist(agent, app.issuer, early)).searchParams.get('code')).to.be.a('string');
    expect((await askSilently(agent, app.issuer, other)).get('code')).to.be.a('string');
  });

  it('is offered a new start by the Back button after agreeing, and it works', async () => {
    const agent = new Agent();
    const consent = await openConsent(agent, app.issuer, { prompt: 'consent', state: 'of the first try' });
    const first = await agent.follow(
      await agent.submit(formIn(consent, 'consent-form'), { decision: 'allow' }),
      app.issuer,
    );
    expect(first.location).to.include('code=');

    const back = await agent.get(consent.url);
    expect(back.status).to.equal(400);
    const next = continueOf(back);
    expect(next).to.be.a('string');
    const end = await insist(agent, app.issuer, await agent.get(next ?? ''));
    expect(end.searchParams.get('state')).to.equal('of the first try');
    const { status } = await exchangeCode(app.issuer, end.searchParams.get('code') ?? '');
    expect(status).to.equal(200);
  });

  it('is offered a new start when a form that was sent already is sent again', async () => {
    const agent = new Agent();
    const login = await openLogin(agent, app.issuer);
    const form = formIn(login, 'login-form');
    await insist(agent, app.issuer, login);
    const again = await agent.submit(form, { username: USER.email, password: PASSWORD });
    expect(again.status).to.equal(403);
    const next = continueOf(again);
    expect(next).to.be.a('string');
    const end = await insist(agent, app.issuer, await agent.get(next ?? ''));
    expect(end.searchParams.get('code')).to.be.a('string');
  });

  it('is offered a new start when the address after a login is opened twice', async () => {
    const agent = new Agent();
    const login = await openLogin(agent, app.issuer);
    const credentials = { username: USER.email, password: PASSWORD };
    const done = await agent.submit(formIn(login, 'login-form'), credentials);
    const pages = await Promise.all([1, 2, 3].map(() => agent.get(done.location ?? '')));
    for (const page of pages) {
      expect(page.status).to.be.lessThan(500);
      const end = await insist(agent, app.issuer, page);
      expect(end.searchParams.get('code')).to.be.a('string');
    }
  });

  it('is told what happened when it refuses cookies, and can start again once it takes them', async () => {
    const refusing = new Agent();
    const { location = '' } = await new Agent().get(authorizeUrl(app.issuer));
    const page = await refusing.get(location);
    expect(page.status).to.equal(400);
    const end = await insist(refusing, app.issuer, await refusing.get(continueOf(page) ?? ''));
    expect(end.searchParams.get('code')).to.be.a('string');
  });

  it('shares nothing when one tab logs out while another agrees, and can start again', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const consent = await openConsent(agent, app.issuer, { prompt: 'consent' });
    const logout = await agent.get(`${app.issuer}/api/oauth/logout`);
    await agent.follow(await agent.submit(formIn(logout, 0), { logout: 'yes' }), app.issuer);
    const answer = await agent.follow(
      await agent.submit(formIn(consent, 'consent-form'), { decision: 'allow' }),
      app.issuer,
    );
    expect(answer.location ?? '').not.to.include('code=');
    const end = await insist(agent, app.issuer, answer);
    expect(end.searchParams.get('code')).to.be.a('string');
  });

  describe('whose provider is restarted', () => {
    const restart = async () => {
      await inspector.close();
      await app.restart();
      inspector = await openInspector(app.dataDir);
    };

    it('while it shows the login page goes on from there', async () => {
      const agent = new Agent();
      const login = await openLogin(agent, app.issuer);
      await restart();
      const end = await insist(agent, app.issuer, login);
      expect(end.searchParams.get('state')).to.equal('the-state');
      expect((await exchangeCode(app.issuer, end.searchParams.get('code') ?? '')).status).to.equal(200);
    });

    it('while it shows the consent page goes on from there', async () => {
      const agent = new Agent();
      const consent = await openConsent(agent, app.issuer, { prompt: 'consent' });
      await restart();
      const form = formIn(consent, 'consent-form');
      const end = await agent.follow(await agent.submit(form, { decision: 'allow' }), app.issuer);
      expect(end.location).to.include('code=');
    });

    it('between code and token gets its token', async () => {
      const agent = new Agent();
      const back = await signIn(agent, app.issuer, authorizeUrl(app.issuer));
      await restart();
      expect((await exchangeCode(app.issuer, back.searchParams.get('code') ?? '')).status).to.equal(200);
      expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
    });
  });
});
