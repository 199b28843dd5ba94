// Owns: clients, users and signing keys in memory.
import type { Clock } from '../../lib/clock.js';
import { NotFoundError } from '../../lib/errors.js';
import type {
  ClientSecretRecord,
  ClientStore,
  KeyStore,
  SigningKeyRecord,
  StoredClient,
  UserRecord,
  UserStore,
} from '../ports/index.js';
import { createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export function createMemoryClientStore(units: MemoryUnits, clock: Clock): ClientStore {
  const rows = createTable<StoredClient>(units);
  let lastSecretId = 0;

  /** The client; secrets hang on one that exists. */
  function get(clientId: string): StoredClient {
    const stored = rows.get(clientId);
    if (!stored) throw new NotFoundError('no such client', { detail: clientId });
    return stored;
  }

  function createSecret(secret: Omit<ClientSecretRecord, 'id' | 'createdAt'>): ClientSecretRecord {
    lastSecretId += 1;
    return { ...secret, id: lastSecretId, createdAt: clock.now() };
  }

  return {
    async find(clientId) {
      return rows.get(clientId);
    },
    async save(client) {
      const stored = rows.get(client.client_id);
      const now = clock.now();
      rows.put(client.client_id, {
        ...client,
        createdAt: stored?.createdAt ?? now,
        updatedAt: now,
        secrets: stored?.secrets ?? [],
      });
    },
    async addSecret(clientId, secret) {
      const stored = get(clientId);
      rows.put(clientId, { ...stored, secrets: [...stored.secrets, createSecret(secret)] });
    },
    async replaceSecrets(clientId, secretHash) {
      rows.put(clientId, { ...get(clientId), secrets: [createSecret({ secretHash })] });
    },
  };
}

export function createMemoryUserStore(units: MemoryUnits): UserStore {
  const rows = createTable<UserRecord>(units);

  return {
    async find(id) {
      return rows.get(id);
    },
    async findByIdentifier(identifier) {
      const address = identifier.toLowerCase();
      const [id] = [
        ...rows.keys((user) => user.email?.toLowerCase() === address),
        ...rows.keys((user) => user.phone === identifier),
        identifier,
      ];
      return rows.get(id ?? identifier);
    },
    async findAnyPasswordHash() {
      const [id] = rows.keys((user) => user.hashedPassword !== undefined);
      return id === undefined ? undefined : rows.get(id)?.hashedPassword;
    },
    async save(user) {
      rows.put(user.id, user);
    },
  };
}

export function createMemoryKeyStore(units: MemoryUnits): KeyStore {
  const rows = createTable<SigningKeyRecord>(units);

  function list(): SigningKeyRecord[] {
    return rows.keys(() => true).flatMap((kid) => rows.get(kid) ?? []);
  }

  return {
    async list() {
      return list();
    },
    async initialize(make) {
      if (list().length > 0) return list();
      const made = await make();
      // Somebody else may have stored theirs while ours were made: then theirs count.
      if (list().length === 0) for (const key of made) rows.put(key.kid, key);
      return list();
    },
  };
}
