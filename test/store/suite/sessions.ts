// Owns: the suite of SessionStore: round trips, endings, merges of parallel saves.
import { expect } from 'chai';
import { login, openTab, seedSession, sessionRecord } from './session-support.js';
import {
  atOnce,
  later,
  NOW,
  newId,
  newKey,
  newUserId,
  present,
  seedUser,
  TEXT,
  type Use,
} from './support.js';

export function describeSessions(use: Use): void {
  describe('sessions', () => {
    it('gives back what was stored, by key and by uid', async () => {
      const { sessions } = use();
      const key = newKey();
      const record = sessionRecord({
        ...login(await seedUser(use()), later(1)),
        amr: ['pwd', 'otp'],
        transient: true,
        authorizations: { [newId()]: { sid: 's', grantId: 'g', persistsLogout: true, text: TEXT } },
        state: { secret: TEXT, clientId: null },
        issuedAt: later(2),
        expiresAt: later(3),
      });
      await sessions.save({ key, record });
      for (const found of [await sessions.find(key), await sessions.findByUid(record.uid)]) {
        const { version, ...session } = present(found);
        expect(version).to.be.a('number');
        expect(session).to.deep.equal(record);
      }
    });

    it('leaves out optional members that were not given', async () => {
      const { sessions } = use();
      const found = await sessions.find(await seedSession(sessions));
      const members = [found?.userId, found?.acr, found?.amr, found?.authTime, found?.state];
      expect(members).to.deep.equal(Array(5).fill(undefined));
      expect(found?.authorizations).to.deep.equal({});
    });

    it('finds nothing under unknown keys and uids', async () => {
      const { sessions } = use();
      expect(await sessions.find(newKey())).to.equal(undefined);
      expect(await sessions.findByUid(newId())).to.equal(undefined);
      await sessions.destroy(newKey());
      expect(await sessions.destroyByUser(newUserId())).to.deep.equal([]);
    });

    it('ends one session, by key', async () => {
      const { sessions } = use();
      const [key, other] = [await seedSession(sessions), await seedSession(sessions)];
      const { base } = await openTab(sessions, key);
      await sessions.destroy(key);
      expect(await sessions.find(key)).to.equal(undefined);
      expect(await sessions.findByUid(base.uid)).to.equal(undefined);
      expect(await sessions.find(other)).to.not.equal(undefined);
    });

    it("ends all of one user's sessions and counts them", async () => {
      const { sessions } = use();
      const [userId, stranger] = [await seedUser(use()), await seedUser(use())];
      const mine = [
        await seedSession(sessions, login(userId, NOW)),
        await seedSession(sessions, login(userId, NOW)),
      ];
      const other = await seedSession(sessions, login(stranger, NOW));
      const anonymous = await seedSession(sessions);
      expect(await sessions.destroyByUser(userId)).to.have.length(2);
      for (const key of mine) expect(await sessions.find(key)).to.equal(undefined);
      expect(await sessions.find(other)).to.not.equal(undefined);
      expect(await sessions.find(anonymous)).to.not.equal(undefined);
    });

    it("takes one client out of all of one user's sessions, once, and tells each sid", async () => {
      const { sessions } = use();
      const [userId, stranger] = [await seedUser(use()), await seedUser(use())];
      const clientId = newId();
      const part = (sid?: string) => ({ authorizations: { [clientId]: { sid }, other: { sid: 'o' } } });
      const keys = await Promise.all(
        ['one', 'two', undefined].map((sid) =>
          seedSession(sessions, { ...login(userId, NOW), ...part(sid) }),
        ),
      );
      await seedSession(sessions, { ...login(userId, NOW), authorizations: { other: { sid: 'o' } } });
      const theirs = await seedSession(sessions, { ...login(stranger, NOW), ...part('theirs') });
      const tab = await openTab(sessions, keys[0] ?? '');

      const ended = (await atOnce(4, () => sessions.endAuthorizations(userId, clientId))).flat();
      const uids = await Promise.all(keys.map(async (key) => present(await sessions.find(key)).uid));
      expect(ended.map(({ uid }) => uid)).to.have.members(uids);
      expect(ended.map(({ sid }) => sid)).to.have.members(['one', 'two', undefined]);
      // Somebody who has read it before saves it later, with something else changed.
      await tab.save({ authorizations: { ...tab.base.authorizations, new: { sid: 'n' } } });
      for (const key of keys) {
        expect(present(await sessions.find(key)).authorizations).to.not.have.property(clientId);
        expect(present(await sessions.find(key)).authorizations).to.have.property('other');
      }
      expect(present(await sessions.find(theirs)).authorizations).to.have.property(clientId);
      expect(await sessions.endAuthorizations(newUserId(), clientId)).to.deep.equal([]);
    });

    describeMerges(use);
    describeEndings(use);
    describeAccountSwitch(use);
  });
}

