// Owns: the suites of ResourceServerStore and RevokedTokenStore.
import { expect } from 'chai';
import type { ResourceServerRecord } from '../../../src/store/ports/index.js';
import {
  artifactRecord,
  atOnce,
  expectRecord,
  HOUR,
  later,
  NOW,
  newId,
  newKey,
  present,
  seedClient,
  seedGrant,
  TEXT,
  type Use,
} from './support.js';

const newIdentifier = () => `https://api.example/${newId()}`;

function record(over: Partial<ResourceServerRecord> = {}): ResourceServerRecord {
  return {
    identifier: newIdentifier(),
    name: TEXT,
    scopes: [{ name: 'a.read', description: { en: TEXT, zh: '查看' } }, { name: 'a.write' }],
    accessTokenSeconds: 600,
    alg: 'RS256',
    isActive: true,
    detailsTypes: [
      {
        type: 'urn:payment',
        description: { en: TEXT, zh: '付款 {amount}' },
        members: [{ name: 'amount', kind: 'number', is_required: true }],
      },
    ],
    ...over,
  };
}

export function describeResourceServers(use: Use): void {
  describe('resource servers', () => {
    const find = async (identifier: string) =>
      (await use().resourceServers.list()).find((one) => one.identifier === identifier);

    it('are given back as they were stored', async () => {
      const { resourceServers } = use();
      const clientId = await seedClient(use());
      const server = record({ clientId });
      expect(await resourceServers.create(server, NOW)).to.equal(true);
      expectRecord(await find(server.identifier), { ...server, version: 1, createdAt: NOW, updatedAt: NOW });
    });

    it('are created once of any number of callers', async () => {
      const { resourceServers } = use();
      const server = record();
      const made = await atOnce(8, (index) => resourceServers.create({ ...server, name: `${index}` }, NOW));
      expect(made.filter(Boolean)).to.have.lengthOf(1);
    });

    it('rise in version with every save, and keep when they were made', async () => {
      const { resourceServers } = use();
      const server = record();
      await resourceServers.create(server, NOW);
      const changed = { ...server, alg: 'opaque', isActive: false, scopes: [{ name: 'b' }] };
      await resourceServers.save(changed, later(5));
      expectRecord(await find(server.identifier), {
        ...changed,
        version: 2,
        createdAt: NOW,
        updatedAt: later(5),
      });
    });

    it('come in the order of their identifiers, and are gone when deleted', async () => {
      const { resourceServers } = use();
      const stem = newIdentifier();
      for (const end of ['b', 'a', 'Z']) {
        await resourceServers.create(record({ identifier: `${stem}${end}` }), NOW);
      }
      const mine = async () =>
        (await resourceServers.list()).map((one) => one.identifier).filter((id) => id.startsWith(stem));
      expect(await mine()).to.deep.equal([`${stem}Z`, `${stem}a`, `${stem}b`]);
      expect(await resourceServers.delete(`${stem}a`)).to.equal(true);
      expect(await resourceServers.delete(`${stem}a`)).to.equal(false);
      expect(await mine()).to.deep.equal([`${stem}Z`, `${stem}b`]);
    });

    it('authenticate as nobody once their client is deleted', async () => {
      const { resourceServers, clients } = use();
      const clientId = await seedClient(use());
      const server = record({ clientId });
      await resourceServers.create(server, NOW);
      expect((await find(server.identifier))?.clientId).to.equal(clientId);
      await clients.delete(clientId);
      expect((await find(server.identifier))?.clientId).to.equal(undefined);
    });

    it('are changed by one at a time, who sees what the one before stored', async () => {
      const { resourceServers, unitOfWork } = use();
      const server = record({ accessTokenSeconds: 100 });
      await resourceServers.create(server, NOW);
      await atOnce(5, () =>
        unitOfWork.run(
          async () => {
            const all = await resourceServers.listForUpdate();
            const stored = present(all.find((one) => one.identifier === server.identifier));
            await resourceServers.save({ ...server, accessTokenSeconds: stored.accessTokenSeconds + 1 }, NOW);
            return { commit: true, value: undefined };
          },
          { atOnce: true },
        ),
      );
      expect((await find(server.identifier))?.accessTokenSeconds).to.equal(105);
    });
  });
}

export function describeRevokedTokens(use: Use): void {
  describe('the deny list', () => {
    const entry = () => ({ clientId: newId(), revokedAt: NOW, expiresAt: later(HOUR) });

    it('holds what was put on it, as it was first put', async () => {
      const { revokedTokens } = use();
      const [key, first] = [newKey(), entry()];
      expect(await revokedTokens.find(key)).to.equal(undefined);
      await atOnce(4, () => revokedTokens.add(key, first));
      await revokedTokens.add(key, { ...first, expiresAt: later(2 * HOUR) });
      expectRecord(await revokedTokens.find(key), first);
    });

    it('says of a token that hangs on no grant whether it is on it', async () => {
      const { revokedTokens } = use();
      const key = newKey();
      expect((await revokedTokens.standingOf(key, undefined)).isRevoked).to.equal(false);
      await revokedTokens.add(key, entry());
      expect((await revokedTokens.standingOf(key, undefined)).isRevoked).to.equal(true);
    });

    it('says so at once of all tokens of a revoked or missing grant', async () => {
      const { revokedTokens, grants } = use();
      const grant = await seedGrant(use());
      const standing = () => revokedTokens.standingOf(newKey(), grant.id);
      const { userId, clientId } = grant;
      expect(await standing()).to.deep.equal({ isRevoked: false, grant: { userId, clientId } });
      await grants.revoke(grant.id, NOW);
      expect((await standing()).isRevoked).to.equal(true);
      expect((await revokedTokens.standingOf(newKey(), newId())).isRevoked).to.equal(true);
    });

    it('holds a token of a living grant that was revoked by itself', async () => {
      const { revokedTokens } = use();
      const [key, grant] = [newKey(), await seedGrant(use())];
      await revokedTokens.add(key, entry());
      expect((await revokedTokens.standingOf(key, grant.id)).isRevoked).to.equal(true);
      expect((await revokedTokens.standingOf(newKey(), grant.id)).isRevoked).to.equal(false);
    });

    it('lets go of what has expired', async () => {
      const { revokedTokens } = use();
      const [old, young] = [newKey(), newKey()];
      await revokedTokens.add(old, { ...entry(), expiresAt: new Date(0) });
      await revokedTokens.add(young, entry());
      expect(await revokedTokens.countExpired(new Date(1), 10)).to.equal(1);
      expect(await revokedTokens.deleteExpired(new Date(1), 10)).to.equal(1);
      expect(await revokedTokens.find(old)).to.equal(undefined);
      expect(await revokedTokens.find(young)).to.not.equal(undefined);
    });
  });

  describe('artifacts of a dead grant', () => {
    it('are still there for whoever asks about them anyway', async () => {
      const { artifacts, grants } = use();
      const [key, grant] = [newKey(), await seedGrant(use())];
      await artifacts.upsert('AccessToken', key, artifactRecord({ grantId: grant.id, payload: { a: 1 } }));
      await grants.revoke(grant.id, NOW);
      expect(await artifacts.find('AccessToken', key)).to.equal(undefined);
      expect((await artifacts.findAnyway('AccessToken', key))?.payload).to.deep.equal({ a: 1 });
      expect(await artifacts.findAnyway('AccessToken', newKey())).to.equal(undefined);
    });
  });
}
