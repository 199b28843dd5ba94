// Owns: the suite of GrantStore and ConsentStore.
import { expect } from 'chai';
import {
  atOnce,
  expectRecord,
  later,
  NOW,
  newId,
  newUserId,
  seedClient,
  seedGrant,
  seedUser,
  TEXT,
  type Use,
} from './support.js';

export function describeGrants(use: Use): void {
  describe('grants', () => {
    it('gives back what was stored', async () => {
      const grant = await seedGrant(use(), {
        scopes: ['openid', 'profile'],
        claims: ['name', 'email'],
        details: { text: TEXT, resources: { 'https://api.example': ['read'] } },
        issuedAt: later(1),
        expiresAt: later(999),
      });
      expectRecord(await use().grants.find(grant.id), grant);
    });

    it('replaces a grant that is stored again', async () => {
      const { grants } = use();
      const grant = await seedGrant(use(), { details: { old: true } });
      const second = { ...grant, scopes: ['openid', 'email'], details: {}, expiresAt: later(9_999_999) };
      await grants.upsert(second);
      expectRecord(await grants.find(grant.id), second);
    });

    it('finds nothing under unknown ids', async () => {
      const { grants } = use();
      expect(await grants.find(newId())).to.equal(undefined);
      await grants.revoke(newId(), NOW);
      expect(await grants.revokeByUser(newUserId(), undefined, NOW)).to.deep.equal([]);
    });

    it('does not find a revoked grant, nor bring it back when it is stored again', async () => {
      const { grants } = use();
      const grant = await seedGrant(use());
      const other = await seedGrant(use(), { userId: grant.userId, clientId: grant.clientId });
      await grants.revoke(grant.id, NOW);
      expect(await grants.find(grant.id)).to.equal(undefined);
      await grants.upsert({ ...grant, expiresAt: later(9_999_999) });
      expect(await grants.find(grant.id)).to.equal(undefined);
      expect(await grants.find(other.id)).to.not.equal(undefined);
    });

    it('revokes all grants of a user, or those for one client, and says which', async () => {
      const { grants } = use();
      const first = await seedGrant(use());
      const { userId } = first;
      const second = await seedGrant(use(), { userId, clientId: first.clientId });
      const third = await seedGrant(use(), { userId });
      const stranger = await seedGrant(use(), { clientId: first.clientId });
      const forClient = await grants.revokeByUser(userId, first.clientId, NOW);
      expect(forClient).to.have.members([first.id, second.id]);
      expect(await grants.find(first.id)).to.equal(undefined);
      expect(await grants.find(second.id)).to.equal(undefined);
      expect(await grants.find(third.id)).to.not.equal(undefined);
      expect(await grants.revokeByUser(userId, undefined, NOW)).to.include(third.id);
      expect(await grants.find(third.id)).to.equal(undefined);
      expect(await grants.find(stranger.id)).to.not.equal(undefined);
    });
  });
}

export function describeConsents(use: Use): void {
  describe('consents', () => {
    it('remembers what was agreed to, and adds to it', async () => {
      const { consents } = use();
      const [userId, clientId] = [await seedUser(use()), await seedClient(use())];
      await consents.add(userId, clientId, ['openid', 'openid'], ['name'], NOW);
      const first = {
        userId,
        clientId,
        scopes: ['openid'],
        claims: ['name'],
        grantedAt: NOW,
        updatedAt: NOW,
      };
      expectRecord(await consents.find(userId, clientId), first);
      await consents.add(userId, clientId, ['email', 'openid'], ['name', 'email'], later(5));
      const found = await consents.find(userId, clientId);
      expect(found?.scopes).to.have.members(['openid', 'email']);
      expect(found?.claims).to.have.members(['name', 'email']);
      expect(found?.grantedAt).to.deep.equal(NOW);
      expect(found?.updatedAt).to.deep.equal(later(5));
      expect(found?.lastUsedAt).to.equal(undefined);
    });

    it('keeps every one of 30 concurrent additions', async () => {
      const { consents } = use();
      const [userId, clientId] = [await seedUser(use()), await seedClient(use())];
      await atOnce(30, (i) =>
        consents.add(userId, clientId, ['openid', `scope-${i}`], [`claim-${i}`], later(i)),
      );
      const found = await consents.find(userId, clientId);
      const numbers = Array.from({ length: 30 }, (_, i) => i);
      expect(found?.scopes).to.have.members(['openid', ...numbers.map((i) => `scope-${i}`)]);
      expect(found?.claims).to.have.members(numbers.map((i) => `claim-${i}`));
    });

    it('notes when a consent was last used, and only that', async () => {
      const { consents } = use();
      const [userId, clientId] = [await seedUser(use()), await seedClient(use())];
      await consents.touch(userId, clientId, NOW);
      expect(await consents.find(userId, clientId)).to.equal(undefined);
      await consents.add(userId, clientId, ['openid'], [], NOW);
      await consents.touch(userId, clientId, later(7));
      await consents.add(userId, clientId, ['openid'], [], later(8));
      const found = await consents.find(userId, clientId);
      expect(found?.lastUsedAt).to.deep.equal(later(7));
      expect(found?.grantedAt).to.deep.equal(NOW);
    });

    it("lists one user's consents", async () => {
      const { consents } = use();
      const [userId, stranger] = [await seedUser(use()), await seedUser(use())];
      const [a, b] = [await seedClient(use()), await seedClient(use())];
      await consents.add(userId, a, ['openid'], [], NOW);
      await consents.add(userId, b, ['email'], [], NOW);
      await consents.add(stranger, a, ['phone'], [], NOW);
      const listed = await consents.listByUser(userId);
      expect(listed.map(({ clientId, scopes }) => [clientId, ...scopes])).to.have.deep.members([
        [a, 'openid'],
        [b, 'email'],
      ]);
      expect(await consents.listByUser(newUserId())).to.deep.equal([]);
    });

    it('deletes one consent, says whether there was one, and starts anew after', async () => {
      const { consents } = use();
      const userId = await seedUser(use());
      const [a, b] = [await seedClient(use()), await seedClient(use())];
      await consents.add(userId, a, ['openid', 'email'], ['name'], NOW);
      await consents.add(userId, b, ['openid'], [], NOW);
      expect(await consents.delete(userId, a)).to.equal(true);
      expect(await consents.delete(userId, a)).to.equal(false);
      expect(await consents.find(userId, a)).to.equal(undefined);
      expect(await consents.find(userId, b)).to.not.equal(undefined);
      await consents.add(userId, a, ['phone'], [], later(3));
      const found = await consents.find(userId, a);
      expect([found?.scopes, found?.claims, found?.grantedAt]).to.deep.equal([['phone'], [], later(3)]);
    });
  });
}
