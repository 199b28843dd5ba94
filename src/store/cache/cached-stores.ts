// Owns: stores that remember what is read most: clients, users, sessions, grants, consents.
// Does not: remember that something is not there.
import type {
  ClientStore,
  ConsentRecord,
  ConsentStore,
  Expirable,
  GrantRecord,
  GrantStore,
  SessionStore,
  StoredClient,
  StoredResourceServer,
  Stores,
  UserRecord,
  UserStore,
} from '../ports/index.js';
import { type Cache, createCache } from './cache.js';
import { type Change, type ChangeBus, type Changes, createChanges, type Kind } from './changes.js';
import { createKeyChanges } from './key-changes.js';
import { cacheResourceServers } from './resource-servers.js';
import { createSessionCache, type SessionCache } from './session-cache.js';

type Noting = Pick<Changes, 'note' | 'isInUnit' | 'isWrittenHere' | 'kept'>;

/** A reader through `cache`; what this flow's unit has written is read from where it wrote it. */
function through<V extends object>(kind: Kind, cache: Cache<V>, changes: Noting) {
  return (id: string, load: () => Promise<V | undefined>): Promise<V | undefined> => {
    const change = { kind, id };
    if (changes.isWrittenHere(change)) return load();
    const kept = changes.kept(change) as V | undefined;
    return kept ? Promise.resolve(kept) : cache.get(id, load, { ownLoad: changes.isInUnit() });
  };
}

/** The janitor's part of `store`, which forgets what may have been deleted. */
function sweeping(store: Expirable, cache: { clear(): void }): Pick<Expirable, 'deleteExpired'> {
  return {
    async deleteExpired(before, batch) {
      const count = await store.deleteExpired(before, batch);
      if (count !== 0) cache.clear();
      return count;
    },
  };
}

const ALL = 'all';

function cacheClients(
  clients: ClientStore,
  { client: cache, responseTypes }: { client: Cache<StoredClient>; responseTypes: Cache<string[]> },
  changes: Noting,
): ClientStore {
  const read = through('client', cache, changes);
  const noting = async <T>(id: string, write: Promise<T>) => {
    const result = await write;
    await changes.note({ kind: 'client', id });
    return result;
  };
  return {
    ...clients,
    find: (id) => read(id, () => clients.find(id)),
    responseTypes: async () =>
      changes.isInUnit()
        ? clients.responseTypes()
        : ((await responseTypes.get(ALL, () => clients.responseTypes())) ?? []),
    create: (client) => noting(client.client_id, clients.create(client)),
    save: (client) => noting(client.client_id, clients.save(client)),
    addSecret: (id, secret) => noting(id, clients.addSecret(id, secret)),
    replaceSecrets: (id, ...secret) => noting(id, clients.replaceSecrets(id, ...secret)),
    expireSecrets: (id, at) => noting(id, clients.expireSecrets(id, at)),
    deleteSecrets: (id, ids) => noting(id, clients.deleteSecrets(id, ids)),
    replaceSealedSecret: (secret, ...seals) =>
      noting(secret.clientId, clients.replaceSealedSecret(secret, ...seals)),
    clear: (id) => noting(id, clients.clear(id)),
    delete: (id) => noting(id, clients.delete(id)),
  };
}

function cacheUsers(users: UserStore, cache: Cache<UserRecord>, changes: Noting): UserStore {
  const read = through('user', cache, changes);
  return {
    ...users,
    find: (id) => read(id, () => users.find(id)),
    async save(user) {
      await users.save(user);
      await changes.note({ kind: 'user', id: user.id });
    },
  };
}

function cacheGrants(grants: GrantStore, cache: Cache<GrantRecord>, changes: Noting): GrantStore {
  const read = through('grant', cache, changes);
  return {
    ...grants,
    ...sweeping(grants, cache),
    find: (id) => read(id, () => grants.find(id)),
    async upsert(grant) {
      await grants.upsert(grant);
      await changes.note({ kind: 'grant', id: grant.id });
    },
    async revoke(id, at) {
      await grants.revoke(id, at);
      await changes.note({ kind: 'grant', id });
    },
    async revokeByUser(userId, clientId, at) {
      const ids = await grants.revokeByUser(userId, clientId, at);
      await changes.note(...ids.map((id): Change => ({ kind: 'grant', id })));
      return ids;
    },
    async revokeNext(batch, at) {
      const revoked = await grants.revokeNext(batch, at);
      await changes.note(...revoked.ids.map((id): Change => ({ kind: 'grant', id })));
      return revoked;
    },
    async deleteByUser(userId) {
      const deleted = await grants.deleteByUser(userId);
      await changes.note(...deleted.grantIds.map((id): Change => ({ kind: 'grant', id })));
      return deleted;
    },
  };
}

