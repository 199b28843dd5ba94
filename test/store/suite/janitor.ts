// Owns: the suite of Expirable, of every store that is one.
import { expect } from 'chai';
import type { Expirable } from '../../../src/store/ports/index.js';
import { trailOf } from './audit-support.js';
import { login, seedSession } from './session-support.js';
import {
  artifactRecord,
  type Departures,
  HOUR,
  newId,
  newKey,
  refreshTokenRecord,
  seedGrant,
  seedUser,
  type Use,
} from './support.js';

// Long before anything else in the suite expires, so that counts are exact whatever ran before.
const EXPIRED = new Date('2001-01-01T00:00:00.000Z');
const CUTOFF = new Date('2002-01-01T00:00:00.000Z');
const FRESH = new Date('2002-01-01T00:00:00.001Z');
const NEXT_TEST = new Date('2003-01-01T00:00:00.000Z');

interface Case {
  name: string;
  store: () => Expirable;
  /** Stores one record that expires at `expiresAt`; returns how to see whether it is still there. */
  seed(expiresAt: Date): Promise<() => Promise<unknown>>;
}

/** The indices of the records that are still there. */
async function found(looks: Array<() => Promise<unknown>>): Promise<number[]> {
  const records = await Promise.all(looks.map((look) => look()));
  return records.flatMap((record, index) => (record === undefined ? [] : [index]));
}

export function describeJanitor(use: Use, { artifactsExpireThemselves }: Departures = {}): void {
  const artifacts: Case = {
    name: 'artifacts',
    store: () => use().artifacts,
    async seed(expiresAt) {
      const key = newKey();
      await use().artifacts.upsert('AccessToken', key, artifactRecord({ expiresAt }));
      return () => use().artifacts.find('AccessToken', key);
    },
  };
  const others: Case[] = [
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
    {
      name: 'audit events by their age',
      store: () => use().audit,
      async seed(at) {
        const type = `test.${newId()}`;
        await use().audit.append([{ at, type, actor: 'system' }]);
        await trailOf(use()).seal();
        return async () => (await use().audit.list({ type, limit: 1 }))[0];
      },
    },
  ];
  const cases = artifactsExpireThemselves ? others : [artifacts, ...others];

  describe('deleting what has expired', () => {
    beforeEach(async () => {
      for (const { store } of cases) while ((await store().deleteExpired(NEXT_TEST, 100)) !== 0);
    });

    for (const { name, store, seed } of cases) {
      it(`takes ${name} in batches, says how many, and leaves the rest`, async () => {
        const expired: Array<() => Promise<unknown>> = [];
        for (let i = 0; i < 5; i += 1) expired.push(await seed(EXPIRED));
        const fresh = await seed(FRESH);
        const counts: unknown[][] = [];
        for (let i = 0; i < 4; i += 1) {
          counts.push([await store().deleteExpired(CUTOFF, 2), (await found(expired)).length]);
        }
        expect(counts).to.deep.equal([
          [2, 3],
          [2, 1],
          [1, 0],
          [0, 0],
        ]);
        expect(await fresh()).to.not.equal(undefined);
      });

      it(`takes ${name}, the oldest first`, async () => {
        const day = (n: number) => new Date(EXPIRED.getTime() + n * 24 * HOUR);
        const expired: Array<() => Promise<unknown>> = [];
        for (const n of [3, 1, 4, 2]) expired.push(await seed(day(n)));
        const left: number[][] = [];
        for (let i = 0; i < 4; i += 1) {
          expect(await store().deleteExpired(CUTOFF, 1)).to.equal(1);
          left.push(await found(expired));
        }
        expect(left).to.deep.equal([[0, 2, 3], [0, 2], [2], []]);
      });

      it(`counts ${name}, up to a limit, without taking any`, async () => {
        expect(await store().countExpired(CUTOFF, 10)).to.equal(0);
        const expired: Array<() => Promise<unknown>> = [];
        for (let i = 0; i < 5; i += 1) expired.push(await seed(EXPIRED));
        await seed(FRESH);
        expect(await store().countExpired(CUTOFF, 10)).to.equal(5);
        expect(await store().countExpired(CUTOFF, 5)).to.equal(5);
        expect(await store().countExpired(CUTOFF, 3)).to.equal(3);
        expect(await found(expired)).to.have.length(5);
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
