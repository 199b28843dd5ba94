// Owns: grants and consents in memory.
import type { ConsentRecord, ConsentStore, GrantStore, StoredGrant } from '../ports/index.js';
import { compoundKey, createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

/** A revoked grant stays as a tombstone, so that no later write brings it back. */
type GrantRow = StoredGrant;

export interface MemoryGrantStore extends GrantStore {
  /** Whether the grant exists and is not revoked. */
  isLive(id: string): boolean;
  /** Keeps a live grant at least until `until`. */
  extend(id: string, until: Date): void;
  /** Calls `forget` with each grant that is deleted with its user; it tells how many records hung on that. */
  onDelete(forget: (grantId: string) => number): void;
  /** Whether the client has a grant that is neither revoked nor over at `now`. */
  hasAnyOf(clientId: string, now: Date): boolean;
  /** Deletes a client's grants; their ids. */
  removeByClient(clientId: string): string[];
}

export interface MemoryConsentStore extends ConsentStore {
  hasAnyOf(clientId: string): boolean;
  /** Deletes the consents for a client; how many. */
  removeByClient(clientId: string): number;
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

export function createMemoryGrantStore(units: MemoryUnits): MemoryGrantStore {
  const rows = createTable<GrantRow>(units);
  let forgetHanging = (_grantId: string) => 0;

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
    hasAnyOf: (clientId, now) =>
      rows.keys((row) => row.clientId === clientId && !row.revokedAt && row.expiresAt > now).length > 0,
    removeByClient: (clientId) => rows.keys((row) => row.clientId === clientId).filter(rows.delete),

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
    async revokeNext({ after, before, size }, at) {
      const batch = rows
        .keys((row) => row.id > after)
        .sort()
        .slice(0, size);
      const ids = batch.filter((id) => {
        const row = rows.get(id);
        return row && !row.revokedAt && row.issuedAt < before;
      });
      for (const id of ids) revokeLive(id, at);
      return { ids, next: batch.at(-1) };
    },
    async listByUser(userId) {
      const grants = rows.keys((row) => row.userId === userId).flatMap((id) => rows.get(id) ?? []);
      return grants.sort((a, b) => b.issuedAt.getTime() - a.issuedAt.getTime());
    },
    onDelete(forget) {
      forgetHanging = forget;
    },
    async deleteByUser(userId) {
      const grantIds = rows.keys((row) => row.userId === userId);
      const refreshTokens = grantIds.reduce((sum, id) => sum + forgetHanging(id), 0);
      for (const id of grantIds) rows.delete(id);
      return { grantIds, refreshTokens };
    },
    ...createExpirable(rows, (row) => row.expiresAt),
  };
}

function compare(a: ConsentKey, b: ConsentKey): number {
  const [left, right] = a.userId === b.userId ? [a.clientId, b.clientId] : [a.userId, b.userId];
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

type ConsentKey = Pick<ConsentRecord, 'userId' | 'clientId'>;

export function createMemoryConsentStore(units: MemoryUnits): MemoryConsentStore {
  const rows = createTable<ConsentRecord>(units);

  return {
    hasAnyOf: (clientId) => rows.keys((row) => row.clientId === clientId).length > 0,
    removeByClient: (clientId) => rows.keys((row) => row.clientId === clientId).filter(rows.delete).length,
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
    async stands(userId, clientId) {
      return rows.get(compoundKey(userId, clientId)) !== undefined;
    },
    async touch(userId, clientId, at) {
      const key = compoundKey(userId, clientId);
      const stored = rows.get(key);
      if (stored) rows.put(key, { ...stored, lastUsedAt: at });
    },
    async delete(userId, clientId) {
      return rows.delete(compoundKey(userId, clientId));
    },
    async deleteByUser(userId) {
      const keys = rows.keys((row) => row.userId === userId);
      const clientIds = keys.flatMap((key) => rows.get(key)?.clientId ?? []);
      for (const key of keys) rows.delete(key);
      return clientIds;
    },
    async list({ userId, clientId, after, limit }) {
      const keys = rows.keys(
        (row) =>
          (userId === undefined || row.userId === userId) &&
          (clientId === undefined || row.clientId === clientId) &&
          (after === undefined || compare(row, after) > 0),
      );
      return keys
        .flatMap((key) => rows.get(key) ?? [])
        .sort(compare)
        .slice(0, limit);
    },
  };
}
