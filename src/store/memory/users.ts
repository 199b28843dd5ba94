// Owns: users in memory.
import type { UserRecord, UserStore } from '../ports/index.js';
import { createTable } from './table.js';
import type { MemoryUnits } from './units.js';

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
