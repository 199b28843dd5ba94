// Step-up: a request that asks for more than the session has leads to the site again, and what the site vouches for is
// what the app is told. With the session endpoint and with tickets alike.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { clientInputSchema } from '../../src/clients/input.js';
import { rejectionOf } from '../store/suite/support.js';
import { Agent, type Page } from '../support/agent.js';
import { authorizeUrl, exchangeCode, REDIRECT_URI, refresh, SECRET, USER } from '../support/app.js';
import { comeBack, type Scene, setScene } from '../support/login/person.js';
import { COOKIE, type SiteIdentity, seconds } from '../support/login/site.js';
import { CLASSES, demand, MFA, PASSKEY, PASSWORD_CLASS, UNKNOWN_CLASS, wish } from '../support/step-up.js';
import { answer, answerParams, goOn, questionOn } from '../support/walk.js';

const IDENTITY = { id: USER.id, amr: ['pwd'] };

for (const strategy of ['session', 'ticket'] as const) {
  describe(`step-up, strategy ${strategy}`, () => {
    let scene: Scene;
    let agent: Agent;

    before(async () => {
      scene = await setScene(strategy, { LINK2UR_ACR_VALUES: CLASSES });
    });
    beforeEach(() => {
      agent = new Agent();
    });
    after(() => scene.close());

    const issuer = () => scene.app.issuer;
    const begin = (params: Record<string, string> = {}) =>
      goOn(agent, issuer(), authorizeUrl(issuer(), params));

    /** The site's login page as it was asked for; undefined when the browser was not sent there. */
    function asked(page: Page): URLSearchParams | undefined {
      const isThere = page.location?.startsWith(`${scene.site.origin}/login`) === true;
      return isThere ? new URL(page.location ?? '').searchParams : undefined;
    }

    const back = (page: Page, identity: Partial<SiteIdentity> = {}) =>
      comeBack(scene, agent, page, { ...IDENTITY, auth_time: seconds(), ...identity });

    async function agree(page: Page): Promise<Record<string, string>> {
      const isAsked = questionOn(page) === 'consent';
      const last = isAsked ? await goOn(agent, issuer(), await answer(agent, page, 'consent')) : page;
      return answerParams({ page: last });
    }

    async function tokensOf(page: Page) {
      const params = await agree(page);
      const { status, body } = await exchangeCode(issuer(), params.code ?? '');
      expect(status, JSON.stringify([params, body])).to.equal(200);
      return body;
    }

    const claimsOf = async (page: Page) => decodeJwt((await tokensOf(page)).id_token ?? '');

    /** Somebody who is logged in with this class. */
    async function loggedIn(acr: string = PASSWORD_CLASS, authTime = seconds()): Promise<void> {
      const claims = await claimsOf(await back(await begin(), { acr, auth_time: authTime }));
      expect(claims.acr).to.equal(acr);
    }

    it('tells apps what can be asked for, the weakest first', async () => {
      const response = await fetch(`${issuer()}/.well-known/openid-configuration`);
      const { acr_values_supported: supported } = (await response.json()) as Record<string, unknown>;
      expect(supported).to.deep.equal(CLASSES.split(' '));
    });

    it('leads to the site with the demand, and the app is told what was reached', async () => {
      await loggedIn(PASSWORD_CLASS, seconds() - 500);
      const page = await begin(demand(MFA));
      expect(asked(page)?.get('acr_values')).to.equal(MFA);
      expect(asked(page)?.has('prompt')).to.equal(false);
      const now = seconds();
      const claims = await claimsOf(await back(page, { acr: MFA, amr: ['pwd', 'otp'] }));
      expect(claims).to.deep.include({ acr: MFA, amr: ['pwd', 'otp'] });
      expect(claims.auth_time).to.be.at.least(now - 1);
      // The session remembers: nobody is asked again.
      expect(await agree(await begin({ ...demand(MFA), prompt: 'none' }))).to.have.property('code');
    });

    it('is not needed by who has reached a stronger class; the answer is one of those asked for', async () => {
      await loggedIn(PASSKEY);
      expect((await claimsOf(await begin(demand(MFA)))).acr).to.equal(MFA);
      expect((await claimsOf(await begin(demand(PASSWORD_CLASS, MFA)))).acr).to.equal(MFA);
      // A wish is answered by what there is.
      expect((await claimsOf(await begin(wish(MFA)))).acr).to.equal(PASSKEY);
      expect((await claimsOf(await begin())).acr).to.equal(PASSKEY);
    });

    it('that the site does not grant ends with an honest error, and the session stays as it was', async () => {
      await loggedIn();
      const refused = await back(await begin(demand(MFA)), { acr: PASSWORD_CLASS });
      expect(answerParams({ page: refused })).to.include({
        error: 'unmet_authentication_requirements',
        state: 'the-state',
      });
      expect((await claimsOf(await begin({ prompt: 'none' }))).acr).to.equal(PASSWORD_CLASS);
    });

    it('by a class nobody agreed on is none', async () => {
      await loggedIn();
      const refused = await back(await begin(demand(MFA)), { acr: UNKNOWN_CLASS });
      expect(answerParams({ page: refused }).error).to.equal('unmet_authentication_requirements');
    });

    it('to a class that nobody vouches for is refused at once, whoever is logged in', async () => {
      const error = 'unmet_authentication_requirements';
      expect(answerParams({ page: await begin(demand(UNKNOWN_CLASS)) }).error).to.equal(error);
      await loggedIn(PASSKEY);
      expect(answerParams({ page: await begin(demand(UNKNOWN_CLASS)) }).error).to.equal(error);
      const silent = await begin({ ...demand(UNKNOWN_CLASS), prompt: 'none' });
      expect(answerParams({ page: silent }).error).to.equal(error);
    });

    it('that would have to ask somebody is login_required for prompt=none', async () => {
      await loggedIn();
      const page = await begin({ ...demand(MFA), prompt: 'none' });
      expect(answerParams({ page })).to.include({ error: 'login_required', state: 'the-state' });
    });

    it('that is only wished for is tried once, and never fails', async () => {
      await loggedIn();
      const page = await begin(wish(PASSKEY, MFA));
      expect(asked(page)?.get('acr_values')).to.equal(`${PASSKEY} ${MFA}`);
      expect((await claimsOf(await back(page, { acr: PASSWORD_CLASS }))).acr).to.equal(PASSWORD_CLASS);
      expect((await claimsOf(await begin({ ...wish(MFA), prompt: 'none' }))).acr).to.equal(PASSWORD_CLASS);
      expect((await claimsOf(await begin(wish(UNKNOWN_CLASS)))).acr).to.equal(PASSWORD_CLASS);
      expect((await claimsOf(await begin(wish(MFA, PASSWORD_CLASS)))).acr).to.equal(PASSWORD_CLASS);
      const voluntary = { claims: JSON.stringify({ id_token: { acr: { values: [MFA] } } }) };
      expect((await claimsOf(await back(await begin(voluntary), { acr: MFA }))).acr).to.equal(MFA);
    });

    it('is demanded although acr_values wishes for less', async () => {
      await loggedIn();
      const page = await begin({ ...wish(PASSWORD_CLASS), ...demand(MFA) });
      expect(asked(page)?.get('acr_values')).to.equal(MFA);
      const refused = await back(page, { acr: PASSWORD_CLASS });
      expect(answerParams({ page: refused }).error).to.equal('unmet_authentication_requirements');
    });

    it('goes with the first login as well, and with prompt=login', async () => {
      const first = await begin(demand(MFA));
      expect(asked(first)?.get('acr_values')).to.equal(MFA);
      expect((await claimsOf(await back(first, { acr: MFA }))).acr).to.equal(MFA);
      const again = await begin({ ...wish(PASSKEY), prompt: 'login' });
      expect([asked(again)?.get('acr_values'), asked(again)?.get('prompt')]).to.deep.equal([
        PASSKEY,
        'login',
      ]);
    });

    it('can go down again: a later login with less is what counts', async () => {
      await loggedIn(MFA);
      const page = await begin({ prompt: 'login' });
      expect((await claimsOf(await back(page, { acr: PASSWORD_CLASS }))).acr).to.equal(PASSWORD_CLASS);
      if (strategy === 'session')
        agent.setCookie(COOKIE, scene.site.open({ ...IDENTITY, auth_time: seconds() }));
      expect(asked(await begin(demand(MFA)))?.get('acr_values')).to.equal(MFA);
    });

    it('survives a refresh, unlike the session it came from', async () => {
      await loggedIn();
      const offline = { scope: 'openid offline_access', prompt: 'consent' };
      const { refresh_token: token = '' } = await tokensOf(
        await back(await begin({ ...demand(MFA), ...offline }), { acr: MFA, amr: ['otp'] }),
      );
      await back(await begin({ prompt: 'login' }), { acr: PASSWORD_CLASS });
      const { body } = await refresh(issuer(), token);
      expect(decodeJwt(body.id_token ?? '')).to.deep.include({ acr: MFA, amr: ['otp'] });
    });

    it('is wished for by a client that registered for it, each time', async () => {
      const { clients } = scene.app.services;
      const careful = {
        client_id: 'careful',
        client_name: 'Careful',
        client_secret: SECRET,
        redirect_uris: [REDIRECT_URI],
        default_acr_values: [MFA],
      };
      await clients.apply(clientInputSchema.parse(careful), 'operator:test');
      await loggedIn();
      const page = await begin({ client_id: 'careful', scope: 'openid' });
      expect(asked(page)?.get('acr_values')).to.equal(MFA);
      const unknown = { ...careful, default_acr_values: [UNKNOWN_CLASS] };
      const error = await rejectionOf(clients.apply(clientInputSchema.parse(unknown), 'operator:test'));
      expect(JSON.stringify(error)).to.include('default_acr_values');
    });

    for (const bad of ['{"id_token":{"acr":{"essential":true,"values":"x"}}}', '{"id_token":{"acr":[]}}']) {
      it(`asked for by ${bad} is invalid or nothing, never a failure`, async () => {
        await loggedIn();
        const { error, code } = answerParams({ page: await begin({ claims: bad }) });
        expect(error ?? (code === undefined ? 'nothing' : 'code')).to.be.oneOf(['invalid_request', 'code']);
      });
    }

    if (strategy === 'session') {
      it('that the user took at the site meanwhile needs no second visit', async () => {
        await loggedIn();
        agent.setCookie(COOKIE, scene.site.open({ ...IDENTITY, auth_time: seconds(), acr: MFA }));
        expect((await claimsOf(await begin(demand(MFA)))).acr).to.equal(MFA);
      });

      it('is not tried at a site that never says how anybody logged in', async () => {
        agent.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds() }));
        expect(asked(await begin(wish(MFA)))).to.equal(undefined);
      });

      it('survives a site that names its class wrongly: it counts as down', async () => {
        agent.setCookie(COOKIE, scene.site.open({ ...IDENTITY, acr: 7 as unknown as string }));
        expect((await begin()).status).to.equal(503);
      });
    }
  });
}

describe('step-up where the provider has its own login form', () => {
  let scene: Scene;

  before(async () => {
    // Whatever the settings say: a password is all it sees.
    scene = await setScene('local', { LINK2UR_ACR_VALUES: CLASSES });
  });
  after(() => scene.close());

  it('reaches the class of a password and no other', async () => {
    const { issuer } = scene.app;
    const response = await fetch(`${issuer}/.well-known/openid-configuration`);
    const { acr_values_supported: supported } = (await response.json()) as Record<string, unknown>;
    expect(supported).to.deep.equal([PASSWORD_CLASS]);
    const page = await goOn(new Agent(), issuer, authorizeUrl(issuer, demand(MFA)));
    expect(answerParams({ page }).error).to.equal('unmet_authentication_requirements');
    const asked = await goOn(new Agent(), issuer, authorizeUrl(issuer, demand(PASSWORD_CLASS)));
    expect(questionOn(asked)).to.equal('login');
  });
});
