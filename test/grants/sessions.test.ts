// Sessions as operators see them: lists in pages, and ending one as a logout does.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { AppError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import { startApp, type TestApp, USER } from '../support/app.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { logIn as logInAt, register, relyingParty } from '../support/relying-party.js';
import { AUTHOR, logIn, whatWorks } from '../support/user-operations.js';

/** The status of the error `work` is refused with. */
async function refusalOf(work: Promise<unknown>): Promise<number | undefined> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.statusCode : undefined;
}

describe('sessions, for operators', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.close());
  const uids = async (userId = USER.id) =>
    (await app.services.sessions.list({ userId })).items.map(({ uid }) => uid);

  afterEach(async () => {
    await app.services.stores.sessions.destroyByUser(USER.id);
  });

  it('end with the tokens that were given for as long as the user is logged in', async () => {
    const login = await logIn(app.issuer);
    const [first = ''] = await uids();
    const other = await logIn(app.issuer);
    const ended = await app.services.sessions.end(first, AUTHOR);
    expect(ended).to.deep.equal({ uid: first, userId: USER.id, clientIds: ['web-app'], grants: 1 });
    expect(await whatWorks(login, app.issuer)).to.include({ browser: false, access: false });
    expect(await whatWorks(other, app.issuer)).to.include({ browser: true, access: true });
    expect(await uids()).to.have.length(1);
    const granted = await app.services.stores.grants.listByUser(USER.id);
    expect(granted.map(({ revokedAt }) => revokedAt !== undefined).sort()).to.deep.equal([false, true]);
  });

  it('end, and leave what an app was given beyond them', async () => {
    const login = await logIn(app.issuer, { offline: true });
    const [uid = ''] = await uids();
    expect((await app.services.sessions.end(uid, AUTHOR)).grants).to.equal(0);
    expect(await whatWorks(login, app.issuer)).to.deep.equal({ browser: false, access: true, refresh: true });
  });

  it('end once, for one of several at the same moment, and that is written down', async () => {
    await logIn(app.issuer);
    const [uid = ''] = await uids();
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => refusalOf(app.services.sessions.end(uid, AUTHOR))),
    );
    expect(outcomes.filter((status) => status === undefined)).to.have.length(1);
    expect(outcomes.filter((status) => status === 404)).to.have.length(4);
    const events = await app.services.stores.audit.list({
      type: 'session.ended',
      userId: USER.id,
      limit: 99,
    });
    const [event] = events;
    expect(events.filter(({ details }) => details?.session === uid)).to.have.length(1);
    expect(event).to.include(AUTHOR);
    expect(event?.details).to.deep.equal({ session: uid, clients: ['web-app'], grants: 1 });
  });

  it('tell the apps that take part, each by its own sid', async () => {
    const receiver = await openLogoutReceiver();
    try {
      const settings = { backchannel_logout_uri: receiver.uri, backchannel_logout_session_required: true };
      await register(app, { client_id: 'told', ...settings });
      const rp = await relyingParty(app, { clientId: 'told' });
      const { tokens } = await logInAt(rp, new Agent());
      const [uid = ''] = await uids();
      await app.services.sessions.end(uid, AUTHOR);
      const [token = ''] = await receiver.tokens(1);
      const { sub, sid } = decodeJwt(token);
      expect([sub, sid]).to.deep.equal([USER.id, decodeJwt(tokens.id_token ?? '').sid]);
    } finally {
      await receiver.close();
    }
  });

  it('that nobody has are refused, and nothing changes', async () => {
    await logIn(app.issuer);
    for (const uid of ['', 'none', 'a\0b', '\ud800']) {
      expect(await refusalOf(app.services.sessions.end(uid, AUTHOR)), uid).to.equal(404);
      expect(await refusalOf(app.services.sessions.get(uid)), uid).to.equal(404);
    }
    expect(await uids()).to.have.length(1);
  });

  it('are ended whole or not at all', async () => {
    const login = await logIn(app.issuer);
    const [uid = ''] = await uids();
    const { audit } = app.services.stores;
    const append = audit.append.bind(audit);
    audit.append = async () => {
      throw new Error('the audit trail is away');
    };
    try {
      await app.services.sessions.end(uid, AUTHOR).catch(() => {});
    } finally {
      audit.append = append;
    }
    expect(await whatWorks(login, app.issuer)).to.include({ browser: true, access: true });
  });

  describe('in pages', () => {
    const list = (filter: object) => app.services.sessions.list(filter);

    it('come each once, the latest first, and the last page says so', async () => {
      for (let n = 0; n < 3; n += 1) await logIn(app.issuer);
      const all = (await list({ userId: USER.id })).items.map(({ uid }) => uid);
      const first = await list({ userId: USER.id, limit: 2 });
      const second = await list({ userId: USER.id, limit: 2, cursor: first.next });
      expect([...first.items, ...second.items].map(({ uid }) => uid)).to.deep.equal(all);
      expect(second.next).to.equal(undefined);
      expect((await list({ userId: USER.id, limit: 3 })).next).to.equal(undefined);
    });

    it('are of one app, and none that has expired', async () => {
      await logIn(app.issuer);
      expect((await list({ clientId: 'web-app' })).items).to.have.length(1);
      expect((await list({ clientId: 'spa' })).items).to.deep.equal([]);
    });

    const bad: [string, object][] = [
      ['a limit of nothing', { limit: 0 }],
      ['a limit too high', { limit: 201 }],
      ['a limit that is no whole number', { limit: 1.5 }],
      ['a cursor that is none', { cursor: 'x' }],
      ['an empty cursor', { cursor: '' }],
      ['a cursor of another list', { cursor: Buffer.from('["10000001","web-app"]').toString('base64url') }],
      ['a cursor with a NUL', { cursor: Buffer.from('["2026-01-01","\\u0000"]').toString('base64url') }],
      ['a cursor of another shape', { cursor: Buffer.from('{"a":1}').toString('base64url') }],
    ];
    for (const [what, filter] of bad) {
      it(`are refused with ${what}`, async () => {
        expect(await refusalOf(list(filter))).to.equal(400);
      });
    }
  });
});
