// Two instances behind one issuer: whatever one began the other goes on with, and what one ended is over.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { formIn } from '../support/agent.js';
import { authorizeUrl, exchangeCode, refresh, signIn, userinfo, WEB_CLIENT } from '../support/app.js';
import { askSilently, openConsent, openLogin } from '../support/browsing.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance, Tab } from '../support/production/instances.js';
import { newCode } from '../support/production/requests.js';
import { walk } from '../support/walk.js';

const ROUNDS = [1, 2];
const OTHER_CLIENT = {
  ...WEB_CLIENT,
  client_id: 'other-app',
  redirect_uris: ['https://other.example/callback'],
};
const other = { client_id: 'other-app', redirect_uri: 'https://other.example/callback' };

/** 50 requests at once, every other one to the other instance. */
function spread<T>(instances: Instance[], request: (origin: string) => Promise<T>): Promise<T[]> {
  const origins = Array.from({ length: 50 }, (_, n) => instances[n % instances.length]?.origin ?? '');
  return Promise.all(origins.map(request));
}

const outcomes = (answers: { status: number; body: Record<string, string | number | undefined> }[]) => ({
  won: answers.filter(({ status }) => status === 200).length,
  lost: answers.filter(({ body }) => body.error === 'invalid_grant').length,
});

