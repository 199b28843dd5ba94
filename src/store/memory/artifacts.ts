// Owns: short-lived protocol records in memory.

import { isNamedIn, patternsFor } from '../naming.js';
import type { ArtifactStore, StoredArtifact } from '../ports/index.js';
import type { MemoryGrantStore } from './grants.js';
import { compoundKey, createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

interface ArtifactRow extends StoredArtifact {
  kind: string;
}

function withoutKind(row: ArtifactRow | undefined): StoredArtifact | undefined {
  if (!row) return undefined;
  const { kind: _, ...record } = row;
  return record;
}

export function createMemoryArtifactStore(
  units: MemoryUnits,
  grants: Pick<MemoryGrantStore, 'isLive'>,
): ArtifactStore {
  const rows = createTable<ArtifactRow>(units);

  function findRow(rowKey: string): ArtifactRow | undefined {
    const row = rows.get(rowKey);
    return row?.grantId !== undefined && !grants.isLive(row.grantId) ? undefined : row;
  }

  function findRecord(rowKey: string): StoredArtifact | undefined {
    return withoutKind(findRow(rowKey));
  }

  return {
    async upsert(kind, key, record) {
      const rowKey = compoundKey(kind, key);
      // A used record that is saved again stays used.
      rows.put(rowKey, { ...record, kind, consumedAt: rows.get(rowKey)?.consumedAt });
    },
    async find(kind, key) {
      return findRecord(compoundKey(kind, key));
    },
    async findAnyway(kind, key) {
      return withoutKind(rows.get(compoundKey(kind, key)));
    },
    async findForUse(kind, key) {
      const rowKey = compoundKey(kind, key);
      await units.hold(lockName(rowKey));
      return findRecord(rowKey);
    },
    async findByUserCode(kind, userCodeKey) {
      const [rowKey] = rows.keys((row) => row.kind === kind && row.userCodeKey === userCodeKey);
      return rowKey === undefined ? undefined : findRecord(rowKey);
    },
    consume(kind, key, at) {
      const rowKey = compoundKey(kind, key);
      return units.exclusively(lockName(rowKey), () => {
        const row = findRow(rowKey);
        if (!row || row.consumedAt) return false;
        rows.put(rowKey, { ...row, consumedAt: at });
        return true;
      });
    },
    async claim(kind, key, { now, expiresAt, payload = {} }) {
      const rowKey = compoundKey(kind, key);
      const taken = rows.get(rowKey);
      if (taken && taken.expiresAt > now) return false;
      rows.put(rowKey, { kind, payload, expiresAt });
      return true;
    },
    async destroy(kind, key) {
      rows.delete(compoundKey(kind, key));
    },
    async revokeByGrantId(kind, grantId) {
      for (const rowKey of rows.keys((row) => row.kind === kind && row.grantId === grantId)) {
        rows.delete(rowKey);
      }
    },
    async destroyNaming(names) {
      const patterns = patternsFor(names);
      return rows.keys(({ payload }) => isNamedIn(payload, patterns)).filter(rows.delete).length;
    },
    ...createExpirable(rows, (row) => row.expiresAt),
  };
}

function lockName(rowKey: string): string {
  return `artifact ${rowKey}`;
}
