// Owns: the suite of what is asked about one user as a whole: lists, and deleting all there is.
import { expect } from 'chai';
import type { SessionFilter } from '../../../src/store/ports/index.js';
import { login, seedSession } from './session-support.js';
import {
  artifactRecord,
  atOnce,
  HOUR,
  later,
  NOW,
  newId,
  newKey,
  newUserId,
  refreshTokenRecord,
  seedClient,
  seedGrant,
  seedUser,
  type Use,
} from './support.js';

export function describeHoldings(use: Use): void {
  describe('what a user has', () => {
    describeSessionLists(use);
    describeConsentLists(use);
    describeDeletion(use);
    describeNaming(use);
  });
}

function describeSessionLists(use: Use): void {
  it('lists sessions, the latest first, page by page, each once', async () => {
    const { sessions } = use();
    const [userId, stranger] = [await seedUser(use()), await seedUser(use())];
    for (const ms of [3, 1, 1, 1, 2])
      await seedSession(sessions, { ...login(userId, NOW), issuedAt: later(ms) });
    await seedSession(sessions, { ...login(stranger, NOW), issuedAt: later(9) });
    const found = [];
    let after: SessionFilter['after'];
    for (let pages = 0; pages < 9; pages += 1) {
      const page = await sessions.list({ userId, limit: 2, after });
      found.push(...page);
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(found.map(({ issuedAt }) => issuedAt.getTime() - NOW.getTime())).to.deep.equal([3, 2, 1, 1, 1]);
    expect(new Set(found.map(({ uid }) => uid)).size).to.equal(5);
    expect(new Set(found.map((session) => session.userId))).to.deep.equal(new Set([userId]));
  });

  it('lists sessions of one client, those that live, and never those of nobody', async () => {
    const { sessions } = use();
    const userId = await seedUser(use());
    const clientId = `${newId()}'"%`;
    const issuedAt = later(1e12);
    const mine = { ...login(userId, NOW), issuedAt };
    await seedSession(sessions, {
      ...mine,
      authorizations: { [clientId]: { sid: '1' } },
      expiresAt: later(5),
    });
    await seedSession(sessions, { ...mine, authorizations: { other: { sid: '2' } }, expiresAt: later(9) });
    await seedSession(sessions, { issuedAt });
    const sids = async (filter: Partial<SessionFilter>) =>
      (await sessions.list({ limit: 50, ...filter }))
        .filter((session) => session.issuedAt.getTime() === issuedAt.getTime())
        .map(({ authorizations }) => Object.values(authorizations)[0]?.sid)
        .sort();
    expect(await sids({})).to.deep.equal(['1', '2']);
    expect(await sids({ clientId })).to.deep.equal(['1']);
    expect(await sids({ userId, liveAt: later(5) })).to.deep.equal(['2']);
    expect(await sids({ userId: newUserId() })).to.deep.equal([]);
  });

  it('ends a session by its uid and tells what it was, to one of many at once', async () => {
    const { sessions } = use();
    const userId = await seedUser(use());
    const key = await seedSession(sessions, { ...login(userId, NOW), authorizations: { a: { sid: 's' } } });
    const other = await seedSession(sessions, login(userId, NOW));
    const uid = (await sessions.find(key))?.uid ?? '';
    const ended = (await atOnce(5, () => sessions.destroyByUid(uid))).filter((one) => one !== undefined);
    expect(ended.map((one) => [one.uid, one.userId, one.authorizations.a?.sid])).to.deep.equal([
      [uid, userId, 's'],
    ]);
    expect([await sessions.find(key), await sessions.findByUid(uid)]).to.deep.equal([undefined, undefined]);
    expect(await sessions.find(other)).to.not.equal(undefined);
    expect(await sessions.destroyByUid(newId())).to.equal(undefined);
  });

  it("tells what a user's sessions were when it ends them", async () => {
    const { sessions } = use();
    const userId = await seedUser(use());
    await seedSession(sessions, { ...login(userId, NOW), authorizations: { a: { grantId: 'g' } } });
    await seedSession(sessions, login(userId, NOW));
    const ended = (await atOnce(3, () => sessions.destroyByUser(userId))).flat();
    expect(ended.map(({ authorizations }) => authorizations.a?.grantId ?? '-').sort()).to.deep.equal([
      '-',
      'g',
    ]);
  });
}

function describeConsentLists(use: Use): void {
  it('lists consents by user and by client, page by page, each once', async () => {
    const { consents } = use();
    const [first, second] = [await seedUser(use()), await seedUser(use())];
    const clients = [await seedClient(use()), await seedClient(use()), await seedClient(use())];
    for (const clientId of clients) await consents.add(first, clientId, ['openid'], [], NOW);
    await consents.add(second, clients[0] ?? '', ['openid'], ['name'], later(1));
    const found: string[] = [];
    let after: { userId: string; clientId: string } | undefined;
    for (let pages = 0; pages < 9; pages += 1) {
      const page = await consents.list({ userId: first, limit: 2, after });
      found.push(...page.map(({ clientId }) => clientId));
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(found).to.have.length(3).and.have.members(clients);
    const ofClient = await consents.list({ clientId: clients[0], limit: 10 });
    expect(ofClient.map(({ userId }) => userId)).to.have.members([first, second]);
    const both = await consents.list({ userId: second, clientId: clients[1], limit: 10 });
    expect(both).to.deep.equal([]);
    const [consent] = await consents.list({ userId: second, limit: 10 });
    expect([consent?.claims, consent?.grantedAt, consent?.lastUsedAt]).to.deep.equal([
      ['name'],
      later(1),
      undefined,
    ]);
  });

  it("deletes all of a user's consents, and says for whom they were", async () => {
    const { consents } = use();
    const [userId, stranger] = [await seedUser(use()), await seedUser(use())];
    const [a, b] = [await seedClient(use()), await seedClient(use())];
    for (const clientId of [a, b]) await consents.add(userId, clientId, [], [], NOW);
    await consents.add(stranger, a, [], [], NOW);
    expect((await atOnce(3, () => consents.deleteByUser(userId))).flat()).to.have.members([a, b]);
    expect(await consents.find(userId, a)).to.equal(undefined);
    expect(await consents.find(stranger, a)).to.not.equal(undefined);
  });
}

function describeDeletion(use: Use): void {
  it('lists grants and refresh tokens of a user, revoked and used ones too', async () => {
    const { grants, refreshTokens } = use();
    const first = await seedGrant(use(), { issuedAt: later(1) });
    const second = await seedGrant(use(), { userId: first.userId, issuedAt: later(2) });
    await seedGrant(use());
    const [used, fresh] = [newKey(), newKey()];
    await refreshTokens.upsert(used, refreshTokenRecord(first, { issuedAt: later(1) }));
    await refreshTokens.upsert(fresh, refreshTokenRecord(second, { issuedAt: later(2), rotations: 3 }));
    await refreshTokens.consume(used, later(7));
    await grants.revoke(first.id, later(8));
    const listed = await grants.listByUser(first.userId);
    expect(listed.map(({ id, revokedAt }) => [id, revokedAt])).to.deep.equal([
      [second.id, undefined],
      [first.id, later(8)],
    ]);
    const tokens = await refreshTokens.listByUser(first.userId);
    expect(
      tokens.map(({ grantId, consumedAt, rotations }) => [grantId, consumedAt, rotations]),
    ).to.deep.equal([
      [second.id, undefined, 3],
      [first.id, later(7), 0],
    ]);
    expect([await grants.listByUser(newUserId()), await refreshTokens.listByUser(newUserId())]).to.deep.equal(
      [[], []],
    );
  });

  for (const inUnit of [false, true]) {
    it(`deletes a user's grants and what hangs on them${inUnit ? ', as part of a unit of work' : ''}`, async () => {
      const { grants, refreshTokens, artifacts, unitOfWork } = use();
      const live = await seedGrant(use());
      const { userId } = live;
      const revoked = await seedGrant(use(), { userId });
      const stranger = await seedGrant(use(), { clientId: live.clientId });
      const [token, theirs, code] = [newKey(), newKey(), newKey()];
      await refreshTokens.upsert(token, refreshTokenRecord(live));
      await refreshTokens.upsert(theirs, refreshTokenRecord(stranger));
      await artifacts.upsert('AuthorizationCode', code, artifactRecord({ grantId: live.id }));
      await grants.revoke(revoked.id, NOW);
      const run = () => grants.deleteByUser(userId);
      const deleted = inUnit
        ? await unitOfWork.run(async () => ({ commit: true, value: await run() }), { atOnce: true })
        : await run();
      expect(deleted.grantIds).to.have.members([live.id, revoked.id]);
      expect(deleted.refreshTokens).to.equal(1);
      expect(await grants.listByUser(userId)).to.deep.equal([]);
      expect(await refreshTokens.listByUser(userId)).to.deep.equal([]);
      expect(await refreshTokens.find(token)).to.equal(undefined);
      expect(await artifacts.find('AuthorizationCode', code)).to.equal(undefined);
      expect(await refreshTokens.find(theirs)).to.not.equal(undefined);
      expect(await grants.deleteByUser(userId)).to.deep.equal({ grantIds: [], refreshTokens: 0 });
    });
  }

  it('keeps everything when the unit of work it was deleted in is undone', async () => {
    const { grants, consents, sessions, unitOfWork } = use();
    const grant = await seedGrant(use());
    const { userId, clientId } = grant;
    await consents.add(userId, clientId, ['openid'], [], NOW);
    const key = await seedSession(sessions, login(userId, NOW));
    const uid = (await sessions.find(key))?.uid ?? '';
    await unitOfWork.run(
      async () => {
        await consents.deleteByUser(userId);
        await grants.deleteByUser(userId);
        await sessions.destroyByUid(uid);
        await sessions.destroyByUser(userId);
        return { commit: false, value: undefined };
      },
      { atOnce: true },
    );
    expect(await grants.find(grant.id)).to.not.equal(undefined);
    expect(await consents.find(userId, clientId)).to.not.equal(undefined);
    expect(await sessions.find(key)).to.not.equal(undefined);
  });
}

function describeNaming(use: Use): void {
  it('deletes every artifact that names somebody, wherever, and nobody else’s', async () => {
    const { artifacts } = use();
    const id = newUserId().replace(/[^0-9A-Za-z]/g, 'x');
    const email = `a.b+${newUserId()}%_@example.com`;
    const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
    const naming: Record<string, object> = {
      account: { accountId: id },
      session: { session: { accountId: id, uid: 'u' } },
      login: { result: { login: { accountId: id } } },
      hint: { params: { login_hint: email.toUpperCase() } },
      token: { params: { id_token_hint: jwt({ sub: id }) } },
      claims: { params: { claims: JSON.stringify({ id_token: { sub: { value: id } } }) } },
    };
    const others: Record<string, object> = {
      other: { accountId: newUserId() },
      case: { accountId: id.toLowerCase() === id ? id.toUpperCase() : id.toLowerCase() },
      longer: { accountId: `${id}x`, iat: `9${id}` },
      address: { params: { login_hint: `x${email}` } },
      broken: { params: { id_token_hint: 'no.JWT' } },
      empty: {},
    };
    const keys = new Map(Object.keys({ ...naming, ...others }).map((name) => [name, newKey()]));
    for (const [name, payload] of Object.entries({ ...naming, ...others })) {
      const record = artifactRecord({ payload: { ...payload }, expiresAt: new Date(Date.now() + HOUR) });
      await artifacts.upsert('Interaction', keys.get(name) ?? '', record);
    }
    await artifacts.consume('Interaction', keys.get('account') ?? '', NOW);
    expect(await artifacts.destroyNaming([id, email])).to.equal(6);
    for (const [name, key] of keys) {
      const isThere = (await artifacts.find('Interaction', key)) !== undefined;
      expect(isThere, name).to.equal(name in others);
    }
    expect(await artifacts.destroyNaming([id, email])).to.equal(0);
    expect(await artifacts.destroyNaming([])).to.equal(0);
  });
}
