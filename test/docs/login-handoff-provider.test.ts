// The guide's sites and the real provider: people log in at apps through them, and the doctor finds nothing wrong.
import { expect } from 'chai';
import * as client from 'openid-client';
import { variables } from '../../src/config/variables.js';
import { Agent, formIn, type Page } from '../support/agent.js';
import { freePort, startApp, type TestApp, WEB_CLIENT } from '../support/app.js';
import { diagnose, namesOf, runCli } from '../support/cli.js';
import {
  type DocumentedSite,
  EVENTS_TOKEN,
  handoffGuide,
  type Language,
  reasonToSkip,
  SITE_COOKIE,
  SITE_USER,
  startDocumentedSite,
} from '../support/documented-site.js';
import { claimsOf, prepare, refusal, relyingParty } from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

const LANGUAGES: Language[] = ['FastAPI', 'Express'];
const STRATEGIES = ['session', 'ticket'] as const;

for (const [language, strategy] of LANGUAGES.flatMap((one) => STRATEGIES.map((two) => [one, two] as const))) {
  describe(`the provider and the ${language} site of docs/login-handoff.md, strategy ${strategy}`, function () {
    this.timeout(60_000);

    let site: DocumentedSite;
    let app: TestApp;
    let env: Record<string, string>;

    before(async function () {
      const reason = reasonToSkip(language);
      if (reason) {
        // No skip without its reason, and the reporter shows none.
        console.log(`    skipped: ${reason}`);
        this.skip();
      }
      const port = await freePort();
      const origin = `http://localhost:${port}`;
      env = {
        LOGIN_STRATEGY: strategy,
        LINK2UR_LOGIN_URL: `${origin}/login`,
        LINK2UR_LOGOUT_URL: `${origin}/logout`,
        LINK2UR_EVENTS_TOKEN: EVENTS_TOKEN,
        ...(strategy === 'session'
          ? { LINK2UR_SESSION_URL: `${origin}/api/session`, LINK2UR_SESSION_COOKIE: SITE_COOKIE }
          : { LINK2UR_JWKS_URL: `${origin}/.well-known/jwks.json` }),
      };
      app = await startApp({ env });
      site = await startDocumentedSite(language, { provider: app.issuer, strategy, port });
    });
    after(async () => {
      await site?.close();
      await app?.close();
    });

    function logInAtSite(agent: Agent, page: Page): Promise<Page> {
      const form = formIn(page, 0);
      const { username, password } = SITE_USER;
      return agent.request(form.action, {
        method: 'POST',
        body: new URLSearchParams({ ...form.fields, username, password }),
        headers: { origin: site.origin },
      });
    }

    /** One login at an app; how often the site asked for the password. */
    async function logIn(agent: Agent, params: Record<string, string> = {}) {
      const rp = await relyingParty(app);
      const { url, checks } = await prepare(rp, params);
      let asked = 0;
      let walked = await walk(agent, app.issuer, url);
      while (walked.page.location?.startsWith(`${site.origin}/`)) {
        let page = await agent.get(walked.page.location);
        if (!page.location) {
          asked += 1;
          page = await logInAtSite(agent, page);
        }
        walked = await walk(agent, app.issuer, page.location ?? '');
      }
      const tokens = await client.authorizationCodeGrant(rp.config, destination(walked), checks);
      return { asked, tokens, claims: claimsOf(tokens) };
    }

    it('logs users in at apps: the password once, then no more, then again when an app demands it', async () => {
      const agent = new Agent();
      const first = await logIn(agent);
      expect(first.asked).to.equal(1);
      expect(first.claims).to.deep.include({ sub: SITE_USER.id, amr: ['pwd'] });
      expect((await logIn(agent)).asked).to.equal(0);
      // auth_time counts seconds: a login of this very second would still be fresh.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const forced = await logIn(agent, { prompt: 'login' });
      expect(forced.asked).to.equal(1);
      expect(forced.claims.auth_time).to.be.greaterThan(first.claims.auth_time ?? Number.POSITIVE_INFINITY);
    });

    it('hears of a logout at the site, and asks again at the next app', async () => {
      const agent = new Agent();
      await logIn(agent);
      const form = formIn(await agent.get(`${site.origin}/logout`), 0);
      await agent.request(form.action, { method: 'POST', headers: { origin: site.origin } });
      const rp = await relyingParty(app);
      // The site tells after it has answered its user.
      const isOver = async () => {
        const { url } = await prepare(rp, { prompt: 'none' });
        return destination(await walk(agent, app.issuer, url)).searchParams.get('error') === 'login_required';
      };
      while (!(await isOver())) await new Promise((resolve) => setTimeout(resolve, 50));
      const { error } = await refusal(rp, agent, { prompt: 'none' });
      expect(error.error).to.equal('login_required');
      expect((await logIn(agent)).asked).to.equal(1);
    });

    it('ends the site’s session when the user logs out at an app, and comes back to the app', async () => {
      const agent = new Agent();
      const { tokens } = await logIn(agent);
      const [home = ''] = WEB_CLIENT.post_logout_redirect_uris;
      const query = new URLSearchParams({
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: home,
        state: 'bye',
      });
      let { page } = await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout?${query}`);
      expect(page.location).to.match(new RegExp(`^${site.origin}/logout\\?return_to=`));
      page = await agent.get(page.location ?? '');
      page = await agent.follow(page.location ?? '', app.issuer);
      expect(page.location).to.equal(`${home}?state=bye`);
      expect((await agent.get(`${site.origin}/api/session`)).status).to.equal(401);
    });

    it('gives the doctor nothing to complain of', async () => {
      const agent = new Agent();
      await logInAtSite(agent, await agent.get(`${site.origin}/login`));
      const page = `${site.origin}/login?${new URLSearchParams({ return_to: `${app.issuer}/interaction/uid-1/return` })}`;
      const { location = '' } = await agent.get(page);
      const [flag, input] =
        strategy === 'session'
          ? ['--cookie-stdin', agent.cookieHeader(site.origin).split('=').slice(1).join('=')]
          : ['--ticket-stdin', new URL(location).searchParams.get('login_ticket') ?? ''];
      // In a process of its own: uvicorn's Date header stays as it was when a connection was opened.
      const options = { env: { ...env, OAUTH_ISSUER: app.issuer }, input };
      const diagnosis = await diagnose([flag], options, runCli);
      expect(namesOf(diagnosis, 'failed')).to.deep.equal([]);
      expect(namesOf(diagnosis, 'warning')).to.deep.equal([]);
    });
  });
}

describe('docs/login-handoff.md', () => {
  it('lists the variables of the hand-off that there are', async () => {
    const text = await handoffGuide();
    const section = text.split('\n## Settings of the provider\n')[1]?.split('\n## ')[0] ?? '';
    const listed = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const known = Object.keys(variables).filter((name) => /^(LINK2UR_|LOGIN_)/.test(name));
    expect(listed).to.have.members(known);
  });

  it('links to headings that there are', async () => {
    const text = await handoffGuide();
    const targets = [...text.matchAll(/\]\(#([\w-]+)\)/g)].map(([, id]) => id ?? '');
    expect(targets).not.to.deep.equal([]);
    for (const id of targets) expect(text, id).to.include(`<a id="${id}"></a>`);
  });
});
