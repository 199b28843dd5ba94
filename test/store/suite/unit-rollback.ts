// Owns: the suite of what becomes of a unit's writes: kept, undone, or never part of it.
import { expect } from 'chai';
import type { GrantRecord, Stores } from '../../../src/store/ports/index.js';
import { sessionRecord } from './session-support.js';
import {
  artifactRecord,
  atOnce,
  type Departures,
  expectRecord,
  HOUR,
  later,
  NOW,
  newId,
  newKey,
  refreshTokenRecord,
  rejectionOf,
  seedGrant,
  type Use,
} from './support.js';

const KIND = 'AuthorizationCode';

/** What a token request may write, and how to see afterwards what was kept of it. */
interface Scene {
  write(): Promise<void>;
  /** One entry per write: true when it was kept, false when all is as before. */
  look(): Promise<{ [write: string]: boolean }>;
}

async function createScene(stores: Stores): Promise<Scene> {
  const { artifacts, refreshTokens, grants, consents, sessions, audit } = stores;
  const grant: GrantRecord = await seedGrant(stores);
  const dead = await seedGrant(stores);
  const added = { ...grant, id: newId() };
  const [code, token, doomed, byGrant, rewritten] = [newKey(), newKey(), newKey(), newKey(), newKey()];
  const [newToken, newRefreshToken, sessionKey] = [newKey(), newKey(), newKey()];
  const type = `test.${newId()}`;
  await artifacts.upsert(KIND, code, artifactRecord({ grantId: grant.id }));
  await refreshTokens.upsert(token, refreshTokenRecord(grant));
  await artifacts.upsert('AccessToken', doomed, artifactRecord());
  await artifacts.upsert('AccessToken', byGrant, artifactRecord({ grantId: dead.id }));
  await artifacts.upsert('AccessToken', rewritten, artifactRecord({ payload: { version: 1 } }));

  return {
    async write() {
      expect(await artifacts.consume(KIND, code, NOW)).to.equal(true);
      expect(await refreshTokens.consume(token, NOW)).to.equal(true);
      await artifacts.upsert('AccessToken', newToken, artifactRecord({ grantId: grant.id }));
      const record = refreshTokenRecord(grant, { expiresAt: later(9 * HOUR) });
      await refreshTokens.upsert(newRefreshToken, record, { key: token, successorSealed: 'sealed' });
      await artifacts.upsert('AccessToken', rewritten, artifactRecord({ payload: { version: 2 } }));
      await artifacts.destroy('AccessToken', doomed);
      await grants.upsert(added);
      await grants.revoke(dead.id, NOW);
      await artifacts.revokeByGrantId('AccessToken', dead.id);
      await consents.add(grant.userId, grant.clientId, ['openid'], [], NOW);
      await sessions.save({ key: sessionKey, record: sessionRecord() });
      await audit.append([{ at: NOW, type, actor: 'system' }]);
    },
    async look() {
      const oldToken = await refreshTokens.find(token);
      return {
        codeConsumed: (await artifacts.find(KIND, code))?.consumedAt !== undefined,
        refreshTokenConsumed: oldToken?.consumedAt !== undefined,
        successorSet: oldToken?.successorSealed !== undefined,
        refreshTokenAdded: (await refreshTokens.find(newRefreshToken)) !== undefined,
        grantExtended: ((await grants.find(grant.id))?.expiresAt ?? 0) >= later(9 * HOUR),
        rewritten: (await artifacts.find('AccessToken', rewritten))?.payload.version === 2,
        destroyed: (await artifacts.find('AccessToken', doomed)) === undefined,
        revokedByGrant: (await artifacts.find('AccessToken', byGrant)) === undefined,
        grantAdded: (await grants.find(added.id)) !== undefined,
        grantRevoked: (await grants.find(dead.id)) === undefined,
        consentAdded: (await consents.find(grant.userId, grant.clientId)) !== undefined,
        sessionSaved: (await sessions.find(sessionKey)) !== undefined,
        auditAppended: (await audit.list({ type, limit: 5 })).length === 1,
      };
    },
  };
}

