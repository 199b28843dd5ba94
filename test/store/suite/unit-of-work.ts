// Owns: the suite of what units of work keep others from: single use, waiting, taking part.
import { expect } from 'chai';
import { GrantGoneError } from '../../../src/store/ports/index.js';
import {
  artifactRecord,
  atOnce,
  later,
  NOW,
  newKey,
  refreshTokenRecord,
  rejectionOf,
  seedGrant,
  type Use,
} from './support.js';

/** A promise and the function that fulfils it. */
function createSignal(): { raised: Promise<void>; raise: () => void } {
  let raise = () => {};
  const raised = new Promise<void>((resolve) => {
    raise = resolve;
  });
  return { raised, raise };
}

/** Long enough for a call that does not wait to have answered. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

const KIND = 'AuthorizationCode';

export function describeUnitOfWork(use: Use): void {
  /** One way of using a record up, for each of the two stores that have single use. */
  const stores = [
    {
      name: 'artifact',
      seed: async () => {
        const key = newKey();
        await use().artifacts.upsert(KIND, key, artifactRecord());
        return key;
      },
      findForUse: (key: string) => use().artifacts.findForUse(KIND, key),
      consume: (key: string, at: Date) => use().artifacts.consume(KIND, key, at),
    },
    {
      name: 'refresh token',
      seed: async () => {
        const key = newKey();
        await use().refreshTokens.upsert(key, refreshTokenRecord(await seedGrant(use())));
        return key;
      },
      findForUse: (key: string) => use().refreshTokens.findForUse(key),
      consume: (key: string, at: Date) => use().refreshTokens.consume(key, at),
    },
  ];

  for (const { name, seed, findForUse, consume } of stores) {
    describe(`units of work using one ${name}`, () => {
      it('lets exactly one of 50 concurrent units consume it', async () => {
        const key = await seed();
        const won = await atOnce(50, (i) =>
          use().unitOfWork.run(async () => ({ commit: true, value: await consume(key, later(i)) })),
        );
        expect(won.filter(Boolean)).to.have.length(1);
      });

      it('lets one unit consume it only once', async () => {
        const key = await seed();
        const won = await use().unitOfWork.run(async () => ({
          commit: true,
          value: [await consume(key, NOW), await consume(key, later(1))],
        }));
        expect(won).to.deep.equal([true, false]);
        expect((await findForUse(key))?.consumedAt).to.deep.equal(NOW);
      });

      it('serialises units that look it up for use: the second sees that it was used', async () => {
        const key = await seed();
        const seen = await atOnce(5, () =>
          use().unitOfWork.run(async () => {
            const found = await findForUse(key);
            await aWhile();
            if (!found?.consumedAt) await consume(key, NOW);
            return { commit: true, value: found?.consumedAt };
          }),
        );
        expect(seen.filter((consumedAt) => consumedAt === undefined)).to.have.length(1);
        expect(seen.filter((consumedAt) => consumedAt?.getTime() === NOW.getTime())).to.have.length(4);
      });

      for (const commit of [true, false]) {
        it(`makes an ordinary consume wait for a unit that ends with commit: ${commit}`, async () => {
          const key = await seed();
          const { raised, raise } = createSignal();
          let answered = false;
          const outside = raised.then(async () => {
            const won = await consume(key, later(1));
            answered = true;
            return won;
          });
          const inside = await use().unitOfWork.run(async () => {
            await findForUse(key);
            const won = await consume(key, NOW);
            raise();
            await aWhile();
            expect(answered, 'answered while the unit had the record').to.equal(false);
            return { commit, value: won };
          });
          expect(inside).to.equal(true);
          expect(await outside).to.equal(!commit);
          expect((await findForUse(key))?.consumedAt).to.deep.equal(commit ? NOW : later(1));
        });
      }

      it('makes others wait after a mere look-up for use', async () => {
        const key = await seed();
        const { raised, raise } = createSignal();
        const outside = raised.then(() => consume(key, later(1)));
        await use().unitOfWork.run(async () => {
          await findForUse(key);
          raise();
          await aWhile();
          expect((await findForUse(key))?.consumedAt).to.equal(undefined);
          return { commit: true, value: undefined };
        });
        expect(await outside).to.equal(true);
      });
    });
  }

  describe('units of work', () => {
    it('hand back the value, kept or not', async () => {
      const { unitOfWork } = use();
      expect(await unitOfWork.run(async () => ({ commit: true, value: 'kept' }))).to.equal('kept');
      expect(await unitOfWork.run(async () => ({ commit: false, value: 'undone' }))).to.equal('undone');
      const key = await (stores[0]?.seed() ?? newKey());
      const undone = await unitOfWork.run(async () => {
        await use().artifacts.consume(KIND, key, NOW);
        return { commit: false, value: 'undone' };
      });
      expect(undone).to.equal('undone');
    });

    it('see their own writes', async () => {
      const { unitOfWork, artifacts, grants } = use();
      const [key, written] = [newKey(), newKey()];
      const grant = await seedGrant(use());
      await artifacts.upsert(KIND, key, artifactRecord({ grantId: grant.id }));
      await unitOfWork.run(async () => {
        expect(await artifacts.consume(KIND, key, NOW)).to.equal(true);
        expect((await artifacts.find(KIND, key))?.consumedAt).to.deep.equal(NOW);
        await artifacts.upsert('AccessToken', written, artifactRecord({ grantId: grant.id }));
        expect(await artifacts.find('AccessToken', written)).to.not.equal(undefined);
        await grants.revoke(grant.id, NOW);
        expect(await artifacts.find('AccessToken', written)).to.equal(undefined);
        return { commit: true, value: undefined };
      });
    });

    it('do not wait for readers that wait for them', async () => {
      const { unitOfWork, users, clients, grants, consents, refreshTokens } = use();
      for (let round = 0; round < 3; round += 1) {
        const grant = await seedGrant(use());
        const key = newKey();
        await refreshTokens.upsert(key, refreshTokenRecord(grant));
        const read = () =>
          Promise.all([
            users.find(grant.userId),
            clients.find(grant.clientId),
            grants.find(grant.id),
            consents.find(grant.userId, grant.clientId),
          ]);
        const { raised, raise } = createSignal();
        const outside = raised.then(read);
        const inside = unitOfWork.run(async () => {
          await refreshTokens.findForUse(key);
          raise();
          await aWhile();
          return { commit: true, value: await read() };
        });
        const [user] = await inside;
        expect(user?.id).to.equal(grant.userId);
        await outside;
      }
    }).timeout(7_000);

    it('leaves neither token of a rotation alive whose grant is revoked in the midst of it', async () => {
      const { unitOfWork, refreshTokens, grants } = use();
      for (const isLate of [false, true]) {
        const grant = await seedGrant(use());
        const [key, next] = [newKey(), newKey()];
        await refreshTokens.upsert(key, refreshTokenRecord(grant));
        const { raised, raise } = createSignal();
        const revoked = raised.then(() => grants.revoke(grant.id, NOW));
        let isInTime = false;
        const revoke = async () => {
          raise();
          // A database that has one connection only revokes it afterwards.
          isInTime = await Promise.race([revoked.then(() => true), aWhile().then(() => false)]);
        };
        const rotation = unitOfWork.run(async () => {
          await refreshTokens.findForUse(key);
          if (!isLate) await revoke();
          await refreshTokens.consume(key, NOW);
          await refreshTokens.upsert(next, refreshTokenRecord(grant), { key, successorSealed: 'sealed' });
          if (isLate) await revoke();
          return { commit: true, value: undefined };
        });
        const outcome = await rotation.then(
          () => 'kept',
          (error) => error,
        );
        // Where writes wait for the end of the unit, even what comes after them is in time.
        if (outcome !== 'kept' || (isInTime && !isLate)) expect(outcome).to.be.instanceOf(GrantGoneError);
        await revoked;
        expect(await refreshTokens.find(key)).to.equal(undefined);
        expect(await refreshTokens.find(next)).to.equal(undefined);
        expect(await grants.find(grant.id)).to.equal(undefined);
      }
    });

    it('can still be kept after a refresh token was refused', async () => {
      const { unitOfWork, artifacts, refreshTokens, grants } = use();
      const grant = await seedGrant(use());
      const key = newKey();
      await artifacts.upsert(KIND, key, artifactRecord());
      await unitOfWork.run(async () => {
        await artifacts.consume(KIND, key, NOW);
        await grants.revoke(grant.id, NOW);
        const refused = await rejectionOf(refreshTokens.upsert(newKey(), refreshTokenRecord(grant)));
        expect(refused).to.be.instanceOf(GrantGoneError);
        return { commit: true, value: undefined };
      });
      expect((await artifacts.find(KIND, key))?.consumedAt).to.deep.equal(NOW);
      expect(await grants.find(grant.id)).to.equal(undefined);
    });
  });
}
