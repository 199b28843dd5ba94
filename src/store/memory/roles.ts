// Owns: users' roles in memory.
import { FORGOTTEN_GRANTER, type RoleStore, type UserRoleRecord } from '../ports/index.js';
import { compoundKey, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export function createMemoryRoleStore(units: MemoryUnits): RoleStore {
  const rows = createTable<UserRoleRecord>(units);
  const nameOf = ({ role }: UserRoleRecord) => role;

  return {
    async has(userId, role) {
      return rows.get(compoundKey(userId, role)) !== undefined;
    },
    async listByUser(userId) {
      const found = rows.keys((row) => row.userId === userId).flatMap((key) => rows.get(key) ?? []);
      return found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    },
    async grant(record) {
      const key = compoundKey(record.userId, record.role);
      if (rows.get(key)) return false;
      rows.put(key, record);
      return true;
    },
    async revoke(userId, role) {
      return rows.delete(compoundKey(userId, role));
    },
    async forget(userId) {
      const held = rows.keys((row) => row.userId === userId).filter(rows.delete);
      const granted = rows.keys((row) => row.grantedBy === `user:${userId}`);
      for (const key of granted) {
        const row = rows.get(key);
        if (row) rows.put(key, { ...row, grantedBy: FORGOTTEN_GRANTER });
      }
      return held.length + granted.length;
    },
  };
}
