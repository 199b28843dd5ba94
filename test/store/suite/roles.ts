// Owns: the suite of RoleStore.
import { expect } from 'chai';
import { atOnce, expectRecord, later, NOW, newUserId, seedUser, type Use } from './support.js';

export function describeRoles(use: Use): void {
  describe('roles', () => {
    it('gives back what was granted, and keeps the first grant', async () => {
      const { roles } = use();
      const userId = await seedUser(use());
      const record = { userId, role: 'admin', grantedAt: NOW, grantedBy: 'operator:张三' };
      expect(await roles.has(userId, 'admin')).to.equal(false);
      expect(await roles.grant(record)).to.equal(true);
      expect(await roles.grant({ ...record, grantedAt: later(5), grantedBy: 'system' })).to.equal(false);
      const [found, ...rest] = await roles.listByUser(userId);
      expectRecord(found, record);
      expect(rest).to.deep.equal([]);
      expect(await roles.has(userId, 'admin')).to.equal(true);
    });

    it('tells roles and users apart', async () => {
      const { roles } = use();
      const [userId, other] = [await seedUser(use()), await seedUser(use())];
      await roles.grant({ userId, role: 'b', grantedAt: NOW, grantedBy: 'system' });
      await roles.grant({ userId, role: 'a', grantedAt: NOW, grantedBy: 'system' });
      expect((await roles.listByUser(userId)).map(({ role }) => role)).to.deep.equal(['a', 'b']);
      expect(await roles.has(other, 'a')).to.equal(false);
      expect(await roles.listByUser(newUserId())).to.deep.equal([]);
    });

    it('has a role no more once it is taken away', async () => {
      const { roles } = use();
      const userId = await seedUser(use());
      await roles.grant({ userId, role: 'admin', grantedAt: NOW, grantedBy: 'system' });
      expect(await roles.revoke(userId, 'admin')).to.equal(true);
      expect(await roles.revoke(userId, 'admin')).to.equal(false);
      expect(await roles.has(userId, 'admin')).to.equal(false);
    });

    it('forgets a user: what they had, and that they granted anything', async () => {
      const { roles } = use();
      const [userId, other] = [await seedUser(use()), await seedUser(use())];
      await roles.grant({ userId, role: 'admin', grantedAt: NOW, grantedBy: 'system' });
      await roles.grant({ userId: other, role: 'admin', grantedAt: NOW, grantedBy: `user:${userId}` });
      expect(await roles.forget(userId)).to.equal(2);
      expect(await roles.listByUser(userId)).to.deep.equal([]);
      expect((await roles.listByUser(other))[0]?.grantedBy).to.equal('user:~');
      expect(await roles.forget(userId)).to.equal(0);
    });

    it('is granted and taken away by one of several at once', async () => {
      const { roles } = use();
      const userId = await seedUser(use());
      const record = { userId, role: 'admin', grantedAt: NOW, grantedBy: 'system' };
      const granted = await atOnce(8, () => roles.grant(record));
      expect(granted.filter(Boolean)).to.have.lengthOf(1);
      const revoked = await atOnce(8, () => roles.revoke(userId, 'admin'));
      expect(revoked.filter(Boolean)).to.have.lengthOf(1);
    });
  });
}
