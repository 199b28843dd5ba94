// Owns: the suite of what operators ask of a ClientStore: lists, locks, secrets over time, deletion.
import { expect } from 'chai';
import type { StoredClient } from '../../../src/store/ports/index.js';
import {
  artifactRecord,
  atOnce,
  clientRecord,
  later,
  NOW,
  newId,
  newKey,
  present,
  refreshTokenRecord,
  rejectionOf,
  seedClient,
  seedGrant,
  type Use,
} from './support.js';

export function describeClientAdmin(use: Use): void {
  const get = async (clientId: string): Promise<StoredClient> => present(await use().clients.find(clientId));

  describe('clients, as operators see them', () => {
    it('are created once, by one of any number who try at once', async () => {
      const { clients } = use();
      const client = clientRecord({ client_name: 'The first' });
      const created = await atOnce(5, (n) => clients.create({ ...client, client_name: `Number ${n}` }));
      expect(created.filter(Boolean)).to.have.length(1);
      const { client_name: name } = await get(client.client_id);
      expect(await clients.create({ ...client, client_name: 'Another' })).to.equal(false);
      expect((await get(client.client_id)).client_name).to.equal(name);
    });

    it('raise their version with every change of settings and secrets, and with nothing else', async () => {
      const { clients } = use();
      const client = clientRecord();
      const { client_id: id } = client;
      await clients.create(client);
      expect((await get(id)).version).to.equal(1);
      const changes: Record<string, () => Promise<unknown>> = {
        save: () => clients.save({ ...client, client_name: 'Renamed' }),
        addSecret: () => clients.addSecret(id, { secretHash: '$2b$10$one' }),
        replaceSecrets: () => clients.replaceSecrets(id, '$2b$10$two'),
        expireSecrets: () => clients.expireSecrets(id, later(5)),
        deleteSecrets: async () => clients.deleteSecrets(id, [(await get(id)).secrets[0]?.id ?? 0]),
      };
      for (const [name, change] of Object.entries(changes)) {
        const { version } = await get(id);
        await change();
        expect((await get(id)).version, name).to.be.greaterThan(version);
      }
      await clients.addSecret(id, { secretHash: '$2b$10$three' });
      const { version, secrets } = await get(id);
      await clients.touchSecrets([secrets[0]?.id ?? 0], later(7));
      await clients.find(id);
      expect((await get(id)).version).to.equal(version);
    });

    it('are read afresh and locked inside a unit of work: no change is lost', async () => {
      const { clients, unitOfWork } = use();
      const client = clientRecord({ metadata: { count: 0 } });
      await clients.create(client);
      await atOnce(6, () =>
        unitOfWork.run(
          async () => {
            const stored = present(await clients.findForUpdate(client.client_id));
            const count = Number(stored.metadata.count) + 1;
            await clients.save({ ...client, metadata: { count } });
            return { commit: true, value: undefined };
          },
          { atOnce: true },
        ),
      );
      expect((await get(client.client_id)).metadata).to.deep.equal({ count: 6 });
      expect((await clients.findStored(client.client_id))?.metadata).to.deep.equal({ count: 6 });
      expect(await clients.findForUpdate(newId())).to.equal(undefined);
      expect(await clients.findStored(newId())).to.equal(undefined);
    });

    it('are listed in the order of their ids, page by page, as the filters say', async () => {
      const { clients } = use();
      const mark = newId();
      const make = (name: string, over: Parameters<typeof clientRecord>[0] = {}) =>
        clients.create(clientRecord({ client_id: `${mark}.${name}`, ...over }));
      await make('b', { client_name: 'Shop of 李雷' });
      await make('B', { isActive: false });
      await make('a', { isConfidential: false, client_name: '100%_sure' });
      await make('-', { grant_types: ['client_credentials'], response_types: [] });
      await make('c');
      const list = async (filter: object, page: { after?: string; limit?: number } = {}) =>
        (await clients.list({ q: mark, ...filter }, { limit: 50, ...page })).map(({ client_id: id }) =>
          id.slice(mark.length + 1),
        );
      expect(await list({})).to.deep.equal(['-', 'B', 'a', 'b', 'c']);
      expect(await list({}, { limit: 2 })).to.deep.equal(['-', 'B']);
      expect(await list({}, { after: `${mark}.B`, limit: 2 })).to.deep.equal(['a', 'b']);
      expect(await list({}, { after: `${mark}.c` })).to.deep.equal([]);
      expect(await list({ isActive: false })).to.deep.equal(['B']);
      expect(await list({ isConfidential: false })).to.deep.equal(['a']);
      expect(await list({ grantType: 'client_credentials' })).to.deep.equal(['-']);
      expect(
        await list({ isActive: true, isConfidential: true, grantType: 'authorization_code' }),
      ).to.deep.equal(['b', 'c']);
      const named = async (q: string) =>
        (await clients.list({ q }, { limit: 50 })).map((one) => one.client_id);
      expect(await named('OF 李雷')).to.include(`${mark}.b`);
      expect(await named('100%_S')).to.deep.equal([`${mark}.a`]);
      expect(await named(`${mark.slice(0, 4)}_${mark.slice(5)}`)).to.deep.equal([]);
    });

    it('tell which response types some active one is allowed', async () => {
      const { clients } = use();
      const [mine, shared] = [`type-${newId()}`, `type-${newId()}`];
      const [one, two] = [
        clientRecord({ response_types: ['code', shared, mine] }),
        clientRecord({ response_types: [shared] }),
      ];
      for (const client of [one, two]) await clients.create(client);
      await clients.create(clientRecord({ response_types: [`${mine} off`], isActive: false }));
      const known = async () => (await clients.responseTypes()).filter((type) => /^type-/.test(type)).sort();
      expect(await known())
        .to.include.members([mine, shared])
        .and.not.include(`${mine} off`);
      expect(new Set(await known()).size).to.equal((await known()).length);
      await clients.save({ ...one, isActive: false });
      expect(await known())
        .to.include(shared)
        .and.not.include(mine);
      await clients.delete(two.client_id);
      expect(await known()).not.to.include(shared);
    });

    it('end secrets at a time, but not later than they would have ended', async () => {
      const { clients } = use();
      const id = await seedClient(use());
      for (const expiresAt of [undefined, later(3), later(30)]) {
        await clients.addSecret(id, { secretHash: '$2b$10$one', expiresAt });
      }
      await clients.expireSecrets(id, later(10));
      const { secrets } = await get(id);
      expect(secrets.map(({ expiresAt }) => expiresAt)).to.deep.equal([later(10), later(3), later(10)]);
    });

    it('lose the secrets that are named, and only their own', async () => {
      const { clients } = use();
      const [id, other] = [await seedClient(use()), await seedClient(use())];
      for (const clientId of [id, id, other]) await clients.addSecret(clientId, { secretHash: '$2b$10$one' });
      const [first, second] = (await get(id)).secrets;
      const theirs = (await get(other)).secrets[0];
      await clients.deleteSecrets(id, [present(first).id, present(theirs).id, 2_000_000_000]);
      await clients.deleteSecrets(id, []);
      expect((await get(id)).secrets).to.deep.equal([second]);
      expect((await get(other)).secrets).to.have.length(1);
    });

    it('tell when a secret was last used', async () => {
      const { clients } = use();
      const id = await seedClient(use());
      await clients.addSecret(id, { secretHash: '$2b$10$one' });
      await clients.addSecret(id, { secretHash: '$2b$10$two' });
      const [first] = (await get(id)).secrets;
      await clients.touchSecrets([present(first).id, 2_000_000_000], later(1));
      await clients.touchSecrets([], later(9));
      const { secrets } = present(await clients.findForUpdate(id));
      expect(secrets.map(({ lastUsedAt }) => lastUsedAt)).to.deep.equal([later(1), undefined]);
    });
  });

  describe('a client that is deleted', () => {
    /** A client with one of everything that can hang on it. */
    async function furnished() {
      const stores = use();
      const grant = await seedGrant(stores);
      const { clientId, userId, id } = grant;
      const [code, token] = [newKey(), newKey()];
      await stores.clients.addSecret(clientId, { secretHash: '$2b$10$one' });
      await stores.consents.add(userId, clientId, ['openid'], [], NOW);
      await stores.refreshTokens.upsert(token, refreshTokenRecord(grant));
      await stores.artifacts.upsert('AuthorizationCode', code, artifactRecord({ grantId: id }));
      return { clientId, userId, grantId: id, code, token };
    }

    const remainsOf = async ({
      clientId,
      userId,
      grantId,
      code,
      token,
    }: Awaited<ReturnType<typeof furnished>>) => {
      const { clients, consents, grants, refreshTokens, artifacts } = use();
      const found = {
        client: await clients.find(clientId),
        consent: await consents.find(userId, clientId),
        grant: await grants.find(grantId),
        code: await artifacts.find('AuthorizationCode', code),
        token: await refreshTokens.find(token),
      };
      return Object.entries(found).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    };

    it('takes along its grants, consents, codes and tokens; other clients keep theirs', async () => {
      const { clients } = use();
      const [gone, other] = [await furnished(), await furnished()];
      // They are all remembered.
      expect(await remainsOf(gone)).to.have.length(5);
      expect(await clients.delete(gone.clientId)).to.equal(true);
      expect(await remainsOf(gone)).to.deep.equal([]);
      expect(await remainsOf(other)).to.have.length(5);
      expect(await clients.delete(gone.clientId)).to.equal(false);
      expect(await clients.delete(newId())).to.equal(false);
    });

    it('can be cleared first, more than once, and counts what went', async () => {
      const { clients } = use();
      const gone = await furnished();
      expect(await clients.clear(gone.clientId)).to.deep.equal({ grants: 1, refreshTokens: 1, consents: 1 });
      expect(await remainsOf(gone)).to.deep.equal(['client']);
      expect(await clients.clear(gone.clientId)).to.deep.equal({ grants: 0, refreshTokens: 0, consents: 0 });
    });

    it('is there again, with everything, when the unit of work is undone', async () => {
      const { clients, unitOfWork } = use();
      const kept = await furnished();
      const run = unitOfWork.run(
        async () => {
          await clients.clear(kept.clientId);
          await clients.delete(kept.clientId);
          throw new Error('changed my mind');
        },
        { atOnce: true },
      );
      expect(await rejectionOf(run)).to.be.instanceOf(Error);
      expect(await remainsOf(kept)).to.have.length(5);
    });

    it('has no grants or consents of the one that had its id before', async () => {
      const { clients } = use();
      const before = await furnished();
      await clients.delete(before.clientId);
      await clients.create(clientRecord({ client_id: before.clientId }));
      expect(await remainsOf(before)).to.deep.equal(['client']);
      expect((await get(before.clientId)).secrets).to.deep.equal([]);
    });
  });
}