export function describeUnitRollback(use: Use, { refusesNothing }: Departures): void {
  describe('ends of units of work', () => {
    it('keep everything on commit: true', async () => {
      const scene = await createScene(use());
      await use().unitOfWork.run(async () => {
        await scene.write();
        return { commit: true, value: undefined };
      });
      expect(Object.entries(await scene.look()).filter(([, kept]) => !kept)).to.deep.equal([]);
    });

    it('undo everything on commit: false', async () => {
      const scene = await createScene(use());
      await use().unitOfWork.run(async () => {
        await scene.write();
        return { commit: false, value: undefined };
      });
      expect(Object.entries(await scene.look()).filter(([, kept]) => kept)).to.deep.equal([]);
    });

    it('undo everything on a throw, and pass the error on', async () => {
      const scene = await createScene(use());
      const failure = new Error('signing failed');
      const run = use().unitOfWork.run(async () => {
        await scene.write();
        throw failure;
      });
      expect(await rejectionOf(run)).to.equal(failure);
      expect(Object.entries(await scene.look()).filter(([, kept]) => kept)).to.deep.equal([]);
    });

    it('let the same request be tried again after they undid it', async () => {
      const { unitOfWork } = use();
      const scene = await createScene(use());
      for (const commit of [false, false, true]) {
        await unitOfWork.run(async () => {
          await scene.write();
          return { commit, value: undefined };
        });
      }
      expect(Object.entries(await scene.look()).filter(([, kept]) => !kept)).to.deep.equal([]);
    });

    for (const begins of [true, false]) {
      it(`write last what is to be last, ${begins ? 'with the rest' : 'alone when there is no rest'}`, async () => {
        const { unitOfWork, artifacts, audit } = use();
        const type = `test.${newId()}`;
        const [code, kept] = [newKey(), newKey()];
        await artifacts.upsert(KIND, code, artifactRecord());
        const unit = (commit: boolean, last: () => Promise<void>) =>
          unitOfWork.run(async () => {
            if (begins) await artifacts.consume(KIND, code, NOW);
            if (begins) await artifacts.upsert('AccessToken', kept, artifactRecord());
            return { commit, value: undefined, last };
          });
        const append = () => audit.append([{ at: NOW, type, actor: 'system' }]);

        await unit(false, append);
        expect(await audit.list({ type, limit: 5 })).to.have.length(0);
        const failure = new Error('could not be written');
        expect(await rejectionOf(unit(true, () => Promise.reject(failure)))).to.equal(failure);
        expect((await artifacts.find(KIND, code))?.consumedAt).to.equal(undefined);
        expect(await artifacts.find('AccessToken', kept)).to.equal(undefined);
        await unit(true, append);
        expect(await audit.list({ type, limit: 5 })).to.have.length(1);
        expect((await artifacts.find(KIND, code))?.consumedAt !== undefined).to.equal(begins);
      });
    }

    // A store may pass on such a write only at the end; that it was too late to say so would be a token without
    // its trace.
    it('undo everything when one of their writes is refused', async function () {
      if (refusesNothing !== undefined) this.skip();
      const { unitOfWork, audit } = use();
      const scene = await createScene(use());
      const undated = { at: new Date(Number.NaN), type: 'test.undated', actor: 'system' };
      for (const later of [true, false]) {
        const record = () => audit.append([undated]);
        const run = unitOfWork.run(async () => {
          await scene.write();
          if (!later) await record();
          return { commit: true, value: undefined, ...(later && { last: record }) };
        });
        await rejectionOf(run);
        expect(Object.entries(await scene.look()).filter(([, kept]) => kept)).to.deep.equal([]);
      }
    });

    it('undo only their own writes', async () => {
      const { unitOfWork, artifacts } = use();
      const keys = await atOnce(8, async (index) => {
        const [code, token, ordinary] = [newKey(), newKey(), newKey()];
        await artifacts.upsert(KIND, code, artifactRecord());
        const unit = unitOfWork.run(async () => {
          await artifacts.consume(KIND, code, NOW);
          await artifacts.upsert('AccessToken', token, artifactRecord());
          return { commit: index % 2 === 0, value: undefined };
        });
        await Promise.all([unit, artifacts.upsert('AccessToken', ordinary, artifactRecord())]);
        return { index, code, token, ordinary };
      });
      for (const { index, code, token, ordinary } of keys) {
        const isKept = index % 2 === 0;
        expect((await artifacts.find(KIND, code))?.consumedAt !== undefined).to.equal(isKept);
        expect((await artifacts.find('AccessToken', token)) !== undefined).to.equal(isKept);
        expect(await artifacts.find('AccessToken', ordinary)).to.not.equal(undefined);
      }
    });

    it('do not bring back what others destroyed meanwhile', async () => {
      const { unitOfWork, artifacts } = use();
      const key = newKey();
      await artifacts.upsert(KIND, key, artifactRecord());
      let consumed = () => {};
      // Asked for while the unit has the record; it may wait for the unit's end.
      const destroyed = new Promise<void>((resolve) => {
        consumed = resolve;
      }).then(() => artifacts.destroy(KIND, key));
      await unitOfWork.run(async () => {
        await artifacts.consume(KIND, key, NOW);
        consumed();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { commit: false, value: undefined };
      });
      await destroyed;
      expect(await artifacts.find(KIND, key)).to.equal(undefined);
    });

    it('leave alone what was written before anything was locked or consumed', async () => {
      const { unitOfWork, artifacts } = use();
      const [early, code] = [newKey(), newKey()];
      const record = artifactRecord({ payload: { early: true } });
      await artifacts.upsert(KIND, code, artifactRecord());
      await unitOfWork.run(async () => {
        await artifacts.upsert('AccessToken', early, record);
        await artifacts.findForUse(KIND, code);
        return { commit: false, value: undefined };
      });
      expectRecord(await artifacts.find('AccessToken', early), record);
    });

    for (const commit of [true, false]) {
      it(`begin with the first call when asked to (atOnce), ending with commit: ${commit}`, async () => {
        const { unitOfWork, artifacts } = use();
        const early = newKey();
        const write = async () => {
          await artifacts.upsert('AccessToken', early, artifactRecord());
          return { commit, value: commit };
        };
        expect(await unitOfWork.run(write, { atOnce: true })).to.equal(commit);
        expect((await artifacts.find('AccessToken', early)) !== undefined).to.equal(commit);
      });
    }

    it('undo what was written after a mere look-up for use', async () => {
      const { unitOfWork, artifacts } = use();
      const [late, code] = [newKey(), newKey()];
      await artifacts.upsert(KIND, code, artifactRecord());
      await unitOfWork.run(async () => {
        await artifacts.findForUse(KIND, code);
        await artifacts.upsert('AccessToken', late, artifactRecord());
        return { commit: false, value: undefined };
      });
      expect(await artifacts.find('AccessToken', late)).to.equal(undefined);
    });
  });
}
