// Owns: grants and consents in memory.
import type { ConsentRecord, ConsentStore, GrantRecord, GrantStore } from '../ports/index.js';
import { compoundKey, createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

interface GrantRow extends GrantRecord {
  /** A revoked grant stays as a tombstone, so that no later write brings it back. */
  revokedAt?: Date | undefined;
}

export interface MemoryGrantStore extends GrantStore {
  /** Whether the grant exists and is not revoked. */
  isLive(id: string): boolean;
  /** Keeps a live grant at least until `until`. */
  extend(id: string, until: Date): void;
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

export function createMemoryGrantStore(units: MemoryUnits): MemoryGrantStore {
  const rows = createTable<GrantRow>(units);

  function findLive(id: string): GrantRow | undefined {
    const row = rows.get(id);
    return row?.revokedAt ? undefined : row;
  }

  function revokeLive(id: string, at: Date): void {
    const row = findLive(id);
    if (row) rows.put(id, { ...row, revokedAt: at });
  }

  return {
    isLive: (id) => findLive(id) !== undefined,
    extend(id, until) {
      const row = findLive(id);
      if (row && row.expiresAt < until) rows.put(id, { ...row, expiresAt: until });
    },

    async upsert(grant) {
      const stored = rows.get(grant.id);
      if (stored?.revokedAt) return;
      // Refresh tokens may hang on it already: saving it again never makes it end before them.
      const expiresAt = stored ? later(stored.expiresAt, grant.expiresAt) : grant.expiresAt;
      rows.put(grant.id, { ...grant, expiresAt });
    },
    async find(id) {
      return findLive(id);
    },
    async revoke(id, at) {
      revokeLive(id, at);
    },
    async revokeByUser(userId, clientId, at) {
      const ids = rows.keys(
        (row) =>
          row.userId === userId && (clientId === undefined || row.clientId === clientId) && !row.revokedAt,
      );
      for (const id of ids) revokeLive(id, at);
      return ids;
    },
    ...createExpirable(rows, (row) => row.expiresAt),
  };
}

export function createMemoryConsentStore(units: MemoryUnits): ConsentStore {
  const rows = createTable<ConsentRecord>(units);

  return {
    async find(userId, clientId) {
      return rows.get(compoundKey(userId, clientId));
    },
    async listByUser(userId) {
      return rows.keys((row) => row.userId === userId).flatMap((key) => rows.get(key) ?? []);
    },
    async add(userId, clientId, scopes, claims, at) {
      const key = compoundKey(userId, clientId);
      const stored = rows.get(key);
      rows.put(key, {
        userId,
        clientId,
        scopes: [...new Set([...(stored?.scopes ?? []), ...scopes])],
        claims: [...new Set([...(stored?.claims ?? []), ...claims])],
        grantedAt: stored?.grantedAt ?? at,
        updatedAt: at,
        lastUsedAt: stored?.lastUsedAt,
      });
    },
    async touch(userId, clientId, at) {
      const key = compoundKey(userId, clientId);
      const stored = rows.get(key);
      if (stored) rows.put(key, { ...stored, lastUsedAt: at });
    },
    async delete(userId, clientId) {
      return rows.delete(compoundKey(userId, clientId));
    },
  };
}