function describeMerges(use: Use): void {
  it('stores what a save changed, removals included', async () => {
    const { sessions } = use();
    const key = await seedSession(sessions, {
      ...login(await seedUser(use()), NOW),
      authorizations: { a: { sid: '1' } },
      state: { secret: 'x' },
    });
    const tab = await openTab(sessions, key);
    await tab.save({ acr: undefined, state: undefined, expiresAt: later(99), authorizations: {} });
    const found = await sessions.find(key);
    expect([found?.acr, found?.state, found?.authorizations]).to.deep.equal([undefined, undefined, {}]);
    expect(found?.expiresAt).to.deep.equal(later(99));
    expect([found?.userId, found?.amr]).to.deep.equal([tab.base.userId, ['pwd']]);
  });

  it('keeps the authorizations of 20 parallel saves from the same base', async () => {
    const { sessions } = use();
    const key = await seedSession(sessions, {
      ...login(await seedUser(use()), NOW),
      authorizations: { old: {} },
    });
    const tabs = await atOnce(20, () => openTab(sessions, key));
    await atOnce(20, async (i) => {
      const tab = present(tabs[i]);
      await tab.save({
        authorizations: { ...tab.base.authorizations, [`client-${i}`]: { sid: `sid-${i}` } },
      });
    });
    const expected = Array.from({ length: 20 }, (_, i) => [`client-${i}`, { sid: `sid-${i}` }]);
    const found = await sessions.find(key);
    expect(found?.authorizations).to.deep.equal({ old: {}, ...Object.fromEntries(expected) });
  });

  it("does not undo the removal of one client's authorization by a parallel save", async () => {
    const { sessions } = use();
    const authorizations = { kept: { sid: '1' }, removed: { sid: '2' } };
    const key = await seedSession(sessions, { ...login(await seedUser(use()), NOW), authorizations });
    const [remover, adder] = [await openTab(sessions, key), await openTab(sessions, key)];
    await remover.save({ authorizations: { kept: { sid: '1' } } });
    await adder.save({ authorizations: { ...authorizations, added: { sid: '3' } } });
    expect((await sessions.find(key))?.authorizations).to.deep.equal({
      kept: { sid: '1' },
      added: { sid: '3' },
    });
  });

  it('takes an undefined member for an absent one, not for a change', async () => {
    const { sessions } = use();
    const authorizations = { a: { sid: '1' } };
    const key = await seedSession(sessions, { ...login(await seedUser(use()), NOW), authorizations });
    const [remover, other] = [await openTab(sessions, key), await openTab(sessions, key)];
    await remover.save({ authorizations: {} });
    await other.save({ authorizations: { a: { sid: '1', grantId: undefined } } });
    expect((await sessions.find(key))?.authorizations).to.deep.equal({});
  });

  it('does not undo a change by a parallel save that did not touch it', async () => {
    const { sessions } = use();
    const authorizations = { a: { sid: '1' }, b: { sid: '2' } };
    const key = await seedSession(sessions, { ...login(await seedUser(use()), NOW), authorizations });
    const [first, second] = [await openTab(sessions, key), await openTab(sessions, key)];
    const state = { secret: 'logout' };
    await first.save({
      authorizations: { ...authorizations, a: { sid: '1', grantId: 'g' } },
      state,
      acr: 'high',
    });
    await second.save({
      authorizations: { ...authorizations, b: { sid: '2', grantId: 'h' } },
      expiresAt: later(77),
    });
    const found = await sessions.find(key);
    expect(found?.authorizations).to.deep.equal({
      a: { sid: '1', grantId: 'g' },
      b: { sid: '2', grantId: 'h' },
    });
    expect([found?.state, found?.acr, found?.expiresAt]).to.deep.equal([state, 'high', later(77)]);
  });
}

