// `forget`: nothing of ours names the user afterwards.
import { expect } from 'chai';
import { createUserAccess } from '../../src/grants/user-access.js';
import { systemClock } from '../../src/lib/clock.js';
import { createUserService } from '../../src/users/service.js';
import { Agent } from '../support/agent.js';
import { authorizeUrl, exchangeCode, OTHER_USER, startApp, type TestApp, USER } from '../support/app.js';
import { openLogin } from '../support/browsing.js';
import { type Inspector, openInspector } from '../support/inspector.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { eventually } from '../support/production/waiting.js';
import { register } from '../support/relying-party.js';
import { AUTHOR, logIn, pendingCode, whatWorks } from '../support/user-operations.js';
import { answer, goOn, questionOn } from '../support/walk.js';

const IP = '203.0.113.77';
const NAMES = [USER.id, USER.name, USER.email, USER.phone, IP];

describe('forgetting a user', () => {
  let app: TestApp;
  let inspector: Inspector;

  before(async () => {
    app = await startApp({ env: { TRUST_PROXY: '1' } });
    inspector = await openInspector(app.dataDir);
  });
  after(async () => {
    await inspector.close();
    await app.close();
  });

  const forget = (userId = USER.id) => app.services.users.forget(userId, AUTHOR);

  /** Rows, outside of the site's own table, that name the user or where they were. */
  async function traces(): Promise<string[]> {
    const rows = (await inspector.dump()).split('\n').filter((row) => !row.startsWith('users '));
    return rows.filter((row) => NAMES.some((name) => row.toLowerCase().includes(name.toLowerCase())));
  }

  it('leaves nothing that names them, of all that using the service left', async () => {
    const login = await logIn(app.issuer, { offline: true, ip: IP });
    await logIn(app.issuer, { ip: IP });
    const stranger = await logIn(app.issuer, { offline: true, username: OTHER_USER.email });
    const code = await pendingCode(login, app.issuer);
    // Half way: who has not logged in yet but is hinted at, who has not agreed yet, and who comes with an ID token.
    await openLogin(new Agent(), app.issuer, { login_hint: USER.email.toUpperCase() });
    await answer(new Agent(), await openLogin(login.agent, app.issuer, { prompt: 'login' }), 'login').catch(
      () => {},
    );
    await login.agent.follow(authorizeUrl(app.issuer, { prompt: 'consent' }), app.issuer);
    expect(await traces()).to.not.be.empty;

    const forgotten = await forget();
    expect(forgotten).to.include({ userId: USER.id, sessions: 2, consents: 1 });
    expect(forgotten.grants).to.be.at.least(2);
    expect(forgotten.refreshTokens).to.equal(1);
    expect(forgotten.artifacts).to.be.at.least(2);
    expect(await traces()).to.deep.equal([]);
    expect(await whatWorks(login, app.issuer)).to.deep.equal({
      browser: false,
      access: false,
      refresh: false,
    });
    expect((await exchangeCode(app.issuer, code)).status).to.equal(400);
    expect(await whatWorks(stranger, app.issuer)).to.deep.equal({
      browser: true,
      access: true,
      refresh: true,
    });
    expect((await app.services.stores.users.find(USER.id))?.name).to.equal(USER.name);
  });

  it('is told of under the pseudonym, which is the same in the events that remain', async () => {
    await logIn(app.issuer, { ip: IP });
    await forget();
    const [event] = await app.services.stores.audit.list({ type: 'user.forgotten', limit: 1 });
    expect(event).to.include(AUTHOR);
    expect(event?.userId).to.equal(undefined);
    const pseudonym = String(event?.details?.pseudonym);
    expect(pseudonym).to.match(/^~[a-z0-9]{7}$/);
    expect(event?.details).to.include({ sessions: 1, consents: 1, grants: 1 });
    const events = await app.services.stores.audit.list({ userId: pseudonym, limit: 99 });
    expect(events.map(({ type }) => type))
      .to.include('consent.granted')
      .and.include('token.issued');
  });

  it('twice at once, and again, is as good as once', async () => {
    await logIn(app.issuer, { offline: true, ip: IP });
    const both = await Promise.all([forget(), forget()]);
    expect(both.map(({ sessions }) => sessions).sort()).to.deep.equal([0, 1]);
    expect(both.map(({ grants }) => grants).sort()).to.deep.equal([0, 1]);
    expect(await forget()).to.include({
      sessions: 0,
      consents: 0,
      grants: 0,
      refreshTokens: 0,
      auditEvents: 0,
    });
    expect(await traces()).to.deep.equal([]);
  });

  it('ends a login that is half way, and somebody who begins anew is a stranger', async () => {
    const agent = new Agent();
    const page = await answer(agent, await openLogin(agent, app.issuer), 'login');
    await forget();
    const end = await goOn(agent, app.issuer, page.location ?? '');
    expect(questionOn(end) ?? end.status).to.be.oneOf(['login', 400]);
    expect(await traces()).to.deep.equal([]);
    // Nothing of before is remembered: they are asked what everybody is asked.
    const anew = new Agent();
    const asked = await answer(anew, await openLogin(anew, app.issuer), 'login');
    expect(questionOn(await goOn(anew, app.issuer, asked))).to.equal('consent');
    await forget();
  });

  it('works while tokens are being refreshed and codes redeemed', async () => {
    const login = await logIn(app.issuer, { offline: true, ip: IP });
    const code = await pendingCode(login, app.issuer);
    const requests = Promise.allSettled([
      whatWorks(login, app.issuer),
      exchangeCode(app.issuer, code),
      logIn(app.issuer, { ip: IP }),
    ]);
    await forget();
    await requests;
    await forget();
    expect(await traces()).to.deep.equal([]);
    expect((await whatWorks(login, app.issuer)).access).to.equal(false);
  });

  it('works for a user the site has deleted already', async () => {
    const gone = { ...OTHER_USER, id: '10000009', email: 'gone@example.com', phone: '+8613800138009' };
    const { stores, hasher } = app.services;
    await stores.users.save({ ...gone, hashedPassword: await hasher.hash('correct horse battery staple') });
    const login = await logIn(app.issuer, { offline: true, username: gone.email });
    await inspector.query('DELETE FROM users WHERE id = $1', [gone.id]);
    const forgotten = await forget(gone.id);
    expect(forgotten.auditEvents).to.be.above(0);
    expect(forgotten.artifacts).to.be.above(0);
    expect((await whatWorks(login, app.issuer)).access).to.equal(false);
    expect((await inspector.dump()).includes(gone.id)).to.equal(false);
  });

  it('leaves no id beside the pseudonym: not of whom a seed file made, nor of who forgets themselves', async () => {
    const { stores, hasher, audit, clock } = app.services;
    const users = createUserService({ users: stores.users, hasher, audit, clock });
    const id = 'seeded01';
    const nothing = { phone: undefined, avatar: undefined, language_preference: undefined };
    const about = { name: 'Seeded', email: 'seeded@example.com', is_verified: true, is_active: true };
    await users.apply({ id, ...about, ...nothing }, 'operator:seed');
    await app.services.users.forget(id, { actor: `user:${id}`, ip: IP, requestId: 'own' });
    const rows = (await inspector.dump()).split('\n').filter((row) => !row.startsWith('users '));
    expect(rows.filter((row) => row.includes(id) || row.includes(IP))).to.deep.equal([]);
    const [event] = await stores.audit.list({ type: 'user.forgotten', limit: 1 });
    expect(event).to.include({ actor: `user:${event?.details?.pseudonym}`, requestId: 'own' });
    expect((await app.services.auditTrail.verify()).problems).to.deep.equal([]);
  });

  it('tells the apps, and what became of that is written down under the pseudonym', async () => {
    const receiver = await openLogoutReceiver();
    try {
      await register(app, { client_id: 'web-app', backchannel_logout_uri: receiver.uri });
      await logIn(app.issuer, { ip: IP });
      await forget();
      expect(await receiver.tokens(1)).to.have.length(1);
      const sent = await eventually(5_000, async () => {
        const [event] = await app.services.stores.audit.list({ type: 'backchannel_logout.sent', limit: 1 });
        if (!event) throw new Error('not written down');
        return event;
      });
      expect(sent.userId).to.match(/^~/);
      expect(await traces()).to.deep.equal([]);
    } finally {
      await receiver.close();
      await register(app, { client_id: 'web-app', backchannel_logout_uri: undefined });
    }
  });

  it('that is interrupted keeps everything or nothing, and can be done again', async () => {
    const login = await logIn(app.issuer, { offline: true, ip: IP });
    const { stores, consents, audit } = app.services;
    const interrupted = createUserAccess({
      stores,
      consents,
      audit,
      clock: systemClock,
      tell: {
        note: async () => {
          throw new Error('nobody is told of what did not happen');
        },
        begin: () => {},
      },
      rememberedSeconds: 60,
      pseudonymise: async () => {
        throw new Error('killed');
      },
    });
    const failure = await interrupted.forget(USER.id, AUTHOR).catch((error: Error) => error.message);
    expect(failure).to.equal('killed');
    expect((await consents.list(USER.id)).length).to.equal(1);
    expect((await stores.grants.listByUser(USER.id)).length).to.be.above(0);
    expect((await stores.sessions.list({ userId: USER.id, limit: 9 })).length).to.equal(1);
    await forget();
    expect(await traces()).to.deep.equal([]);
    expect(await whatWorks(login, app.issuer)).to.deep.equal({
      browser: false,
      access: false,
      refresh: false,
    });
  });

  it('takes along what else names the user, in the same unit of work', async () => {
    const { stores, consents, audit } = app.services;
    await logIn(app.issuer);
    const asked: string[] = [];
    const access = createUserAccess({
      stores,
      consents,
      audit,
      clock: systemClock,
      tell: { note: async () => {}, begin: () => {} },
      rememberedSeconds: 60,
      pseudonymise: async () => 0,
      others: { roles: async (userId) => (asked.push(userId) === 1 ? 2 : 0) },
    });
    expect((await access.forget(USER.id, AUTHOR)).others).to.deep.equal({ roles: 2 });
    expect(asked).to.deep.equal([USER.id, USER.id]);
  });
});
