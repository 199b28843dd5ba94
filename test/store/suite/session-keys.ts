// Owns: the suite of a session's keys: rotation, parallel rotation, fixation.
import { expect } from 'chai';
import type { SessionStore } from '../../../src/store/ports/index.js';
import { login, openTab, seedSession } from './session-support.js';
import { later, NOW, seedUser, type Use } from './support.js';

/** Expects the keys to be those of the session `uid`, or of none. */
async function expectKeys(
  sessions: SessionStore,
  uid: string,
  { alive, dead }: { alive: string[]; dead: string[] },
): Promise<void> {
  for (const key of alive) expect((await sessions.find(key))?.uid, 'a live key').to.equal(uid);
  for (const key of dead) expect(await sessions.find(key), 'a dead key').to.equal(undefined);
}

export function describeSessionKeys(use: Use): void {
  describe('session keys', () => {
    it('are replaced by rotation: the old one is dead, the session is the same', async () => {
      const { sessions } = use();
      const key = await seedSession(sessions);
      const tab = await openTab(sessions, key);
      const rotated = await tab.rotate(login(await seedUser(use()), later(1)));
      await expectKeys(sessions, tab.base.uid, { alive: [rotated], dead: [key] });
      const again = await openTab(sessions, rotated);
      const third = await again.rotate({ authorizations: { a: {} } });
      await expectKeys(sessions, tab.base.uid, { alive: [third], dead: [key, rotated] });
      expect((await sessions.find(third))?.userId).to.equal(again.base.userId);
    });

    it('both work when two tabs log the same user in at once; the old one is dead', async () => {
      const { sessions } = use();
      const userId = await seedUser(use());
      const key = await seedSession(sessions);
      const [a, b] = [await openTab(sessions, key), await openTab(sessions, key)];
      const [keyA, keyB] = await Promise.all([
        a.rotate({ ...login(userId, later(1)), authorizations: { a: { sid: 'a' } } }),
        b.rotate({ ...login(userId, later(2)), authorizations: { b: { sid: 'b' } } }),
      ]);
      await expectKeys(sessions, a.base.uid, { alive: [keyA, keyB], dead: [key] });
      const found = await sessions.find(keyA);
      expect(found?.userId).to.equal(userId);
      expect(found?.authorizations).to.deep.equal({ a: { sid: 'a' }, b: { sid: 'b' } });
    });

    it('both work when two tabs rotate at once without a login', async () => {
      const { sessions } = use();
      const key = await seedSession(sessions, login(await seedUser(use()), NOW));
      const [a, b] = [await openTab(sessions, key), await openTab(sessions, key)];
      const [keyA, keyB] = await Promise.all([a.rotate({}), b.rotate({ authorizations: { b: {} } })]);
      await expectKeys(sessions, a.base.uid, { alive: [keyA, keyB], dead: [key] });
    });

    it('all end with the session', async () => {
      const { sessions } = use();
      const userId = await seedUser(use());
      const key = await seedSession(sessions);
      const [a, b] = [await openTab(sessions, key), await openTab(sessions, key)];
      const keyA = await a.rotate(login(userId, later(1)));
      const keyB = await b.rotate(login(userId, later(2)));
      await sessions.destroy(keyA);
      await expectKeys(sessions, a.base.uid, { alive: [], dead: [key, keyA, keyB] });
      expect(await sessions.findByUid(a.base.uid)).to.equal(undefined);
    });

    it('come back for a parallel request when they were rotated without a login', async () => {
      const { sessions } = use();
      const key = await seedSession(sessions, login(await seedUser(use()), NOW));
      const [rotating, saving] = [await openTab(sessions, key), await openTab(sessions, key)];
      const rotated = await rotating.rotate({});
      await saving.save({ authorizations: { a: {} } });
      await expectKeys(sessions, saving.base.uid, { alive: [key, rotated], dead: [] });
      expect((await sessions.find(rotated))?.authorizations).to.deep.equal({ a: {} });
    });

    it('do not come back once somebody logged in (fixation)', async () => {
      const { sessions } = use();
      const planted = await seedSession(sessions);
      const [victim, attacker] = [await openTab(sessions, planted), await openTab(sessions, planted)];
      const rotating = await openTab(sessions, planted);
      const own = await victim.rotate({
        ...login(await seedUser(use()), later(1)),
        authorizations: { a: {} },
      });
      await attacker.save({ authorizations: { evil: {} } });
      const rotated = await rotating.rotate({ state: { secret: 'evil' } });
      await expectKeys(sessions, victim.base.uid, { alive: [own], dead: [planted, rotated] });
      const found = await sessions.find(own);
      expect([found?.authorizations, found?.state]).to.deep.equal([{ a: {} }, undefined]);
    });

    it('do not come back once the user authenticated anew, but the rest of the save is kept', async () => {
      const { sessions } = use();
      const userId = await seedUser(use());
      const key = await seedSession(sessions, login(userId, NOW));
      const [anew, saving] = [await openTab(sessions, key), await openTab(sessions, key)];
      const rotated = await anew.rotate(login(userId, later(60_000)));
      await saving.save({ authorizations: { a: {} } });
      await expectKeys(sessions, saving.base.uid, { alive: [rotated], dead: [key] });
      expect((await sessions.find(rotated))?.authorizations).to.deep.equal({ a: {} });
      expect((await sessions.find(rotated))?.authTime).to.deep.equal(later(60_000));
    });

    it('stay with a parallel request whose key is still alive after another login', async () => {
      const { sessions } = use();
      const userId = await seedUser(use());
      const key = await seedSession(sessions);
      const [a, b] = [await openTab(sessions, key), await openTab(sessions, key)];
      const keyA = await a.rotate(login(userId, later(1)));
      const [saving, rotating] = [await openTab(sessions, keyA), await openTab(sessions, keyA)];
      const keyB = await b.rotate(login(userId, later(2)));
      await saving.save({ authorizations: { a: {} } });
      await expectKeys(sessions, a.base.uid, { alive: [keyA, keyB], dead: [key] });
      const rotated = await rotating.rotate({});
      await expectKeys(sessions, a.base.uid, { alive: [rotated, keyB], dead: [key, keyA] });
    });

    it('of parallel logins all give way to a new login', async () => {
      const { sessions } = use();
      const userId = await seedUser(use());
      const key = await seedSession(sessions);
      const [a, b] = [await openTab(sessions, key), await openTab(sessions, key)];
      const keyA = await a.rotate(login(userId, later(1)));
      const keyB = await b.rotate(login(userId, later(2)));
      const own = await (await openTab(sessions, keyB)).rotate(login(userId, later(60_000)));
      await expectKeys(sessions, a.base.uid, { alive: [own], dead: [key, keyA, keyB] });
    });

    it('of an account die when another logs in beside it', async () => {
      const { sessions } = use();
      const [mallory, victim] = [await seedUser(use()), await seedUser(use())];
      const planted = await seedSession(sessions);
      const [a, b] = [await openTab(sessions, planted), await openTab(sessions, planted)];
      const malloryKey = await a.rotate(login(mallory, later(1)));
      const victimKey = await b.rotate(login(victim, later(2)));
      await expectKeys(sessions, a.base.uid, { alive: [victimKey], dead: [planted, malloryKey] });
      expect((await sessions.find(victimKey))?.userId).to.equal(victim);
    });

    it('got by rotating in parallel before a login die with it (fixation)', async () => {
      const { sessions } = use();
      const key = await seedSession(sessions);
      const [a, b] = [await openTab(sessions, key), await openTab(sessions, key)];
      const [held, planted] = [await a.rotate({}), await b.rotate({})];
      const victim = await openTab(sessions, planted);
      const own = await victim.rotate(login(await seedUser(use()), later(1)));
      await expectKeys(sessions, victim.base.uid, { alive: [own], dead: [key, held, planted] });
    });
  });
}
