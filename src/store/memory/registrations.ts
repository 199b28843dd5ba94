// Owns: registration tokens and registrations in memory.
import type {
  Registration,
  RegistrationStore,
  RegistrationTokenStore,
  StoredRegistrationToken,
} from '../ports/index.js';
import { createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export interface MemoryRegistrationStore extends RegistrationStore {
  removeByClient(clientId: string): void;
}

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function createMemoryRegistrationTokenStore(units: MemoryUnits): RegistrationTokenStore {
  const rows = createTable<StoredRegistrationToken>(units);
  return {
    async create(key, token) {
      rows.put(key, { ...token, usesLeft: token.uses });
    },
    find: async (key) => rows.get(key),
    list: async () =>
      rows
        .keys(
          () => true,
          ({ createdAt }) => createdAt.getTime(),
        )
        .flatMap((key) => rows.get(key) ?? []),
    use: (key, now) =>
      units.exclusively(`registration token ${key}`, () => {
        const row = rows.get(key);
        if (!row || row.usesLeft < 1 || row.expiresAt <= now) return false;
        rows.put(key, { ...row, usesLeft: row.usesLeft - 1 });
        return true;
      }),
    async delete(id) {
      const [key = ''] = rows.keys((row) => row.id === id);
      const row = rows.get(key);
      rows.delete(key);
      return row;
    },
    ...createExpirable(rows, (row) => row.expiresAt),
  };
}

export function createMemoryRegistrationStore(units: MemoryUnits): MemoryRegistrationStore {
  const rows = createTable<Registration>(units);
  return {
    async create(registration) {
      rows.put(registration.clientId, registration);
    },
    find: async (clientId) => rows.get(clientId),
    list: async ({ after = '', limit }) =>
      rows
        .keys(({ clientId }) => compare(clientId, after) > 0)
        .sort(compare)
        .slice(0, limit)
        .flatMap((key) => rows.get(key) ?? []),
    async saveToken(clientId, token) {
      const row = rows.get(clientId);
      if (row) rows.put(clientId, { ...row, key: token?.key, expiresAt: token?.expiresAt });
    },
    async countForUpdate(policy) {
      await units.hold(`registrations under ${policy}`);
      return rows.keys((row) => row.policy === policy).length;
    },
    removeByClient(clientId) {
      rows.delete(clientId);
    },
  };
}
