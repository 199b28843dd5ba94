// The guide for the team that owns the site keeps its word: its two sites, run as they are printed, do what the
// provider expects.
import { expect } from 'chai';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Agent, formIn, type Page } from '../support/agent.js';
import {
  type DocumentedSite,
  EVENTS_TOKEN,
  type Language,
  reasonToSkip,
  SITE_COOKIE,
  SITE_USER,
  type StandInProvider,
  startDocumentedSite,
  startStandInProvider,
} from '../support/documented-site.js';

const STRANGERS = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  'PROVIDER.evil.example/',
  'PROVIDER@evil.example/',
  'javascript:alert(1)',
  '/somewhere',
];

const LANGUAGES: Language[] = ['FastAPI', 'Express'];

for (const language of LANGUAGES) {
  describe(`the ${language} site of docs/login-handoff.md`, function () {
    // Two interpreters start, on a machine that may be busy.
    this.timeout(60_000);

    let provider: StandInProvider;
    const sites: DocumentedSite[] = [];
    let origin: string;
    let ticketOrigin: string;
    let returnTo: string;

    before(async function () {
      const reason = reasonToSkip(language);
      if (reason) {
        // No skip without its reason, and the reporter shows none.
        console.log(`    skipped: ${reason}`);
        this.skip();
      }
      provider = await startStandInProvider();
      for (const strategy of ['session', 'ticket'] as const) {
        sites.push(await startDocumentedSite(language, { provider: provider.origin, strategy }));
      }
      [origin, ticketOrigin] = sites.map((site) => site.origin) as [string, string];
      returnTo = `${provider.origin}/interaction/uid-1/return`;
    });
    after(async () => {
      for (const site of sites.splice(0)) await site.close();
      await provider?.close();
    });
    beforeEach(() => {
      provider.events.length = 0;
      provider.answers.length = 0;
    });

    const loginUrl = (parameters: Record<string, string>, site = origin) =>
      `${site}/login?${new URLSearchParams(parameters)}`;

    /** Fills in the login form of `page`, as the site's own pages send it. */
    function send(agent: Agent, page: Page, fields = {}, headers = {}): Promise<Page> {
      const form = formIn(page, 0);
      const { username, password } = SITE_USER;
      return agent.request(form.action, {
        method: 'POST',
        body: new URLSearchParams({ ...form.fields, username, password, ...fields }),
        headers: { origin: new URL(page.url).origin, ...headers },
      });
    }

    async function loggedIn(site = origin): Promise<Agent> {
      const agent = new Agent();
      await send(agent, await agent.get(`${site}/login`));
      return agent;
    }

    async function sessionOf(agent: Agent, site = origin): Promise<{ status: number; body: object }> {
      const { status, text } = await agent.get(`${site}/api/session`);
      return { status, body: JSON.parse(text) };
    }

    const strangers = () => STRANGERS.map((value) => value.replace('PROVIDER', provider.origin));

    it('logs in and goes back to the provider', async () => {
      const agent = new Agent();
      const page = await agent.get(loginUrl({ return_to: returnTo, login_hint: SITE_USER.username }));
      expect(page.status).to.equal(200);
      expect(page.text).to.include(`value="${SITE_USER.username}"`).and.include(`href="${returnTo}"`);
      const back = await send(agent, page);
      expect([back.status, back.location]).to.deep.equal([303, returnTo]);
    });

    it('goes straight back when somebody is logged in, unless a prompt is given', async () => {
      const agent = await loggedIn();
      const back = await agent.get(loginUrl({ return_to: returnTo }));
      expect([back.status, back.location]).to.deep.equal([303, returnTo]);
      for (const prompt of ['login', 'select_account']) {
        const page = await agent.get(loginUrl({ return_to: returnTo, prompt }));
        expect(page.status, prompt).to.equal(200);
        const again = await send(agent, page);
        expect([again.status, again.location], prompt).to.deep.equal([303, returnTo]);
      }
    });

    it('lets the user keep the account when one is to be chosen', async () => {
      const agent = await loggedIn();
      const page = await agent.get(loginUrl({ return_to: returnTo, prompt: 'select_account' }));
      const [, href = ''] = /href="(\/login[^"]*)"/.exec(page.text) ?? [];
      expect((await agent.get(`${origin}${href}`)).location).to.equal(returnTo);
    });

    it('notes a new auth_time and a new session id when the password was asked for again', async () => {
      const agent = await loggedIn();
      const [cookie, first] = [agent.cookieHeader(origin), (await sessionOf(agent)).body];
      // auth_time counts seconds.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await send(agent, await agent.get(loginUrl({ return_to: returnTo, prompt: 'login' })));
      const { body } = await sessionOf(agent);
      expect((body as { auth_time: number }).auth_time).to.be.greaterThan(
        (first as { auth_time: number }).auth_time,
      );
      expect(agent.cookieHeader(origin)).not.to.equal(cookie);
      const old = await fetch(`${origin}/api/session`, { headers: { cookie } });
      expect(old.status).to.equal(401);
    });

    it('never goes to a stranger, logged in or not, with or without a ticket', async () => {
      for (const site of [origin, ticketOrigin]) {
        const agent = await loggedIn(site);
        for (const return_to of strangers()) {
          const page = await agent.get(loginUrl({ return_to }, site));
          expect(page.location, return_to).to.equal(undefined);
          expect(page.text, return_to).not.to.include('evil').and.not.include('alert');
          const sent = await send(new Agent(), page, { return_to });
          expect(sent.location, return_to).to.equal(`${site}/`);
          const out = await agent.get(`${site}/logout?${new URLSearchParams({ return_to })}`);
          expect(out.location, return_to).to.equal(undefined);
        }
        expect((await sessionOf(agent, site)).status).to.equal(200);
      }
    });

    it('escapes what a stranger wrote into the address', async () => {
      const login_hint = '"><script>alert(1)</script>';
      const { text } = await new Agent().get(loginUrl({ return_to: returnTo, login_hint }));
      expect(text).not.to.include('<script>');
    });

    it('logs nobody in with a wrong password, or from a form of another site', async () => {
      const agent = new Agent();
      const page = await agent.get(loginUrl({ return_to: returnTo }));
      expect((await send(agent, page, { password: 'wrong' })).status).to.equal(401);
      expect((await send(agent, page, {}, { origin: 'https://evil.example' })).status).to.equal(401);
      expect((await sessionOf(agent)).status).to.equal(401);
    });

    it('says whose session a cookie is, and 401 in JSON when it is nobody’s', async () => {
      const agent = await loggedIn();
      const cookie = agent.cookieHeader(origin);
      const response = await fetch(`${origin}/api/session`, { headers: { cookie } });
      expect(response.status).to.equal(200);
      expect(response.headers.get('cache-control')).to.equal('no-store');
      const body = (await response.json()) as { auth_time: number };
      expect(body).to.deep.include({ id: SITE_USER.id, amr: ['pwd'] });
      expect(Math.abs(body.auth_time - Date.now() / 1000)).to.be.lessThan(60);
      for (const headers of [{}, { cookie: `${SITE_COOKIE}=nonsense` }]) {
        const nobody = await fetch(`${origin}/api/session`, { headers, redirect: 'manual' });
        expect(nobody.status).to.equal(401);
        expect(await nobody.json()).to.be.an('object');
      }
    });

    it('signs a ticket for the login that waits, once each, and verifiable with the keys it publishes', async () => {
      const agent = await loggedIn(ticketOrigin);
      const jwksUrl = new URL(`${ticketOrigin}/.well-known/jwks.json`);
      const keys = (await (await fetch(jwksUrl)).json()) as { keys: object[] };
      expect(Object.keys(keys.keys[0] ?? {})).to.have.members(['kty', 'crv', 'x', 'y', 'alg', 'use', 'kid']);
      const ids = new Set<unknown>();
      for (let time = 0; time < 2; time += 1) {
        const { status, location = '' } = await agent.get(loginUrl({ return_to: returnTo }, ticketOrigin));
        expect(status).to.equal(303);
        const url = new URL(location);
        expect(url.origin + url.pathname).to.equal(returnTo);
        const { payload } = await jwtVerify(
          url.searchParams.get('login_ticket') ?? '',
          createRemoteJWKSet(jwksUrl),
          {
            algorithms: ['ES256'],
            issuer: ticketOrigin,
            audience: provider.origin,
            maxTokenAge: 60,
          },
        );
        expect(payload).to.deep.include({ sub: SITE_USER.id, interaction: 'uid-1', amr: ['pwd'] });
        expect((payload.exp ?? 0) - (payload.iat ?? 0)).to.be.within(1, 60);
        expect(payload.auth_time).to.be.a('number');
        ids.add(payload.jti);
      }
      expect(ids).to.have.length(2);
    });

    it('gives a ticket after the password too, and to no address but a waiting login', async () => {
      const agent = new Agent();
      const page = await agent.get(loginUrl({ return_to: returnTo }, ticketOrigin));
      expect((await send(agent, page)).location).to.match(/\?login_ticket=[\w.-]+$/);
      const elsewhere = `${provider.origin}/account/apps`;
      expect((await agent.get(loginUrl({ return_to: elsewhere }, ticketOrigin))).location).to.equal(
        elsewhere,
      );
    });

    it('ends its session when the provider says so, goes back, and does not tell the provider', async () => {
      const agent = await loggedIn();
      const back = `${provider.origin}/api/oauth/logout/return/handle`;
      for (let time = 0; time < 2; time += 1) {
        const out = await agent.get(`${origin}/logout?${new URLSearchParams({ return_to: back })}`);
        expect([out.status, out.location]).to.deep.equal([303, back]);
        expect((await sessionOf(agent)).status).to.equal(401);
      }
      expect(provider.events).to.deep.equal([]);
    });

    it('tells the provider when the user logs out here, again when it is busy', async () => {
      const agent = await loggedIn();
      provider.answers.push(503);
      const page = await agent.get(`${origin}/logout`);
      const forged = await send(agent, page, {}, { origin: 'https://evil.example' });
      expect(forged.status).to.equal(403);
      expect((await sessionOf(agent)).status).to.equal(200);
      expect((await send(agent, page)).status).to.equal(303);
      expect((await sessionOf(agent)).status).to.equal(401);
      while (provider.events.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
      const told = {
        path: `POST /api/admin/oauth/users/${SITE_USER.id}/events`,
        authorization: `Bearer ${EVENTS_TOKEN}`,
        type: 'application/json',
        body: { event: 'logged_out' },
      };
      expect(provider.events).to.deep.equal([told, told]);
    });
  });
}
