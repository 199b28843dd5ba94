// Owns: the deny list in memory.
import type { GrantStore, RevokedToken, RevokedTokenStore } from '../ports/index.js';
import { createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export function createMemoryRevokedTokenStore(
  units: MemoryUnits,
  grants: Pick<GrantStore, 'find'>,
): RevokedTokenStore {
  const rows = createTable<RevokedToken>(units);
  return {
    async add(key, token) {
      if (!rows.get(key)) rows.put(key, token);
    },
    find: async (key) => rows.get(key),
    async standingOf(key, grantId) {
      const found = grantId === undefined ? undefined : await grants.find(grantId);
      const grant = found && { userId: found.userId, clientId: found.clientId };
      const isRevoked = rows.get(key) !== undefined || (grantId !== undefined && !grant);
      return { isRevoked, grant };
    },
    ...createExpirable(rows, (row) => row.expiresAt),
  };
}
