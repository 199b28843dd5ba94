// Owns: refresh tokens in memory.
import { GrantGoneError, type RefreshTokenStore, type StoredRefreshToken } from '../ports/index.js';
import type { MemoryGrantStore } from './grants.js';
import { createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export function createMemoryRefreshTokenStore(
  units: MemoryUnits,
  grants: Pick<MemoryGrantStore, 'isLive' | 'extend'>,
): RefreshTokenStore {
  const rows = createTable<StoredRefreshToken>(units);

  function findLive(key: string): StoredRefreshToken | undefined {
    const row = rows.get(key);
    return row && grants.isLive(row.grantId) ? row : undefined;
  }

  return {
    async upsert(key, record, replaces) {
      if (!grants.isLive(record.grantId)) throw new GrantGoneError('the grant of the refresh token is gone');
      grants.extend(record.grantId, record.expiresAt);
      const stored = rows.get(key);
      // A used token that is saved again stays used, beside the successor it has.
      rows.put(key, {
        ...record,
        consumedAt: stored?.consumedAt,
        successorSealed: stored?.successorSealed,
      });
      const replaced = replaces && rows.get(replaces.key);
      if (replaced) rows.put(replaces.key, { ...replaced, successorSealed: replaces.successorSealed });
    },
    async find(key) {
      return findLive(key);
    },
    async findForUse(key) {
      await units.hold(lockName(key));
      return findLive(key);
    },
    consume(key, at) {
      return units.exclusively(lockName(key), () => {
        const row = findLive(key);
        if (!row || row.consumedAt) return false;
        rows.put(key, { ...row, consumedAt: at });
        return true;
      });
    },
    async destroy(key) {
      rows.delete(key);
    },
    async revokeByGrantId(grantId) {
      for (const key of rows.keys((row) => row.grantId === grantId)) rows.delete(key);
    },
    ...createExpirable(rows, (row) => row.expiresAt),
  };
}

function lockName(key: string): string {
  return `refresh token ${key}`;
}