function cacheConsents(consents: ConsentStore, cache: Cache<ConsentRecord>, changes: Noting): ConsentStore {
  const read = through('consent', cache, changes);
  const idOf = (userId: string, clientId: string) => `${userId} ${clientId}`;
  const note = (userId: string, clientId: string) =>
    changes.note({ kind: 'consent', id: idOf(userId, clientId) });
  return {
    ...consents,
    find: (userId, clientId) => read(idOf(userId, clientId), () => consents.find(userId, clientId)),
    async add(userId, clientId, ...rest) {
      await consents.add(userId, clientId, ...rest);
      await note(userId, clientId);
    },
    async delete(userId, clientId) {
      const isDeleted = await consents.delete(userId, clientId);
      await note(userId, clientId);
      return isDeleted;
    },
    async deleteByUser(userId) {
      const clientIds = await consents.deleteByUser(userId);
      await changes.note(...clientIds.map((id): Change => ({ kind: 'consent', id: idOf(userId, id) })));
      return clientIds;
    },
  };
}

function cacheSessions(sessions: SessionStore, cache: SessionCache, changes: Noting): SessionStore {
  const note = (uids: string[]) => changes.note(...uids.map((id): Change => ({ kind: 'session', id })));
  const ended = async (uids: string[]) => {
    await note(uids);
    return uids;
  };
  return {
    ...sessions,
    ...sweeping(sessions, cache),
    find: (key) => cache.getByKey(key, () => sessions.find(key)),
    findByUid: (uid) =>
      changes.isWrittenHere({ kind: 'session', id: uid })
        ? sessions.findByUid(uid)
        : cache.getByUid(uid, () => sessions.findByUid(uid)),
    async save(save) {
      await sessions.save(save);
      await note([save.record.uid]);
    },
    destroy: async (key) => ended(await sessions.destroy(key)),
    destroyNext: async (before, size) => ended(await sessions.destroyNext(before, size)),
    async endAuthorizations(userId, clientId) {
      const endings = await sessions.endAuthorizations(userId, clientId);
      await note(endings.map(({ uid }) => uid));
      return endings;
    },
    async destroyByUser(userId) {
      const destroyed = await sessions.destroyByUser(userId);
      await note(destroyed.map(({ uid }) => uid));
      return destroyed;
    },
    async destroyByUid(uid) {
      const destroyed = await sessions.destroyByUid(uid);
      await note([uid]);
      return destroyed;
    },
  };
}

/**
 * `stores`, with reads remembered for less than a second and forgotten at once when they change.
 * @param bus tells other processes, and brings word of their changes; without one, time alone does
 */
export function addCaches<S extends Stores>(stores: S, bus?: ChangeBus): S {
  const caches = {
    client: createCache<StoredClient>(),
    user: createCache<UserRecord>(),
    grant: createCache<GrantRecord>(),
    consent: createCache<ConsentRecord>(),
    session: createSessionCache(),
    key: createKeyChanges(),
    resource: createCache<StoredResourceServer[]>(),
  } satisfies Record<Kind, unknown>;
  const responseTypes = createCache<string[]>();
  const forget = ({ kind, id }: Change) => {
    caches[kind]?.drop(id);
    // A client that was deleted took along what hung on it. Clients change so rarely that it need not be told which.
    if (kind === 'client')
      for (const one of [caches.grant, caches.consent, caches.resource, responseTypes]) one.clear();
  };
  const forgetAll = () => {
    for (const cache of [...Object.values(caches), responseTypes]) cache.clear();
  };
  bus?.subscribe(forget, forgetAll);
  const changes = createChanges({ unitOfWork: stores.unitOfWork, bus, forget });
  return {
    ...stores,
    unitOfWork: { ...stores.unitOfWork, run: changes.run },
    clients: cacheClients(stores.clients, { client: caches.client, responseTypes }, changes),
    users: cacheUsers(stores.users, caches.user, changes),
    grants: cacheGrants(stores.grants, caches.grant, changes),
    consents: cacheConsents(stores.consents, caches.consent, changes),
    sessions: cacheSessions(stores.sessions, caches.session, changes),
    keys: caches.key.tellOf(stores.keys, changes),
    resourceServers: cacheResourceServers(stores.resourceServers, caches.resource, changes),
    refreshTokens: {
      ...stores.refreshTokens,
      async findForUse(key) {
        const found = await stores.refreshTokens.findForUse(key);
        if (found?.grant) changes.keep({ kind: 'grant', id: found.grantId }, found.grant);
        return found;
      },
      async upsert(key, record, replaces) {
        await stores.refreshTokens.upsert(key, record, replaces);
        // It may live longer now, which nobody else needs to know.
        caches.grant.drop(record.grantId);
      },
    },
    async close() {
      await bus?.close();
      await stores.close();
    },
  };
}