function describeEndings(use: Use): void {
  it('does not revive a session that was ended since it was read', async () => {
    const { sessions } = use();
    const key = await seedSession(sessions, login(await seedUser(use()), NOW));
    const [saving, rotating] = [await openTab(sessions, key), await openTab(sessions, key)];
    await sessions.destroy(key);
    await saving.save({ authorizations: { a: {} } });
    const rotated = await rotating.rotate({ authorizations: { b: {} } });
    expect(await sessions.find(key)).to.equal(undefined);
    expect(await sessions.find(rotated)).to.equal(undefined);
    expect(await sessions.findByUid(saving.base.uid)).to.equal(undefined);
  });

  it('lets logout win against a save at the same moment', async () => {
    const { sessions } = use();
    const userId = await seedUser(use());
    for (let round = 0; round < 10; round += 1) {
      const key = await seedSession(sessions, login(userId, NOW));
      const tab = await openTab(sessions, key);
      const ending = round % 2 === 0 ? () => sessions.destroy(key) : () => sessions.destroyByUser(userId);
      const save = () => tab.save({ authorizations: { a: {} } });
      await Promise.all(round % 4 < 2 ? [ending(), save()] : [save(), ending()]);
      expect(await sessions.find(key)).to.equal(undefined);
    }
  });
}

function describeAccountSwitch(use: Use): void {
  it("replaces everything when another account logs in, keeping none of the first one's", async () => {
    const { sessions } = use();
    const [first, second] = [await seedUser(use()), await seedUser(use())];
    const key = await seedSession(sessions);
    const [one, two] = [await openTab(sessions, key), await openTab(sessions, key)];
    await one.save({ ...login(first, later(1)), acr: 'first', authorizations: { a: { sid: 'first' } } });
    await two.save({ userId: second, authTime: later(2), authorizations: { b: { sid: 'second' } } });
    const found = await sessions.find(key);
    expect([found?.userId, found?.authTime]).to.deep.equal([second, later(2)]);
    expect(found?.authorizations).to.deep.equal({ b: { sid: 'second' } });
    expect([found?.acr, found?.amr]).to.deep.equal([undefined, undefined]);
  });

  it('gives another account nothing from a save that began before it logged in', async () => {
    const { sessions } = use();
    const [first, second] = [await seedUser(use()), await seedUser(use())];
    const key = await seedSession(sessions, {
      ...login(first, NOW),
      authorizations: { a: { sid: 'first' } },
    });
    const [stale, switching] = [await openTab(sessions, key), await openTab(sessions, key)];
    await switching.save({ ...login(second, later(2)), authorizations: { b: { sid: 'second' } } });
    await stale.save({ authorizations: { a: { sid: 'first' }, c: { sid: 'first' } }, acr: 'stale' });
    const found = await sessions.findByUid(stale.base.uid);
    expect([found?.userId, found?.acr]).to.deep.equal([second, 'urn:acr:1']);
    expect(found?.authorizations).to.deep.equal({ b: { sid: 'second' } });
  });
}
