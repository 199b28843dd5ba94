// Owns: resource servers in memory.
import type { ResourceServerStore, StoredResourceServer } from '../ports/index.js';
import { createTable } from './table.js';
import type { MemoryUnits } from './units.js';

export interface MemoryResourceServerStore extends ResourceServerStore {
  /** No resource server authenticates as this client any more. */
  forgetClient(clientId: string): void;
}

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function createMemoryResourceServerStore(units: MemoryUnits): MemoryResourceServerStore {
  const rows = createTable<StoredResourceServer>(units);
  const list = async () =>
    rows
      .keys(() => true)
      .sort(compare)
      .flatMap((identifier) => rows.get(identifier) ?? []);

  return {
    list,
    async listForUpdate() {
      await units.hold('resource servers');
      return list();
    },
    async create(record, at) {
      if (rows.get(record.identifier)) return false;
      rows.put(record.identifier, { ...record, version: 1, createdAt: at, updatedAt: at });
      return true;
    },
    async save(record, at) {
      const row = rows.get(record.identifier);
      if (!row) return;
      const { createdAt, version } = row;
      rows.put(record.identifier, { ...record, createdAt, version: version + 1, updatedAt: at });
    },
    delete: async (identifier) => rows.delete(identifier),
    forgetClient(clientId) {
      for (const identifier of rows.keys((row) => row.clientId === clientId)) {
        const row = rows.get(identifier);
        if (row) rows.put(identifier, { ...row, clientId: undefined });
      }
    },
  };
}
