// Owns: clients and their secrets in memory.
import type { Clock } from '../../lib/clock.js';
import { NotFoundError } from '../../lib/errors.js';
import type {
  ClientFilter,
  ClientRecord,
  ClientRemains,
  ClientSecretRecord,
  ClientStore,
  StoredClient,
} from '../ports/index.js';
import { createTable } from './table.js';
import type { MemoryUnits } from './units.js';

interface Deps {
  units: MemoryUnits;
  clock: Clock;
  /** Deletes what hangs on a client. */
  clear(clientId: string): Promise<ClientRemains>;
  /** Whether users have agreed to it, or hold grants. */
  isInUse(clientId: string, now: Date): Promise<boolean>;
}

function isShown(client: Readonly<StoredClient>, filter: ClientFilter): boolean {
  const { q, isActive, isConfidential, grantType } = filter;
  const has = (text: string) => q === undefined || text.toLowerCase().includes(q.toLowerCase());
  return (
    (has(client.client_id) || has(client.client_name)) &&
    (isActive === undefined || client.isActive === isActive) &&
    (isConfidential === undefined || client.isConfidential === isConfidential) &&
    (grantType === undefined || client.grant_types.includes(grantType))
  );
}

export function createMemoryClientStore({ units, clock, clear, isInUse }: Deps): ClientStore {
  const rows = createTable<StoredClient>(units);
  let lastSecretId = 0;

  /** The client; secrets hang on one that exists. */
  function get(clientId: string): StoredClient {
    const stored = rows.get(clientId);
    if (!stored) throw new NotFoundError('no such client', { detail: clientId });
    return stored;
  }

  function change(stored: StoredClient, changes: Partial<StoredClient>): void {
    rows.put(stored.client_id, { ...stored, ...changes, version: stored.version + 1 });
  }

  function createSecret(secret: Omit<ClientSecretRecord, 'id' | 'createdAt'>): ClientSecretRecord {
    lastSecretId += 1;
    return { ...secret, id: lastSecretId, createdAt: clock.now() };
  }

  function insert(client: ClientRecord): void {
    const now = clock.now();
    rows.put(client.client_id, { ...client, version: 1, createdAt: now, updatedAt: now, secrets: [] });
  }

  const find = async (clientId: string) => rows.get(clientId);

  return {
    find,
    findStored: find,
    async findForUpdate(clientId) {
      await units.hold(`client ${clientId}`);
      return rows.get(clientId);
    },
    async list(filter, { after, limit }) {
      const ids = rows.keys(
        (client) => isShown(client, filter) && (after === undefined || client.client_id > after),
      );
      return ids
        .sort((a, b) => (a < b ? -1 : 1))
        .slice(0, limit)
        .map(get);
    },
    async responseTypes() {
      const active = rows.keys(({ isActive }) => isActive).map(get);
      return [...new Set(active.flatMap(({ response_types }) => response_types))];
    },
    async create(client) {
      if (rows.get(client.client_id)) return false;
      insert(client);
      return true;
    },
    async save(client) {
      const stored = rows.get(client.client_id);
      if (!stored) return insert(client);
      const { version, createdAt, secrets } = stored;
      const settings = { ...client, version, createdAt, secrets, updatedAt: clock.now() };
      rows.put(client.client_id, { ...settings, version: version + 1 });
    },
    async addSecret(clientId, secret) {
      const stored = get(clientId);
      change(stored, { secrets: [...stored.secrets, createSecret(secret)] });
    },
    async replaceSecrets(clientId, secretHash, sealed) {
      change(get(clientId), { secrets: [createSecret({ secretHash, sealed })] });
    },
    async expireSecrets(clientId, at) {
      const stored = get(clientId);
      const ends = ({ expiresAt }: ClientSecretRecord) => (expiresAt && expiresAt < at ? expiresAt : at);
      change(stored, { secrets: stored.secrets.map((secret) => ({ ...secret, expiresAt: ends(secret) })) });
    },
    async deleteSecrets(clientId, ids) {
      const stored = get(clientId);
      change(stored, { secrets: stored.secrets.filter(({ id }) => !ids.includes(id)) });
    },
    async touchSecrets(ids, at) {
      for (const key of rows.keys(({ secrets }) => secrets.some(({ id }) => ids.includes(id)))) {
        const stored = get(key);
        const touched = stored.secrets.map((secret) =>
          ids.includes(secret.id) ? { ...secret, lastUsedAt: at } : secret,
        );
        rows.put(key, { ...stored, secrets: touched });
      }
    },
    async listSealedSecrets() {
      const clients = rows.keys(() => true).map(get);
      return clients.flatMap(({ client_id: clientId, secrets }) =>
        secrets.flatMap(({ id, secretHash, sealed }) =>
          sealed === undefined ? [] : [{ id, clientId, secretHash, sealed }],
        ),
      );
    },
    async replaceSealedSecret({ id, clientId }, from, to) {
      const stored = rows.get(clientId);
      if (!stored?.secrets.some((secret) => secret.id === id && secret.sealed === from)) return false;
      const resealed = stored.secrets.map((secret) =>
        secret.id === id ? { ...secret, sealed: to } : secret,
      );
      rows.put(clientId, { ...stored, secrets: resealed });
      return true;
    },
    isInUse,
    clear,
    async delete(clientId) {
      await clear(clientId);
      return rows.delete(clientId);
    },
  };
}
