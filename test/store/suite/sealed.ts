// Owns: the suite of what is stored sealed: client secrets that are keys, and what subjects are derived from.
import { expect } from 'chai';
import {
  atOnce,
  HOUR,
  later,
  NOW,
  newId,
  present,
  seedClient,
  seedGrant,
  seedUser,
  type Use,
} from './support.js';

export function describeSealedSecrets(use: Use): void {
  describe('client secrets that are sealed', () => {
    const get = async (clientId: string) => present(await use().clients.findStored(clientId));

    it('are given back with their clients, and listed, whichever way they came', async () => {
      const { clients } = use();
      const [id, other] = [await seedClient(use()), await seedClient(use())];
      await clients.addSecret(id, { secretHash: 'one', sealed: 'sealed one' });
      await clients.addSecret(id, { secretHash: 'two' });
      await clients.replaceSecrets(other, 'three', 'sealed three');
      expect((await get(id)).secrets.map(({ sealed }) => sealed)).to.deep.equal(['sealed one', undefined]);
      const all = (await clients.listSealedSecrets()).filter(({ clientId }) =>
        [id, other].includes(clientId),
      );
      const found = all.map(({ clientId, secretHash, sealed }) => ({ clientId, secretHash, sealed }));
      expect(found).to.deep.equal([
        { clientId: id, secretHash: 'one', sealed: 'sealed one' },
        { clientId: other, secretHash: 'three', sealed: 'sealed three' },
      ]);
      await clients.replaceSecrets(other, 'four');
      expect((await get(other)).secrets.map(({ sealed }) => sealed)).to.deep.equal([undefined]);
    });

    it('are sealed anew only as they were, at once, which is no change of the client', async () => {
      const { clients } = use();
      const id = await seedClient(use());
      await clients.addSecret(id, { secretHash: 'one', sealed: 'a' });
      const before = present(await clients.find(id));
      const secret = { id: present(before.secrets[0]).id, clientId: id };
      expect(await clients.replaceSealedSecret(secret, 'x', 'b')).to.equal(false);
      expect(await clients.replaceSealedSecret({ ...secret, id: 2_000_000_000 }, 'a', 'b')).to.equal(false);
      expect(await clients.replaceSealedSecret(secret, 'a', 'b')).to.equal(true);
      const after = present(await clients.find(id));
      expect(after.secrets[0]).to.have.property('sealed', 'b');
      expect(after.version).to.equal(before.version);
      await clients.deleteSecrets(id, [secret.id]);
      expect(await clients.replaceSealedSecret(secret, 'b', 'c')).to.equal(false);
    });
  });

  describe('a client', () => {
    it('is in use while somebody has agreed to it or holds a grant', async () => {
      const stores = use();
      const { clients, consents, grants } = stores;
      const isInUse = (id: string) => clients.isInUse(id, NOW);
      const [none, agreed] = [await seedClient(stores), await seedClient(stores)];
      expect(await isInUse(none)).to.equal(false);
      const userId = await seedUser(stores);
      await consents.add(userId, agreed, ['openid'], [], NOW);
      expect(await isInUse(agreed)).to.equal(true);
      await consents.delete(userId, agreed);
      expect(await isInUse(agreed)).to.equal(false);
      const grant = await seedGrant(stores);
      expect(await isInUse(grant.clientId)).to.equal(true);
      expect(await clients.isInUse(grant.clientId, later(2 * HOUR))).to.equal(false);
      await grants.revoke(grant.id, NOW);
      expect(await isInUse(grant.clientId)).to.equal(false);
    });
  });
}

export function describeSubjectKeys(use: Use): void {
  describe('what subjects are derived from', () => {
    it('is made once, whoever comes first, and only ever sealed anew', async () => {
      const { subjectKeys, auditKeys } = use();
      const others = (await auditKeys.list()).length;
      const make = async () => ({ kid: newId(), sealed: newId(), createdAt: NOW });
      const lists = await atOnce(8, () => subjectKeys.initialize(make));
      const kept = await subjectKeys.list();
      expect(kept).to.have.length(1);
      for (const list of lists) expect(list).to.deep.equal(kept);
      const { kid, sealed } = present(kept[0]);
      expect(await subjectKeys.replaceSealed(kid, 'another', 'x')).to.equal(false);
      expect(await subjectKeys.replaceSealed(kid, sealed, 'x')).to.equal(true);
      expect(await subjectKeys.list()).to.deep.equal([{ ...kept[0], sealed: 'x' }]);
      expect(await auditKeys.list()).to.have.length(others);
    });
  });
}
