// Owns: keys that are kept sealed, in memory: those of the audit chain, and what subjects are derived from.
import type { SealedKeyRecord, SealedKeyStore } from '../ports/index.js';
import { createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export function createMemorySealedKeyStore(units: MemoryUnits): SealedKeyStore {
  const rows = createTable<SealedKeyRecord>(units);
  const list = () =>
    rows
      .keys(
        () => true,
        ({ createdAt }) => createdAt.getTime(),
      )
      .flatMap((kid) => rows.get(kid) ?? []);
  return {
    list: async () => list(),
    async initialize(make) {
      if (list().length > 0) return list();
      const key = await make();
      if (list().length === 0) rows.put(key.kid, key);
      return list();
    },
    async replaceSealed(kid, from, to) {
      const row = rows.get(kid);
      if (row?.sealed !== from) return false;
      rows.put(kid, { ...row, sealed: to });
      return true;
    },
  };
}
