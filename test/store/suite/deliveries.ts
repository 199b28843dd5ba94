// Owns: the suite of LogoutDeliveryStore.
import { expect } from 'chai';
import type { ClaimedDelivery, NewDelivery } from '../../../src/store/ports/index.js';
import {
  atOnce,
  expectRecord,
  HOUR,
  later,
  NOW,
  newId,
  newUserId,
  present,
  seedClient,
  seedUser,
  type Use,
} from './support.js';

const SEALED = 'v1.sealed';
const LEASE = 1_000;

export function describeDeliveries(use: Use): void {
  const store = () => use().logoutDeliveries;

  /** A delivery for a client of its own, unless said otherwise. */
  async function seed(over: Partial<NewDelivery> = {}): Promise<NewDelivery> {
    const delivery: NewDelivery = {
      id: newId(),
      clientId: over.clientId ?? (await seedClient(use())),
      userId: 'userId' in over ? over.userId : await seedUser(use()),
      subjectSealed: SEALED,
      createdAt: NOW,
      nextAttemptAt: NOW,
      giveUpAt: later(HOUR),
      ...over,
    };
    await store().add(delivery);
    return delivery;
  }

  const find = async ({ id, clientId }: NewDelivery) => (await store().find(clientId, [id]))[0];

  /** Claims everything that is due, again and again, until what is wanted is among it; only that is told. */
  async function claim(
    wanted: readonly NewDelivery[],
    { now = NOW, perClient = 100, limit = 1_000, busy = [] as string[] } = {},
  ): Promise<ClaimedDelivery[]> {
    const ids = new Set(wanted.map(({ id }) => id));
    const until = new Date(now.getTime() + LEASE);
    const claimed = await store().claim({ now, until, limit, perClient, busy });
    return claimed.filter(({ id }) => ids.has(id));
  }

  describe('logout deliveries', () => {
    it('gives back what was added, which is pending', async () => {
      const delivery = await seed({ sid: 'the-sid', auditedAs: '~abcdefg', requestId: 'request' });
      expectRecord(await find(delivery), { ...delivery, state: 'pending', attempts: 0 });
      expect(await store().find(newId(), [delivery.id])).to.deep.equal([]);
    });

    it('adds nothing for a client that is gone', async () => {
      const stray = { clientId: newId(), userId: undefined };
      expect(await find(await seed(stray))).to.equal(undefined);
    });

    it('hands out what is due, once, until the claim runs out', async () => {
      const due = await seed();
      const future = await seed({ nextAttemptAt: later(1) });
      const [claimed, ...rest] = await claim([due, future]);
      expect(rest).to.deep.equal([]);
      expect(claimed).to.include({ id: due.id, attempts: 1, state: 'pending' });
      expect(claimed?.claimedUntil).to.deep.equal(later(LEASE));
      expect(await claim([due], { now: later(LEASE - 1) })).to.deep.equal([]);
      const [again] = await claim([due], { now: later(LEASE) });
      expect(again?.attempts).to.equal(2);
      // Whoever had it first has it no more.
      expect(await store().finish(present(claimed), { state: 'sent', at: NOW })).to.equal(false);
      expect(await store().finish(present(again), { state: 'sent', at: NOW })).to.equal(true);
    });

    it('hands out each to one of many at once', async () => {
      const clientId = await seedClient(use());
      const all: NewDelivery[] = [];
      for (let index = 0; index < 12; index += 1) all.push(await seed({ clientId, userId: undefined }));
      const claims = (await atOnce(6, () => claim(all, { perClient: 3 }))).flat();
      expect(new Set(claims.map(({ id }) => id)).size).to.equal(claims.length);
      expect(claims.length).to.be.above(2);
    });

    it('hands out no more of one client than asked for, and passes over those that are busy', async () => {
      const [full, busy] = [await seedClient(use()), await seedClient(use())];
      const [a, b] = [
        await seed({ clientId: full }),
        await seed({ clientId: full, nextAttemptAt: later(-5) }),
      ];
      const [c, d] = [await seed({ clientId: full }), await seed({ clientId: busy })];
      const first = await claim([a, b, c, d], { perClient: 2, busy: [busy] });
      expect(first.map(({ clientId }) => clientId)).to.deep.equal([full, full]);
      expect(first.map(({ id }) => id)).to.include(b.id);
      const failed = { state: 'failed', error: 'no', nextAttemptAt: NOW } as const;
      for (const one of first) await store().finish(one, failed);
      // Two that failed and one that was never tried: two all the same.
      expect((await claim([a, b, c, d], { perClient: 2, busy: [busy] })).length).to.equal(2);
    });

    it('remembers how an attempt ended, and whom it was about only as long as it matters', async () => {
      const delivery = await seed();
      const [claimed] = await claim([delivery]);
      const failed = { state: 'failed', error: 'TEXT 张三', nextAttemptAt: later(7) } as const;
      await store().finish(present(claimed), failed);
      expectRecord(await find(delivery), {
        ...delivery,
        state: 'failed',
        attempts: 1,
        lastAttemptAt: NOW,
        nextAttemptAt: later(7),
        lastError: failed.error,
      });
      const [again] = await claim([delivery], { now: later(7) });
      await store().finish(present(again), { state: 'sent', at: later(8) });
      const sent = present(await find(delivery));
      expect(sent).to.include({ state: 'sent', attempts: 2, userId: delivery.userId });
      expect([sent.subjectSealed, sent.lastError, sent.nextAttemptAt]).to.deep.equal([
        undefined,
        undefined,
        undefined,
      ]);
      expect(sent.finishedAt).to.deep.equal(later(8));
      expect(await claim([delivery], { now: later(HOUR) })).to.deep.equal([]);
    });

    it('lists those of a client, the latest first, in pages and by state; and those of a user', async () => {
      const clientId = await seedClient(use());
      const userId = await seedUser(use());
      const mine = [];
      for (const ms of [1, 2, 2, 3]) mine.push(await seed({ clientId, userId, createdAt: later(ms) }));
      await seed({ userId: undefined });
      const first = await store().list({ clientId, limit: 2 });
      const after = first.at(-1);
      const rest = await store().list({ clientId, limit: 9, ...(after && { after }) });
      const listed = [...first, ...rest];
      expect(listed.map(({ createdAt }) => createdAt.getTime() - NOW.getTime())).to.deep.equal([3, 2, 2, 1]);
      expect(new Set(listed.map(({ id }) => id)).size).to.equal(4);
      const [claimed] = await claim([present(mine[0])], { perClient: 1 });
      const [any] = claimed ? [claimed] : await claim(mine);
      await store().finish(present(any), { state: 'given_up', error: 'enough', at: NOW });
      expect((await store().list({ clientId, state: 'given_up', limit: 9 })).length).to.equal(1);
      expect((await store().list({ clientId, state: 'sent', limit: 9 })).length).to.equal(0);
      expect((await store().listByUser(userId)).map(({ id }) => id)).to.deep.equal(
        listed.map(({ id }) => id),
      );
    });

    it('makes due again what was sent, failed or given up, but nothing that is being sent', async () => {
      const clientId = await seedClient(use());
      const all = [await seed({ clientId }), await seed({ clientId }), await seed({ clientId })];
      const nobody = await seed({ clientId, userId: undefined });
      const claimed = await claim([...all, nobody]);
      const finish = async (one: NewDelivery, state: 'sent' | 'given_up') => {
        const mine = present(claimed.find(({ id }) => id === one.id));
        await store().finish(mine, state === 'sent' ? { state, at: NOW } : { state, error: 'e', at: NOW });
      };
      const [sent, gone, held] = all.map(present) as [NewDelivery, NewDelivery, NewDelivery];
      await finish(sent, 'sent');
      await finish(gone, 'given_up');
      await finish(nobody, 'given_up');
      const due = { at: later(10), giveUpAt: later(99) };
      expect(await store().resend(clientId, 'failed', due)).to.deep.equal([gone.id]);
      const ids = all.map(({ id }) => id);
      expect(await store().resend(newId(), { ids }, due)).to.deep.equal([]);
      expect(await store().resend(clientId, { ids: [sent.id, held.id, nobody.id] }, due)).to.deep.equal([
        sent.id,
      ]);
      const again = present(await find(sent));
      expect(again).to.include({ state: 'pending', attempts: 0 });
      expect([again.giveUpAt, again.nextAttemptAt]).to.deep.equal([later(99), later(10)]);
      expect((await claim(all, { now: later(10) })).map(({ id }) => id)).to.have.members([sent.id, gone.id]);
    });

    it('forgets a user: what is over goes, the rest goes on under the pseudonym', async () => {
      const clientId = await seedClient(use());
      const [userId, other] = [await seedUser(use()), await seedUser(use())];
      const [over, open] = [await seed({ clientId, userId }), await seed({ clientId, userId })];
      const nameless = await seed({ clientId, userId: undefined });
      const kept = await seed({ clientId, userId: other });
      const claimed = (await claim([over])).find(({ id }) => id === over.id);
      await store().finish(present(claimed), { state: 'sent', at: NOW });
      expect((await store().listSealed({ nameless: true })).map(({ id }) => id)).to.include(nameless.id);
      expect(await store().forget(userId, '~abcdefg', [nameless.id])).to.equal(3);
      expect(await find(over)).to.equal(undefined);
      for (const one of [open, nameless]) {
        expect(await find(one)).to.include({ auditedAs: '~abcdefg', subjectSealed: SEALED });
        expect((await find(one))?.userId).to.equal(undefined);
      }
      expect(await find(kept)).to.include({ userId: other });
      expect(await store().forget(userId, '~gfedcba', [])).to.equal(0);
      expect((await store().listSealed({ nameless: true })).map(({ id }) => id)).to.not.include(open.id);
    });

    it('seals anew only what is still sealed as it was', async () => {
      const delivery = await seed();
      expect((await store().listSealed()).map(({ id }) => id)).to.include(delivery.id);
      expect(await store().replaceSealed(delivery.id, 'v1.other', 'v1.new')).to.equal(false);
      expect(await store().replaceSealed(delivery.id, SEALED, 'v1.new')).to.equal(true);
      expect((await find(delivery))?.subjectSealed).to.equal('v1.new');
    });

    it('counts what is not over, and tells since when the oldest waits', async () => {
      const before = await store().backlog(10_000);
      const oldest = new Date('2000-01-01T00:00:00.000Z');
      await seed({ createdAt: oldest, nextAttemptAt: later(HOUR) });
      const after = await store().backlog(10_000);
      expect(after.count).to.equal(before.count + 1);
      expect(after.oldest).to.deep.equal(oldest);
      expect((await store().backlog(1)).count).to.equal(1);
    });

    it('is kept or undone with the unit of work that added it', async () => {
      const clientId = await seedClient(use());
      const add = (commit: boolean, atOnce: boolean) =>
        use().unitOfWork.run(
          async () => {
            const { id } = await seed({ clientId, userId: undefined });
            return { commit, value: id };
          },
          { atOnce },
        );
      const undone = [await add(false, true), await add(false, false)];
      const kept = [await add(true, true), await add(true, false)];
      expect(await store().find(clientId, undone)).to.deep.equal([]);
      expect((await store().find(clientId, kept)).length).to.equal(2);
    });

    it('goes with its client', async () => {
      const delivery = await seed();
      await use().clients.delete(delivery.clientId);
      expect(await find(delivery)).to.equal(undefined);
    });

    it('names nobody whom the site does not know', async () => {
      const delivery = await seed({ userId: newUserId() });
      const found = present(await find(delivery));
      expect(found.userId).to.equal(undefined);
      expect(found.subjectSealed).to.equal(SEALED);
    });
  });
}
