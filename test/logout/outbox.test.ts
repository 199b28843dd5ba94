// The outbox of logout tokens: whoever logs out waits for nobody, and every app is told in the end.
import { expect } from 'chai';
import { systemClock } from '../../src/lib/clock.js';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import type { NewDelivery } from '../../src/store/ports/index.js';
import { freePort, type TestApp, USER } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { openInspector } from '../support/inspector.js';
import {
  claimsOf,
  deliveriesOf,
  listen,
  logInAt,
  note,
  SHORT,
  startSendingApp,
  untilState,
} from '../support/logout-outbox.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { eventually } from '../support/production/waiting.js';
import { AUTHOR } from '../support/user-operations.js';
import { goOn, walk } from '../support/walk.js';

const PATH = '/backchannel-logout';

describe('the outbox of logout tokens', () => {
  let app: TestApp;
  let clientId: string;
  let count = 0;

  before(async () => {
    app = await startSendingApp();
  });
  after(() => app.close());

  beforeEach(() => {
    count += 1;
    clientId = `listener-${count}`;
  });

  const logOut = async (who: Awaited<ReturnType<typeof logInAt>>) =>
    (await walk(who.agent, app.issuer, `${app.issuer}/api/oauth/logout`)).page;

  const audited = (type: string) => app.services.stores.audit.list({ type, clientId, limit: 20 });

  it('lets the user log out while the app is down, and tells it once it is back', async () => {
    const port = await freePort();
    await listen(app, clientId, `http://localhost:${port}${PATH}`);
    const who = await logInAt(app, clientId);
    expect((await logOut(who)).text).to.include('id="signed-out"');
    await untilState(app, clientId, 'failed');
    const receiver = await openLogoutReceiver(port);
    try {
      const [token] = await receiver.tokens(1);
      expect(claimsOf(token)).to.include({ sub: USER.id, sid: who.sids[clientId], aud: clientId });
      const sent = await untilState(app, clientId, 'sent');
      expect(sent.attempts).to.be.above(1);
      expect(sent.subjectSealed).to.equal(undefined);
      expect(receiver.received).to.have.length(1);
    } finally {
      await receiver.close();
    }
  });

  it('answers the logout before an app that hangs is through with', async () => {
    const receiver = await openLogoutReceiver();
    receiver.answer = 'hang';
    try {
      await listen(app, clientId, receiver.uri);
      await logOut(await logInAt(app, clientId));
      const [delivery] = await deliveriesOf(app, clientId);
      expect(delivery?.state).to.equal('pending');
      expect((await untilState(app, clientId, 'failed')).lastError).to.match(/timeout/i);
    } finally {
      await receiver.close();
    }
  });

  it('makes a fresh token for each attempt, and writes down the first failure and the success', async () => {
    const receiver = await openLogoutReceiver();
    receiver.answer = 500;
    try {
      await listen(app, clientId, receiver.uri);
      await logOut(await logInAt(app, clientId));
      await receiver.tokens(3);
      receiver.answer = 200;
      const sent = await untilState(app, clientId, 'sent');
      const tokens = (await receiver.tokens(sent.attempts)).map(claimsOf);
      expect(tokens).to.have.length(sent.attempts);
      expect(new Set(tokens.map(({ jti }) => jti)).size).to.equal(sent.attempts);
      for (const { iat = 0, exp = 0, sid } of tokens) {
        expect(exp - iat).to.equal(120);
        expect(sid).to.equal(tokens[0]?.sid);
      }
      const [failed, ...more] = await audited('backchannel_logout.failed');
      expect(more).to.deep.equal([]);
      expect(failed?.details).to.include({ delivery: sent.id, attempts: 1, given_up: false });
      const [success] = await eventually(5_000, async () => {
        const events = await audited('backchannel_logout.sent');
        if (events.length === 0) throw new Error('not written down');
        return events;
      });
      expect(success).to.deep.include({
        userId: USER.id,
        details: { delivery: sent.id, attempts: sent.attempts },
      });
    } finally {
      await receiver.close();
    }
  });

  it('lets an app that hangs hold up nobody else, and asks it no more than eight things at once', async () => {
    const [poison, receiver] = [await openLogoutReceiver(), await openLogoutReceiver()];
    poison.answer = 'hang';
    try {
      const other = `${clientId}-other`;
      await listen(app, clientId, poison.uri);
      await listen(app, other, receiver.uri);
      const who = await logInAt(app, clientId, other);
      const early = Array.from({ length: 40 }, (_, n) => `early-${n}`);
      await note(app, { clientId, sids: early });
      await poison.tokens(8);
      await logOut(who);
      await receiver.tokens(1);
      expect(poison.mostAtOnce).to.equal(8);
      expect((await deliveriesOf(app, other))[0]?.attempts).to.equal(1);
    } finally {
      await poison.close();
      await receiver.close();
    }
  });

  it('gives up after a while, and sends again when an operator says so', async () => {
    const impatient = await startSendingApp({
      overrides: { deliverySchedule: { ...SHORT, giveUpMs: 400 } },
    });
    const receiver = await openLogoutReceiver();
    receiver.answer = 503;
    try {
      await listen(impatient, clientId, receiver.uri);
      const who = await logInAt(impatient, clientId);
      await walk(who.agent, impatient.issuer, `${impatient.issuer}/api/oauth/logout`);
      const gone = await untilState(impatient, clientId, 'given_up');
      expect(gone.lastError).to.include('503');
      const filter = { type: 'backchannel_logout.failed', clientId, limit: 9 };
      const [last] = await impatient.services.stores.audit.list(filter);
      expect(last?.details).to.include({ given_up: true, delivery: gone.id });
      receiver.answer = 204;
      const { deliveries } = impatient.services;
      expect(await deliveries.resend(clientId, 'failed', AUTHOR)).to.deep.equal([gone.id]);
      expect(await untilState(impatient, clientId, 'sent')).to.include({ id: gone.id, attempts: 1 });
    } finally {
      await receiver.close();
      await impatient.close();
    }
  });

  it('tells of a user who was forgotten meanwhile, and keeps no name', async () => {
    const inspector = await openInspector(app.dataDir);
    const port = await freePort();
    try {
      await listen(app, clientId, `http://localhost:${port}${PATH}`);
      const [away, here] = [await logInAt(app, clientId), await logInAt(app, clientId)];
      await logOut(away);
      await untilState(app, clientId, 'failed');
      await app.services.users.forget(USER.id, AUTHOR);
      const rows = (await inspector.dump()).split('\n').filter((row) => row.includes('logout_delivery'));
      expect(rows.filter((row) => row.includes(USER.id))).to.deep.equal([]);
      const receiver = await openLogoutReceiver(port);
      try {
        const claims = (await receiver.tokens(2)).map(claimsOf);
        expect(claims.map(({ sub }) => sub)).to.deep.equal([USER.id, USER.id]);
        const sids = [away.sids[clientId], here.sids[clientId]];
        expect(claims.map(({ sid }) => sid)).to.have.members(sids);
      } finally {
        await receiver.close();
      }
      for (const { userId } of await audited('backchannel_logout.sent')) expect(userId).to.match(/^~/);
    } finally {
      await inspector.close();
    }
  });

  it('tells of a user whom the site has deleted meanwhile; forgetting them takes the last trace', async () => {
    const { stores, hasher } = app.services;
    const gone = { ...USER, id: '10000077', email: 'gone@example.com', phone: '+8613800138077' };
    await stores.users.save({ ...gone, hashedPassword: await hasher.hash('correct horse battery staple') });
    const inspector = await openInspector(app.dataDir);
    const port = await freePort();
    try {
      await listen(app, clientId, `http://localhost:${port}${PATH}`);
      await note(app, { clientId, sids: ['the-sid'], userId: gone.id });
      await inspector.query('DELETE FROM users WHERE id = $1', [gone.id]);
      await untilState(app, clientId, 'failed');
      const [delivery] = await deliveriesOf(app, clientId);
      expect(delivery?.userId).to.equal(undefined);
      const { others } = await app.services.users.forget(gone.id, AUTHOR);
      expect(others).to.include({ logout_deliveries: 1 });
      const receiver = await openLogoutReceiver(port);
      try {
        expect(claimsOf((await receiver.tokens(1))[0])).to.include({ sub: gone.id, sid: 'the-sid' });
      } finally {
        await receiver.close();
      }
    } finally {
      await inspector.close();
    }
  });

  it('goes on where it was after a restart', async () => {
    const port = await freePort();
    await listen(app, clientId, `http://localhost:${port}${PATH}`);
    await logOut(await logInAt(app, clientId));
    await untilState(app, clientId, 'failed');
    const receiver = await openLogoutReceiver(port);
    try {
      await app.restart();
      app.services.backchannelLogout.start();
      await receiver.tokens(1);
      await untilState(app, clientId, 'sent');
    } finally {
      await receiver.close();
    }
  });

  it('waits for a client that is switched off, and tells it when it is back', async () => {
    const receiver = await openLogoutReceiver();
    receiver.answer = 500;
    try {
      await listen(app, clientId, receiver.uri);
      await logOut(await logInAt(app, clientId));
      await untilState(app, clientId, 'failed');
      await app.services.clients.setActive(clientId, false, AUTHOR);
      await eventually(5_000, async () => {
        const [delivery] = await deliveriesOf(app, clientId);
        if (!delivery?.lastError?.includes('switched off')) throw new Error('not noticed');
      });
      receiver.answer = 204;
      await app.services.clients.setActive(clientId, true, AUTHOR);
      await untilState(app, clientId, 'sent');
    } finally {
      await receiver.close();
    }
  });

  it('is part of what a user is told we hold of them', async () => {
    const receiver = await openLogoutReceiver();
    try {
      await listen(app, clientId, receiver.uri);
      const who = await logInAt(app, clientId);
      await logOut(who);
      await untilState(app, clientId, 'sent');
      const { logout_deliveries: told } = await app.services.users.export(USER.id);
      const mine = (told as Record<string, unknown>[]).find(({ client_id: id }) => id === clientId);
      expect(mine).to.include({ state: 'sent', sid: who.sids[clientId], user_id: USER.id });
    } finally {
      await receiver.close();
    }
  });
});

describe('a logout that cannot be written down', () => {
  it('is no logout: it is answered 503, and works when it is tried again', async () => {
    const stores = createMemoryStores(systemClock);
    let isDown = false;
    const logoutDeliveries = {
      ...stores.logoutDeliveries,
      async add(delivery: NewDelivery) {
        if (isDown) throw new StoreUnavailableError({});
        await stores.logoutDeliveries.add(delivery);
      },
    };
    const app = await startSendingApp({ overrides: { stores: { ...stores, logoutDeliveries } } });
    const receiver = await openLogoutReceiver();
    try {
      await listen(app, 'listener', receiver.uri);
      const { agent } = await logInAt(app, 'listener');
      isDown = true;
      const { page } = await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      expect(page.status).to.equal(503);
      expect((await goOn(agent, app.issuer, `${app.issuer}/account/apps`)).text).to.include('apps-sign-out');
      isDown = false;
      await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      await receiver.tokens(1);
      expect((await askSilently(agent, app.issuer)).get('error')).to.equal('login_required');
    } finally {
      await receiver.close();
      await app.close();
    }
  });
});
