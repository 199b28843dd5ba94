// The stand-in for the Link²Ur site has a second factor: an app that asks for more than a password gets it.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { Agent, formIn, type Page } from '../support/agent.js';
import { authorizeUrl, exchangeCode } from '../support/app.js';
import { type AppWithSite, startAppWithSite, walkWithSite } from '../support/site.js';
import { demand, MFA, PASSWORD_CLASS, wish } from '../support/step-up.js';
import { answerParams } from '../support/walk.js';

for (const [strategy, options] of Object.entries({
  session: {},
  ticket: { tickets: { alg: 'ES256' } },
} as const)) {
  describe(`the second factor of the site, strategy ${strategy}`, () => {
    let both: AppWithSite;
    let agent: Agent;

    before(async () => {
      both = await startAppWithSite(options);
    });
    beforeEach(() => {
      agent = new Agent();
    });
    after(() => both.close());

    const walkTo = (params: Record<string, string> = {}, hasSecondFactor = true) =>
      walkWithSite(agent, both, authorizeUrl(both.app.issuer, params), { hasSecondFactor });

    async function claimsOf(page: Page) {
      const { status, body } = await exchangeCode(both.app.issuer, answerParams({ page }).code ?? '');
      expect(status, JSON.stringify([page.location, body])).to.equal(200);
      return decodeJwt(body.id_token ?? '');
    }

    it('is asked for by an app that demands it, once', async () => {
      const first = await walkTo();
      expect(first.shown).not.to.include('site-factor');
      expect((await claimsOf(first.page)).acr).to.equal(PASSWORD_CLASS);

      const second = await walkTo(demand(MFA));
      expect(second.shown).to.deep.equal(['site-factor']);
      expect(await claimsOf(second.page)).to.deep.include({ acr: MFA, amr: ['pwd', 'otp', 'mfa'] });

      const third = await walkTo(demand(MFA));
      expect(third.shown).to.deep.equal([]);
      expect((await claimsOf(third.page)).acr).to.equal(MFA);
    });

    it('comes after the password for somebody who was not logged in, and again with prompt=login', async () => {
      const first = await walkTo(demand(MFA));
      expect(first.shown.slice(0, 2)).to.deep.equal(['site-login', 'site-factor']);
      expect((await claimsOf(first.page)).acr).to.equal(MFA);
      const again = await walkTo({ ...demand(MFA), prompt: 'login' });
      expect(again.shown).to.deep.equal(['site-login', 'site-factor']);
    });

    it('not given is a refusal where it was demanded, and no matter where it was wished for', async () => {
      await walkTo();
      const refused = await walkTo(demand(MFA), false);
      expect(answerParams(refused).error).to.equal('unmet_authentication_requirements');
      const wished = await walkTo(wish(MFA), false);
      expect(wished.shown).to.deep.equal(['site-factor']);
      expect((await claimsOf(wished.page)).acr).to.equal(PASSWORD_CLASS);
    });

    it('is not reached by a wrong code, nor by a form from elsewhere', async () => {
      const { page } = await walkTo();
      expect(page.location).to.be.a('string');
      const { location = '' } = await agent.follow(
        authorizeUrl(both.app.issuer, demand(MFA)),
        both.app.issuer,
      );
      const factor = await agent.get(location);
      const form = formIn(factor, 'site-factor-form');
      const right = /id="site-code-sent">(\d+)</.exec(factor.text)?.[1] ?? '';
      const wrong = right === '000000' ? '000001' : '000000';
      const refused = await agent.submit(form, { code: wrong });
      expect([refused.status, refused.text.includes('id="site-error"')]).to.deep.equal([400, true]);
      const foreign = await agent.submit(form, { code: right, csrf: 'forged' });
      expect(foreign.status).to.equal(403);
      const nobody = await new Agent().submit(form, { code: right });
      expect(nobody.location).to.match(/^https?:\/\/[^/]+\/login\?/);
      const done = await agent.submit(form, { code: right });
      expect(done.location?.startsWith(`${both.app.issuer}/interaction/`)).to.equal(true);
    });
  });
}
