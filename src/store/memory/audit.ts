// Owns: audit events in memory.
import type { AuditEventRecord, AuditStore } from '../ports/index.js';
import { createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

interface AuditRow extends AuditEventRecord {
  /** Order of arrival, which decides between events of the same moment. */
  position: number;
}

export function createMemoryAuditStore(units: MemoryUnits): AuditStore {
  const rows = createTable<AuditRow>(units);
  let lastPosition = 0;

  return {
    async append(events) {
      for (const event of events) {
        lastPosition += 1;
        rows.put(String(lastPosition), { ...event, position: lastPosition });
      }
    },
    async list({ type, userId, clientId, limit }) {
      return rows
        .keys(
          (event) =>
            (type === undefined || event.type === type) &&
            (userId === undefined || event.userId === userId) &&
            (clientId === undefined || event.clientId === clientId),
        )
        .flatMap((key) => rows.get(key) ?? [])
        .sort((a, b) => b.at.getTime() - a.at.getTime() || b.position - a.position)
        .slice(0, limit)
        .map(({ position: _, ...event }) => event);
    },
    ...createExpirable(rows, (event) => event.at),
  };
}
