// Taking an app's access away: everything of it is dead at once, and only the person themselves can do it.
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { appsUrl, errorCode, listed, openApps, revoke, revokeUrl } from '../support/account.js';
import { Agent, type Form, formIn, type Page } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  OTHER_USER,
  obtainTokens,
  refresh,
  SECRET,
  startApp,
  type TestApp,
  USER,
  userinfo,
  WEB_CLIENT,
} from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { openInspector } from '../support/inspector.js';
import { logIn, register, relyingParty } from '../support/relying-party.js';
import { walk } from '../support/walk.js';

const WEB = WEB_CLIENT.client_id;

describe('taking access away', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  async function isActive(token = ''): Promise<unknown> {
    const response = await fetch(`${app.issuer}/api/oauth/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: WEB, client_secret: SECRET, token }),
    });
    return ((await response.json()) as { active: unknown }).active;
  }

  const isUsable = async (accessToken = '') => (await userinfo(app.issuer, accessToken)).status === 200;

  const confirmation = async (agent: Agent, clientId = WEB) =>
    formIn(await agent.get(revokeUrl(app, clientId)), 'revoke-form');

  it('asks once, in the user’s language, and says what it did', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const list = await agent.get(appsUrl(app));
    expect(list.text).to.match(/id="app-revoke-1"[^>]* href="\/account\/apps\/web-app\/revoke"/);
    const page = await agent.get(revokeUrl(app, WEB));
    expect(page.text)
      .to.include('解除对 <bdi>Web App</bdi> 的授权？')
      .and.match(/<a [^>]*id="revoke-cancel" href="\/account\/apps"/)
      .and.match(/<button [^>]*id="revoke-confirm" type="submit"/);
    expect((await agent.get(`${revokeUrl(app, WEB)}?ui_locales=en`)).text).to.include('Remove access for');
    // Looking changes nothing.
    expect(listed(await agent.get(appsUrl(app)))).to.deep.equal([WEB]);
    const done = await agent.submit(formIn(page, 'revoke-form'));
    expect({ status: done.status, location: done.location }).to.deep.equal({
      status: 303,
      location: `${appsUrl(app)}?done=revoked`,
    });
    const after = await agent.get(done.location ?? '');
    expect(after.text).to.include('id="apps-revoked"').and.include('id="apps-empty"');
  });

  it('ends refresh tokens, access tokens and codes of every browser, and is asked for consent anew', async () => {
    const [here, there] = [new Agent(), new Agent()];
    const held = [await obtainTokens(app.issuer, here), await obtainTokens(app.issuer, there)];
    const code = (await askSilently(here, app.issuer)).get('code') ?? '';
    const others = await obtainTokens(app.issuer, new Agent());
    for (const { access_token: token } of held) expect(await isActive(token)).to.equal(true);
    await revoke(app, here, WEB);
    for (const { access_token: accessToken, refresh_token: refreshToken = '' } of [...held, others]) {
      expect(await isUsable(accessToken)).to.equal(false);
      expect(await isActive(accessToken)).to.equal(false);
      expect(await isActive(refreshToken)).to.equal(false);
      expect((await refresh(app.issuer, refreshToken)).body.error).to.equal('invalid_grant');
    }
    expect((await exchangeCode(app.issuer, code)).body.error).to.equal('invalid_grant');
    for (const agent of [here, there]) {
      expect((await askSilently(agent, app.issuer)).get('error')).to.equal('consent_required');
    }
    expect((await walk(here, app.issuer, authorizeUrl(app.issuer))).shown).to.deep.equal(['consent']);
  });

  it('leaves other apps and other people alone, and the user logged in', async () => {
    const [agent, stranger] = [new Agent(), new Agent()];
    await register(app, { client_id: 'other-app' });
    const rp = await relyingParty(app, { clientId: 'other-app' });
    const { tokens } = await logIn(rp, agent);
    await obtainTokens(app.issuer, agent);
    const theirs = await logIn(await relyingParty(app), stranger, {}, { username: OTHER_USER.email });
    await revoke(app, agent, WEB);
    expect(await isUsable(tokens.access_token)).to.equal(true);
    expect(await isUsable(theirs.tokens.access_token)).to.equal(true);
    expect(listed(await agent.get(appsUrl(app))))
      .to.include('other-app')
      .and.not.include(WEB);
    expect(listed(await stranger.get(appsUrl(app)))).to.deep.equal([WEB]);
  });

  it('is written down, once, even when it is confirmed twice at the same moment', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const before = await app.services.stores.audit.list({ type: 'consent.withdrawn', limit: 100 });
    const form = await confirmation(agent);
    const answers = await Promise.all(Array.from({ length: 4 }, () => agent.submit(form)));
    for (const { status } of answers) expect(status).to.equal(303);
    const after = await app.services.stores.audit.list({ type: 'consent.withdrawn', limit: 100 });
    expect(after.length - before.length).to.equal(1);
    expect(after[0]).to.deep.include({ actor: `user:${USER.id}`, userId: USER.id, clientId: WEB });
    expect(after[0]?.ip).to.be.a('string');
    expect(after[0]?.details).to.have.property('sessions');
  });

  it('works for an app that has been disabled', async () => {
    const agent = new Agent();
    await register(app, { client_id: 'rogue' });
    const { tokens } = await logIn(await relyingParty(app, { clientId: 'rogue' }), agent);
    await register(app, { client_id: 'rogue', is_active: false });
    await revoke(app, agent, 'rogue');
    expect(listed(await agent.get(appsUrl(app)))).not.to.include('rogue');
    await register(app, { client_id: 'rogue' });
    expect(await isUsable(tokens.access_token)).to.equal(false);
  });

  describe('does nothing', () => {
    let agent: Agent;
    let accessToken: string | undefined;

    beforeEach(async () => {
      agent = new Agent();
      accessToken = (await obtainTokens(app.issuer, agent)).access_token;
    });
    afterEach(async () => {
      expect(await isUsable(accessToken)).to.equal(true);
      expect(listed(await agent.get(appsUrl(app)))).to.include(WEB);
    });

    const expectRefusal = (page: Page) => {
      expect(page.status).to.equal(403);
      expect(errorCode(page)).to.equal('access_denied');
      expect(page.text).to.include('id="error-continue"');
    };
    const submit = (by: Agent, { action, fields }: Form, headers: Record<string, string> = {}) =>
      by.request(action, { method: 'POST', body: new URLSearchParams(fields), headers });

    it('for an app that is unknown, or that the user never agreed to', async () => {
      await register(app, { client_id: 'never-used' });
      const { fields } = await confirmation(agent);
      for (const clientId of ['never-used', 'unknown', '%ff', '%E2%80%AE', 'x'.repeat(300)]) {
        const url = revokeUrl(app, clientId);
        for (const page of [await agent.get(url), await agent.post(url, fields)]) {
          expect({ status: page.status, location: page.location }, clientId).to.deep.equal({
            status: 303,
            location: appsUrl(app),
          });
        }
      }
    });

    it('without the token of the form', async () => {
      const { action, fields } = await confirmation(agent);
      expectRefusal(await agent.post(action, {}));
      expectRefusal(await agent.post(action, { csrf: `${fields.csrf}x` }));
      expectRefusal(await agent.post(action, { csrf: '' }));
    });

    it('with the token of an interaction’s form', async () => {
      const { action } = await confirmation(agent);
      const page = await agent.follow(authorizeUrl(app.issuer, { prompt: 'consent' }), app.issuer);
      expectRefusal(await agent.post(action, { csrf: formIn(page, 'consent-form').fields.csrf ?? '' }));
    });

    it('for a form sent from another site', async () => {
      const form = await confirmation(agent);
      for (const origin of ['https://evil.example', 'null', `${app.issuer}.evil.example`]) {
        expectRefusal(await submit(agent, form, { origin }));
      }
    });

    it('with the token of another session, the user’s own included', async () => {
      const elsewhere = new Agent();
      await openApps(app, elsewhere);
      expectRefusal(await submit(agent, await confirmation(elsewhere)));
    });

    it('for a form of somebody who was logged in here before', async () => {
      const stranger = new Agent();
      await obtainTokens(app.issuer, stranger);
      const form = await confirmation(stranger);
      await walk(stranger, app.issuer, authorizeUrl(app.issuer, { prompt: 'login' }), {
        username: OTHER_USER.email,
      });
      expectRefusal(await submit(stranger, form));
    });

    it('to what another user agreed to', async () => {
      const stranger = new Agent();
      await register(app, { client_id: 'strangers-own' });
      await logIn(
        await relyingParty(app, { clientId: 'strangers-own' }),
        stranger,
        {},
        { username: OTHER_USER.email },
      );
      const { fields } = await confirmation(stranger, 'strangers-own');
      await app.services.consents.withdraw({ userId: OTHER_USER.id, clientId: WEB, actor: 'operator:test' });
      const page = await stranger.post(revokeUrl(app, WEB), fields);
      expect(page.location).to.equal(appsUrl(app));
    });

    it('for somebody who is not logged in', async () => {
      const nobody = new Agent();
      const page = await submit(nobody, await confirmation(agent));
      expect({ status: page.status, location: page.location }).to.deep.equal({
        status: 303,
        location: appsUrl(app),
      });
    });

    it('by a GET with everything in the address, or a field twice', async () => {
      const { action, fields } = await confirmation(agent);
      await agent.get(`${action}?${new URLSearchParams(fields)}`);
      const body = `csrf=${fields.csrf}&csrf=${fields.csrf}`;
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      expect((await agent.request(action, { method: 'POST', body, headers })).status).to.equal(400);
    });

    it('when the audit trail cannot be written, and can be repeated', async () => {
      const inspector = await openInspector(app.dataDir);
      const form = await confirmation(agent);
      try {
        await inspector.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE SQLSTATE '57P01'; END $$`);
        await inspector.query(`CREATE TRIGGER refuse BEFORE INSERT ON oauth_audit_event FOR EACH ROW
          WHEN (NEW.type = 'consent.withdrawn') EXECUTE FUNCTION refuse()`);
        const page = await agent.submit(form);
        expect(page.status).to.equal(503);
        expect(page.headers.get('retry-after')).to.equal('2');
        expect(errorCode(page)).to.equal('temporarily_unavailable');
      } finally {
        await inspector.query('DROP FUNCTION refuse CASCADE');
        await inspector.close();
      }
    });
  });

  it('is a 503 page while the stores are away', async () => {
    const { stores } = app.services;
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const { listByUser } = stores.consents;
    stores.consents.listByUser = async () => {
      throw new StoreUnavailableError();
    };
    try {
      const page = await agent.get(appsUrl(app));
      expect(page.status).to.equal(503);
      expect(page.headers.get('retry-after')).to.equal('2');
      expect(errorCode(page)).to.equal('temporarily_unavailable');
    } finally {
      stores.consents.listByUser = listByUser;
    }
    expect((await agent.get(appsUrl(app))).status).to.equal(200);
  });
});
