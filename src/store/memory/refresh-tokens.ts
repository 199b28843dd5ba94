// Owns: refresh tokens in memory.
import { GrantGoneError, type RefreshTokenStore, type StoredRefreshToken } from '../ports/index.js';
import type { MemoryGrantStore } from './grants.js';
import { createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export function createMemoryRefreshTokenStore(
  units: MemoryUnits,
  grants: Pick<MemoryGrantStore, 'isLive' | 'extend' | 'onDelete'>,
): RefreshTokenStore & { removeByGrantId(grantId: string): number } {
  const rows = createTable<StoredRefreshToken>(units);
  const removeByGrantId = (grantId: string) =>
    rows.keys((row) => row.grantId === grantId).filter(rows.delete).length;
  grants.onDelete(removeByGrantId);

  function findLive(key: string): StoredRefreshToken | undefined {
    const row = rows.get(key);
    return row && grants.isLive(row.grantId) ? row : undefined;
  }

  return {
    removeByGrantId,
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
      removeByGrantId(grantId);
    },
    async listByUser(userId) {
      const tokens = rows.keys((row) => row.userId === userId).flatMap((key) => rows.get(key) ?? []);
      return tokens.sort((a, b) => b.issuedAt.getTime() - a.issuedAt.getTime());
    },
    ...createExpirable(rows, (row) => row.expiresAt),
  };
}

function lockName(key: string): string {
  return `refresh token ${key}`;
}
