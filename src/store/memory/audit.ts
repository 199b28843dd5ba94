// Owns: audit events in memory, and which of them are in a block.
import type { AuditEventRecord, AuditStore, StoredAuditEvent } from '../ports/index.js';
import { createExpirable, createTable, type Table } from './table.js';
import type { MemoryUnits } from './units.js';

export interface MemoryAuditRows {
  events: Table<StoredAuditEvent>;
  /** By the event's id: the block it is in. */
  sealed: Table<{ seq: number }>;
}

export function createMemoryAuditRows(units: MemoryUnits): MemoryAuditRows {
  return { events: createTable(units), sealed: createTable(units) };
}

export function createMemoryAuditStore({ events: rows, sealed }: MemoryAuditRows): AuditStore {
  let lastId = 0;

  const store: AuditStore = {
    async append(events: AuditEventRecord[]) {
      for (const event of events) {
        lastId += 1;
        rows.put(String(lastId), { ...event, id: lastId });
      }
    },

    async list({ limit, ...filter }) {
      const events = await store.scan(filter, { order: 'newest', limit });
      return events.map(({ id: _id, redacted: _redacted, ...event }) => event);
    },

    async scan({ since, until, ...same }, { order, beyond, limit }) {
      const sign = order === 'newest' ? -1 : 1;
      const given = Object.entries(same).filter(([, value]) => value !== undefined);
      const matches = (event: Readonly<StoredAuditEvent>) =>
        (beyond === undefined || sign * (event.id - beyond) > 0) &&
        (since === undefined || event.at >= since) &&
        (until === undefined || event.at < until) &&
        given.every(([name, value]) => event[name as keyof StoredAuditEvent] === value);
      return rows
        .keys(matches, ({ id }) => sign * id)
        .slice(0, limit)
        .flatMap((key) => rows.get(key) ?? []);
    },

    ...createExpirable(rows, (event) => event.at),

    async deleteExpired(before, batch) {
      const keys = rows.keys(
        ({ id, at }) => at < before && sealed.get(String(id)) !== undefined,
        ({ at }) => at.getTime(),
      );
      return keys.slice(0, batch).filter(rows.delete).length;
    },
  };
  return store;
}
