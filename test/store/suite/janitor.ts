// Owns: the suite of deleteExpired, of every store that has it.
import { expect } from 'chai';
import type { Expirable } from '../../../src/store/ports/index.js';
import { login, seedSession } from './session-support.js';
import { artifactRecord, newKey, refreshTokenRecord, seedGrant, seedUser, type Use } from './support.js';

// Long before anything else in the suite expires, so that counts are exact whatever ran before.
const EXPIRED = new Date('2001-01-01T00:00:00.000Z');
const CUTOFF = new Date('2002-01-01T00:00:00.000Z');
const FRESH = new Date('2002-01-01T00:00:00.001Z');

interface Case {
  name: string;
  store: () => Expirable;
  /** Stores one record that expires at `expiresAt`; returns how to see whether it is still there. */
  seed(expiresAt: Date): Promise<() => Promise<unknown>>;
}

export function describeJanitor(use: Use): void {
  const cases: Case[] = [
    {
      name: 'artifacts',
      store: () => use().artifacts,
      async seed(expiresAt) {
        const key = newKey();
        await use().artifacts.upsert('AccessToken', key, artifactRecord({ expiresAt }));
        return () => use().artifacts.find('AccessToken', key);
      },
    },
    {
      name: 'refresh tokens',
      store: () => use().refreshTokens,
      async seed(expiresAt) {
        const key = newKey();
        const grant = await seedGrant(use());
        await use().refreshTokens.upsert(key, refreshTokenRecord(grant, { expiresAt }));
        return () => use().refreshTokens.find(key);
      },
    },
    {
      name: 'sessions',
      store: () => use().sessions,
      async seed(expiresAt) {
        const key = await seedSession(use().sessions, {
          ...login(await seedUser(use()), EXPIRED),
          expiresAt,
        });
        return () => use().sessions.find(key);
      },
    },
    {
      name: 'grants',
      store: () => use().grants,
      async seed(expiresAt) {
        const { id } = await seedGrant(use(), { expiresAt });
        return () => use().grants.find(id);
      },
    },
  ];

  describe('deleting what has expired', () => {
    for (const { name, store, seed } of cases) {
      it(`takes expired ${name} in batches, says how many, and leaves the rest`, async () => {
        const expired: Array<() => Promise<unknown>> = [];
        for (let i = 0; i < 5; i += 1) expired.push(await seed(EXPIRED));
        const fresh = await seed(FRESH);
        const left = async () =>
          (await Promise.all(expired.map((look) => look()))).filter((found) => found !== undefined).length;
        const counts: number[][] = [];
        for (let i = 0; i < 4; i += 1) counts.push([await store().deleteExpired(CUTOFF, 2), await left()]);
        expect(counts).to.deep.equal([
          [2, 3],
          [2, 1],
          [1, 0],
          [0, 0],
        ]);
        expect(await fresh()).to.not.equal(undefined);
      });
    }

    it('takes the records of an expired grant with it, as far as anybody can see', async () => {
      const { artifacts, refreshTokens, grants } = use();
      const grant = await seedGrant(use(), { expiresAt: EXPIRED });
      const [artifact, token] = [newKey(), newKey()];
      await artifacts.upsert('AccessToken', artifact, artifactRecord({ grantId: grant.id }));
      await refreshTokens.upsert(token, refreshTokenRecord(grant, { expiresAt: EXPIRED }));
      await grants.deleteExpired(CUTOFF, 10);
      expect(await grants.find(grant.id)).to.equal(undefined);
      expect(await artifacts.find('AccessToken', artifact)).to.equal(undefined);
      expect(await refreshTokens.find(token)).to.equal(undefined);
    });

    it('also takes revoked grants that expired', async () => {
      const { grants } = use();
      const grant = await seedGrant(use(), { expiresAt: EXPIRED });
      await grants.revoke(grant.id, EXPIRED);
      expect(await grants.deleteExpired(CUTOFF, 10)).to.equal(1);
    });
  });
}