for (const mode of MODES) {
  describe(`two instances on ${mode.name}`, () => {
    let deployment: Deployment;
    let issuer: string;
    let a: Instance;
    let b: Instance;

    before(async () => {
      deployment = await deploy(mode, { count: 2 });
      issuer = deployment.issuer;
      [a, b] = deployment.instances as [Instance, Instance];
      await deployment.services.clients.apply(clientInputSchema.parse(OTHER_CLIENT), 'operator:test');
    });

    after(() => deployment?.close());

    const tab = (via: Instance, browser?: Tab['browser']) => new Tab(issuer, via, browser);

    it('share a login: begun on A, agreed on B, code redeemed on A, refreshed on B', async () => {
      const browser = tab(a);
      const offline = { scope: 'openid profile offline_access', prompt: 'consent' };
      const consent = await openConsent(browser, issuer, offline);
      browser.via = b;
      const form = formIn(consent, 'consent-form');
      const end = await browser.follow(await browser.submit(form, { decision: 'allow' }), issuer);
      const code = new URL(end.location ?? '').searchParams.get('code') ?? '';
      const first = await exchangeCode(a.origin, code);
      expect(first.status).to.equal(200);
      const second = await refresh(b.origin, first.body.refresh_token ?? '');
      expect(second.status).to.equal(200);
      for (const { origin } of [a, b]) {
        expect((await userinfo(origin, first.body.access_token ?? '')).status).to.equal(200);
        expect((await userinfo(origin, second.body.access_token ?? '')).status).to.equal(200);
      }
    });

    it('show the login page on A and take the password on B', async () => {
      const browser = tab(a);
      const login = await openLogin(browser, issuer);
      browser.via = b;
      const { page } = await walk(browser, issuer, login);
      expect(page.location).to.match(/[?&]code=/);
    });

    it('kill every token of a code that A redeemed and B is shown again', async () => {
      const { body } = await exchangeCode(a.origin, await newCode(tab(a), issuer));
      const code = await newCode(tab(b), issuer);
      const first = await exchangeCode(a.origin, code);
      const second = await refresh(b.origin, first.body.refresh_token ?? '');
      expect(second.status).to.equal(200);
      expect((await exchangeCode(b.origin, code)).body.error).to.equal('invalid_grant');
      for (const { origin } of [a, b]) {
        for (const token of [first.body.access_token, second.body.access_token]) {
          expect((await userinfo(origin, token ?? '')).status).to.equal(401);
        }
        expect((await refresh(origin, second.body.refresh_token ?? '')).body.error).to.equal('invalid_grant');
        // Another browser of the same person is left alone.
        expect((await userinfo(origin, body.access_token ?? '')).status).to.equal(200);
      }
    });

    it('log out for both: after a logout on A, B asks who it is', async () => {
      const browser = tab(a);
      await newCode(browser, issuer);
      browser.via = b;
      expect((await askSilently(browser, issuer)).get('code')).to.be.a('string');
      browser.via = a;
      await walk(browser, issuer, `${issuer}/api/oauth/logout`);
      for (const via of [b, a]) {
        browser.via = via;
        expect((await askSilently(browser, issuer)).get('error')).to.equal('login_required');
      }
    });

    it('do not take an old cookie on B after a logout on A', async () => {
      const browser = tab(a);
      await newCode(browser, issuer);
      const thief = tab(b, browser.browser.fork());
      await walk(browser, issuer, `${issuer}/api/oauth/logout`);
      expect((await askSilently(thief, issuer)).get('error')).to.equal('login_required');
    });

    for (const round of ROUNDS) {
      it(`give one of 50 exchanges of a code at once, and its tokens are dead (round ${round})`, async () => {
        const code = await newCode(tab(a), issuer);
        const answers = await spread([a, b], (origin) => exchangeCode(origin, code));
        expect(outcomes(answers)).to.deep.equal({ won: 1, lost: 49 });
        const { access_token: access = '', refresh_token: token = '' } =
          answers.find(({ status }) => status === 200)?.body ?? {};
        for (const { origin } of [a, b]) {
          expect((await userinfo(origin, access)).status).to.equal(401);
          expect((await refresh(origin, token)).body.error).to.equal('invalid_grant');
        }
      });

      it(`give 50 uses of a refresh token at once one and the same successor (round ${round})`, async () => {
        const { body } = await exchangeCode(b.origin, await newCode(tab(b), issuer));
        const token = body.refresh_token ?? '';
        const answers = await spread([a, b], (origin) => refresh(origin, token));
        expect(outcomes(answers)).to.deep.equal({ won: 50, lost: 0 });
        const successors = new Set(answers.map((answer) => answer.body.refresh_token));
        expect(successors.size).to.equal(1);
        const [successor = ''] = successors;
        expect(successor).to.be.a('string').and.not.oneOf(['', token]);
        for (const { body: given } of answers.slice(0, 6)) {
          expect((await userinfo(b.origin, given.access_token ?? '')).status).to.equal(200);
        }
        expect((await refresh(a.origin, successor)).status).to.equal(200);
      });

      it(`keep the authorizations of two tabs, one on each, for two clients (round ${round})`, async () => {
        const first = tab(a);
        // Logged in, but authorized for nobody yet.
        await openConsent(first, issuer, { prompt: 'consent' });
        const second = tab(b, first.browser);
        const ends = await Promise.all([
          signIn(first, issuer, authorizeUrl(issuer)),
          signIn(second, issuer, authorizeUrl(issuer, other)),
        ]);
        for (const end of ends) expect(end.searchParams.get('code'), end.href).to.be.a('string');
        for (const window of [first, second]) {
          expect((await askSilently(window, issuer)).get('code')).to.be.a('string');
          expect((await askSilently(window, issuer, other)).get('code')).to.be.a('string');
        }
      });
    }

    it('do not hold one another up: 20 codes of one browser exchanged at once are 20 logins', async () => {
      for (const _round of ROUNDS) {
        const browser = tab(a);
        const codes: string[] = [];
        for (let n = 0; n < 20; n += 1) codes.push(await newCode(browser, issuer));
        const exchanges = codes.map((code, n) => exchangeCode((n % 2 ? a : b).origin, code));
        const statuses = (await Promise.all(exchanges)).map(({ status }) => status);
        expect(statuses).to.deep.equal(codes.map(() => 200));
      }
    });

    it('publish the same keys', async () => {
      const sets = await Promise.all(
        [a, b].map(async ({ origin }) => (await fetch(`${origin}/api/oauth/jwks`)).json()),
      );
      expect(sets[0]).to.deep.equal(sets[1]).and.to.have.property('keys').that.is.not.empty;
    });
  });

  describe(`two instances without a grace window on ${mode.name}`, () => {
    let deployment: Deployment;

    before(async () => {
      deployment = await deploy(mode, { count: 2, env: { OAUTH_REFRESH_TOKEN_GRACE_SECONDS: '0' } });
    });

    after(() => deployment?.close());

    for (const round of ROUNDS) {
      it(`give one of 50 uses of a refresh token, and end the family (round ${round})`, async () => {
        const { issuer, instances } = deployment;
        const [a, b] = instances as [Instance, Instance];
        const { body } = await exchangeCode(a.origin, await newCode(new Tab(issuer, b), issuer));
        const answers = await spread(instances, (origin) => refresh(origin, body.refresh_token ?? ''));
        expect(outcomes(answers)).to.deep.equal({ won: 1, lost: 49 });
        const won = answers.find(({ status }) => status === 200)?.body;
        for (const { origin } of [a, b]) {
          expect((await userinfo(origin, won?.access_token ?? '')).status).to.equal(401);
          expect((await refresh(origin, won?.refresh_token ?? '')).body.error).to.equal('invalid_grant');
        }
      });
    }
  });
}
