// Back-channel logout: an app is told that a user's login is over, with a token it can check.
// @see https://openid.net/specs/openid-connect-backchannel-1_0.html
import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type * as client from 'openid-client';
import { revoke } from '../support/account.js';
import { Agent } from '../support/agent.js';
import { OTHER_USER, startApp, type TestApp, USER } from '../support/app.js';
import { type LogoutReceiver, openLogoutReceiver } from '../support/logout-receiver.js';
import { eventually } from '../support/production/waiting.js';
import { logIn, type RelyingParty, register, relyingParty } from '../support/relying-party.js';
import { walk } from '../support/walk.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

describe('back-channel logout', () => {
  let app: TestApp;
  let receiver: LogoutReceiver;
  let rp: RelyingParty;
  let clientId: string;
  let count = 0;

  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  beforeEach(async () => {
    receiver = await openLogoutReceiver();
    await setUp({ backchannel_logout_session_required: true });
  });
  afterEach(() => receiver.close());

  async function setUp(settings: Record<string, unknown>): Promise<void> {
    count += 1;
    clientId = `rp-${count}`;
    await register(app, { client_id: clientId, backchannel_logout_uri: receiver.uri, ...settings });
    rp = await relyingParty(app, { clientId });
  }

  /** The claims of a logout token, checked as an app has to check them. */
  async function verify(token = '') {
    const keys = createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));
    const options = { issuer: app.issuer, audience: clientId, typ: 'logout+jwt', algorithms: ['RS256'] };
    return (await jwtVerify(token, keys, options)).payload;
  }

  const sidOf = (tokens: client.TokenEndpointResponse) => decodeJwt(tokens.id_token ?? '').sid;

  const audited = (type: string, atLeast = 1) =>
    eventually(10_000, async () => {
      const events = await app.services.stores.audit.list({ type, clientId, limit: 20 });
      if (events.length < atLeast) throw new Error(`no ${type}`);
      return events;
    });

  it('is offered by discovery', () => {
    expect(rp.config.serverMetadata()).to.include({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
  });

  describe('when the user takes access away', () => {
    it('sends a signed token for each of the user’s sessions, and for nobody else’s', async () => {
      const [here, there] = [new Agent(), new Agent()];
      const sids = [sidOf((await logIn(rp, here)).tokens), sidOf((await logIn(rp, there)).tokens)];
      expect(new Set(sids)).to.have.property('size', 2);
      await logIn(rp, new Agent(), {}, { username: OTHER_USER.email });
      await logIn(await relyingParty(app), here);
      await revoke(app, here, clientId);
      const claims = await Promise.all((await receiver.tokens(2)).map(verify));
      expect(claims.map(({ sid }) => sid)).to.have.members(sids);
      for (const { sub, events, jti, iat, exp, ...rest } of claims) {
        expect(sub).to.equal(USER.id);
        expect(events).to.deep.equal({ [EVENT]: {} });
        expect(jti).to.be.a('string');
        expect((exp ?? 0) - (iat ?? 0)).to.equal(120);
        expect(rest).to.have.all.keys('iss', 'aud', 'sid');
      }
      expect(new Set(claims.map(({ jti }) => jti))).to.have.property('size', 2);
      const [event] = await audited('backchannel_logout.sent', 2);
      expect(event).to.include({ userId: USER.id, clientId, actor: 'system' });
      expect(receiver.received).to.have.length(2);
    });

    it('sends one token without sid to an app that does not ask for the session', async () => {
      await setUp({});
      const agent = new Agent();
      await logIn(rp, agent);
      await logIn(rp, new Agent());
      await revoke(app, agent, clientId);
      const claims = await verify((await receiver.tokens(1))[0]);
      expect(claims.sub).to.equal(USER.id);
      expect(claims).not.to.have.property('sid');
      await audited('backchannel_logout.sent');
      expect(receiver.received).to.have.length(1);
    });

    it('gives a new login a new sid, and tells of the old one no more', async () => {
      const agent = new Agent();
      const before = sidOf((await logIn(rp, agent)).tokens);
      await revoke(app, agent, clientId);
      await receiver.tokens(1);
      const after = sidOf((await logIn(rp, agent)).tokens);
      expect(after).to.be.a('string').and.not.equal(before);
      await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      const sids = (await receiver.tokens(2)).map((token) => decodeJwt(token).sid);
      expect(sids).to.deep.equal([before, after]);
    });

    it('does not keep the user waiting for an app that does not answer', async () => {
      receiver.answer = 'hang';
      const agent = new Agent();
      await logIn(rp, agent);
      const page = await revoke(app, agent, clientId);
      // The answer was there while the app was still silent.
      expect(page.text).to.include('id="apps-revoked"');
      expect(await app.services.stores.audit.list({ type: 'backchannel_logout.failed', clientId, limit: 1 }))
        .to.be.empty;
      const [event] = await audited('backchannel_logout.failed');
      expect(String(event?.details?.reason)).to.match(/timeout/i);
    });

    it('notes what an app refuses, in the log without the token', async () => {
      receiver.answer = 500;
      const agent = new Agent();
      await logIn(rp, agent);
      await revoke(app, agent, clientId);
      const [event] = await audited('backchannel_logout.failed');
      expect(event?.details?.reason).to.include('got: 500');
      const [token = ''] = await receiver.tokens(1);
      const line = app.logs.find(
        (text) => text.includes('backchannel_logout.failed') && text.includes(clientId),
      );
      expect(line).to.be.a('string');
      expect(app.logs.join('')).not.to.include(token.split('.')[2]);
    });

    it('tells a disabled app nothing', async () => {
      const agent = new Agent();
      await logIn(rp, agent);
      await register(app, { client_id: clientId, backchannel_logout_uri: receiver.uri, is_active: false });
      await revoke(app, agent, clientId);
      await audited('consent.withdrawn');
      await app.restart();
      expect(receiver.received).to.deep.equal([]);
    });
  });

  describe('when the user logs out', () => {
    it('tells every app of the session, once, and says so in the audit trail', async () => {
      const agent = new Agent();
      const sid = sidOf((await logIn(rp, agent)).tokens);
      await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      const claims = await verify((await receiver.tokens(1))[0]);
      expect(claims).to.include({ sub: USER.id, sid });
      const [event] = await audited('backchannel_logout.sent');
      expect(event).to.include({ userId: USER.id, clientId });
      expect(receiver.received).to.have.length(1);
    });

    it('logs the user out even when the app fails', async () => {
      receiver.answer = 500;
      const agent = new Agent();
      await logIn(rp, agent);
      const { page } = await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      expect(page.text).to.include('id="signed-out"');
      const [event] = await audited('backchannel_logout.failed');
      expect(event?.details?.reason).to.include('got: 500');
    });
  });

  it('lets what is under way be written down before the service stops', async () => {
    receiver.answer = 'hang';
    const agent = new Agent();
    await logIn(rp, agent);
    await revoke(app, agent, clientId);
    await app.restart();
    const events = await app.services.stores.audit.list({
      type: 'backchannel_logout.failed',
      clientId,
      limit: 1,
    });
    expect(events).to.have.length(1);
  });
});
