// Owns: the suites of RegistrationTokenStore and RegistrationStore.
import { expect } from 'chai';
import type { Registration, RegistrationToken } from '../../../src/store/ports/index.js';
import {
  atOnce,
  expectRecord,
  HOUR,
  later,
  NOW,
  newId,
  newKey,
  seedClient,
  TEXT,
  type Use,
} from './support.js';

function record(over: Partial<RegistrationToken> = {}): RegistrationToken {
  return {
    id: newId(),
    label: TEXT,
    policy: 'default',
    uses: 1,
    createdAt: NOW,
    expiresAt: later(HOUR),
    ...over,
  };
}

const whole = { atOnce: true };

export function describeRegistrationTokens(use: Use): void {
  describe('registration tokens', () => {
    it('are given back as they were stored, the oldest first', async () => {
      const { registrationTokens } = use();
      const [key, young, old] = [newKey(), record({ createdAt: later(1) }), record({ uses: 3 })];
      await registrationTokens.create(newKey(), young);
      await registrationTokens.create(key, old);
      expectRecord(await registrationTokens.find(key), { ...old, usesLeft: 3 });
      expect(await registrationTokens.find(newKey())).to.equal(undefined);
      const ids = (await registrationTokens.list()).map(({ id }) => id);
      expect(ids.filter((id) => [old.id, young.id].includes(id))).to.deep.equal([old.id, young.id]);
    });

    it('are used as often as they may, by however many at once', async () => {
      const { registrationTokens } = use();
      const key = newKey();
      await registrationTokens.create(key, record({ uses: 3 }));
      const used = await atOnce(12, () => registrationTokens.use(key, NOW));
      expect(used.filter(Boolean)).to.have.lengthOf(3);
      expect((await registrationTokens.find(key))?.usesLeft).to.equal(0);
    });

    it('are used by one of several units of work', async () => {
      const { registrationTokens, unitOfWork } = use();
      const key = newKey();
      await registrationTokens.create(key, record());
      const used = await atOnce(4, () =>
        unitOfWork.run(async () => ({ commit: true, value: await registrationTokens.use(key, NOW) }), whole),
      );
      expect(used.filter(Boolean)).to.have.lengthOf(1);
    });

    it('have a use back when the unit of work that took it is undone', async () => {
      const { registrationTokens, unitOfWork } = use();
      const key = newKey();
      await registrationTokens.create(key, record());
      const work = async () => ({ commit: false, value: await registrationTokens.use(key, NOW) });
      expect(await unitOfWork.run(work, whole)).to.equal(true);
      expect(await registrationTokens.use(key, NOW)).to.equal(true);
    });

    it('are of no use after their time, or once deleted', async () => {
      const { registrationTokens } = use();
      const [expired, deleted] = [newKey(), newKey()];
      const token = record();
      await registrationTokens.create(expired, record({ expiresAt: NOW }));
      await registrationTokens.create(deleted, token);
      expect(await registrationTokens.use(expired, NOW)).to.equal(false);
      expectRecord(await registrationTokens.delete(token.id), { ...token, usesLeft: 1 });
      expect(await registrationTokens.delete(token.id)).to.equal(undefined);
      expect(await registrationTokens.use(deleted, NOW)).to.equal(false);
      expect(await registrationTokens.use(newKey(), NOW)).to.equal(false);
    });

    it('are let go of when they have expired', async () => {
      const { registrationTokens } = use();
      const [old, young] = [newKey(), newKey()];
      await registrationTokens.create(old, record({ expiresAt: new Date(0) }));
      await registrationTokens.create(young, record());
      expect(await registrationTokens.countExpired(new Date(1), 10)).to.equal(1);
      expect(await registrationTokens.deleteExpired(new Date(1), 10)).to.equal(1);
      expect(await registrationTokens.find(old)).to.equal(undefined);
      expect(await registrationTokens.find(young)).not.to.equal(undefined);
    });
  });
}

export function describeRegistrations(use: Use): void {
  describe('registrations', () => {
    async function registered(over: Partial<Registration> = {}): Promise<Registration> {
      const registration: Registration = {
        clientId: await seedClient(use()),
        policy: 'default',
        tokenId: newId(),
        registeredAt: NOW,
        key: newKey(),
        ...over,
      };
      await use().registrations.create(registration);
      return registration;
    }

    it('are given back as they were stored', async () => {
      const [one, other] = [await registered(), await registered({ expiresAt: later(HOUR), key: undefined })];
      expectRecord(await use().registrations.find(one.clientId), one);
      expectRecord(await use().registrations.find(other.clientId), other);
      expect(await use().registrations.find(newId())).to.equal(undefined);
    });

    it('change their token, or lose it', async () => {
      const { registrations } = use();
      const { clientId, ...rest } = await registered({ expiresAt: later(1) });
      const key = newKey();
      await registrations.saveToken(clientId, { key });
      expectRecord(await registrations.find(clientId), { ...rest, clientId, key, expiresAt: undefined });
      await registrations.saveToken(clientId, undefined);
      expectRecord(await registrations.find(clientId), {
        ...rest,
        clientId,
        key: undefined,
        expiresAt: undefined,
      });
    });

    it('come page by page in the order of the ids', async () => {
      const { registrations } = use();
      const made = [await registered(), await registered(), await registered()].map(
        ({ clientId }) => clientId,
      );
      const all: string[] = [];
      for (let after: string | undefined; ; after = all.at(-1)) {
        const page = await registrations.list({ after, limit: 2 });
        expect(page.length).to.be.at.most(2);
        all.push(...page.map(({ clientId }) => clientId));
        if (page.length < 2) break;
      }
      expect(all)
        .to.include.members(made)
        .and.to.deep.equal([...new Set(all)].sort());
    });

    it('end with their clients', async () => {
      const { registrations, clients } = use();
      const { clientId } = await registered();
      await clients.delete(clientId);
      expect(await registrations.find(clientId)).to.equal(undefined);
    });

    it('are counted by one at a time, who sees what the one before registered', async () => {
      const { registrations, unitOfWork } = use();
      const policy = `p${newId()}`;
      const ids = await atOnce(6, () => seedClient(use()));
      const before = await atOnce(6, (index) =>
        unitOfWork.run(async () => {
          const count = await registrations.countForUpdate(policy);
          if (count < 3) {
            const clientId = ids[index] ?? '';
            await registrations.create({ clientId, policy, tokenId: 't', registeredAt: NOW });
          }
          return { commit: true, value: count };
        }, whole),
      );
      expect(before.sort()).to.deep.equal([0, 1, 2, 3, 3, 3]);
    });
  });
}
