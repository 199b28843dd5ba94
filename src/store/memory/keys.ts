// Owns: keys in memory.
import type { KeyRecord, KeyStore } from '../ports/index.js';
import { createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export function createMemoryKeyStore(units: MemoryUnits): KeyStore {
  const rows = createTable<KeyRecord>(units);
  const listeners = new Set<() => void>();

  function put(key: KeyRecord): void {
    rows.put(key.kid, key);
    for (const listener of listeners) listener();
  }

  return {
    list: async () =>
      rows
        .keys(
          () => true,
          ({ createdAt }) => createdAt.getTime(),
        )
        .flatMap((kid) => rows.get(kid) ?? []),
    lock: () => units.hold('keys'),
    async add(key) {
      if (rows.get(key.kid)) throw new Error(`there is a key ${key.kid} already`);
      put(key);
    },
    async change({ kid, purpose, state }, to, dates) {
      const row = rows.get(kid);
      if (row?.state !== state || row.purpose !== purpose) return false;
      const given = Object.entries(dates).filter(([, date]) => date !== undefined);
      const { privateSealed, ...rest } = { ...row, ...Object.fromEntries(given), state: to };
      put(to === 'gone' ? rest : { ...rest, privateSealed });
      return true;
    },
    async replaceSealed({ kid, purpose }, from, to) {
      const row = rows.get(kid);
      if (row?.privateSealed !== from || row.purpose !== purpose) return false;
      put({ ...row, privateSealed: to });
      return true;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
