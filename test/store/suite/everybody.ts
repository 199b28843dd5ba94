// Ending everything of everybody, in batches: whatever began before a moment, and nothing else.
import { expect } from 'chai';
import { seedSession } from './session-support.js';
import { later, present, seedGrant, type Use } from './support.js';

/** Long before anything else in the suite began: the batches meet nothing of other tests. */
const THEN = new Date('2001-01-01T00:00:00Z');
const BEFORE = new Date('2001-06-01T00:00:00Z');

export function describeEverybody(use: Use): void {
  describe('ending everything of everybody', () => {
    it('ends sessions that began before, so many at a time, until there are none', async () => {
      const { sessions } = use();
      const keys = await Promise.all([1, 2, 3].map(() => seedSession(sessions, { issuedAt: THEN })));
      const young = await seedSession(sessions);
      const counts = [
        (await sessions.destroyNext(BEFORE, 2)).length,
        (await sessions.destroyNext(BEFORE, 2)).length,
        (await sessions.destroyNext(BEFORE, 2)).length,
      ];
      expect(counts).to.deep.equal([2, 1, 0]);
      for (const key of keys) expect(await sessions.find(key)).to.equal(undefined);
      expect(await sessions.find(young)).to.not.equal(undefined);
    });

    it('revokes grants that were made before, in the order of ids, and says where to go on', async () => {
      const { grants } = use();
      const old = await Promise.all([1, 2, 3].map(() => seedGrant(use(), { issuedAt: THEN })));
      const dead = present(old[0]);
      await grants.revoke(dead.id, later(0));
      const young = await seedGrant(use());
      const revoked: string[] = [];
      for (let after: string | undefined = ''; after !== undefined; ) {
        const batch: { ids: string[]; next: string | undefined } = await grants.revokeNext(
          { after, before: BEFORE, size: 2 },
          later(0),
        );
        revoked.push(...batch.ids);
        after = batch.next;
      }
      expect(revoked).to.have.members(old.slice(1).map(({ id }) => id));
      for (const { id } of old) expect(await grants.find(id)).to.equal(undefined);
      expect(await grants.find(young.id)).to.not.equal(undefined);
    });
  });
}
