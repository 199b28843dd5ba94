// Owns: the chain over the audit events, in memory.
import type { AuditBlock, AuditChainStore } from '../ports/index.js';
import type { MemoryAuditRows } from './audit.js';
import { createTable } from './table.js';
import type { MemoryUnits } from './units.js';

const LOCK = 'audit-chain';

export function createMemoryAuditChainStore(
  units: MemoryUnits,
  { events, sealed }: MemoryAuditRows,
): AuditChainStore {
  const blocks = createTable<AuditBlock>(units);
  const listBlocks = (matches: (block: Readonly<AuditBlock>) => boolean, rank = 1) =>
    blocks.keys(matches, ({ seq }) => rank * seq).flatMap((key) => blocks.get(key) ?? []);
  const lastBlock = () => listBlocks(() => true, -1)[0];
  const eventsOf = (keys: string[]) => keys.flatMap((key) => events.get(key) ?? []);

  return {
    // Nothing in memory commits late, so nothing that was skipped can turn up.
    seal: ({ limit, make }) =>
      units.exclusively(LOCK, () => {
        const keys = events.keys(
          ({ id }) => sealed.get(String(id)) === undefined,
          ({ id }) => id,
        );
        if (keys.length === 0) return undefined;
        const block = make(eventsOf(keys.slice(0, limit)), lastBlock());
        blocks.put(String(block.seq), block);
        for (const id of block.eventIds) sealed.put(String(id), { seq: block.seq });
        return block;
      }),

    listBlocks: async ({ seq }, limit) => listBlocks((block) => block.seq > seq).slice(0, limit),
    lastBlock: async () => lastBlock(),
    firstBlockSince: async (since) => listBlocks(({ at }) => at >= since)[0]?.seq,
    findEvents: async (ids) => eventsOf(ids.map(String)),

    async idsWithin(ranges, limit) {
      const isWithin = (id: number) =>
        ranges.some((low, index) => index % 2 === 0 && id >= low && id <= (ranges[index + 1] ?? low));
      return eventsOf(events.keys(({ id }) => isWithin(id)))
        .map(({ id }) => id)
        .slice(0, limit);
    },

    redact: (userId, limit, make) =>
      units.exclusively(LOCK, () => {
        const naming = events.keys((event) => event.userId === userId || event.actor === `user:${userId}`);
        for (const event of eventsOf(naming.slice(0, limit))) {
          const kid = blocks.get(String(sealed.get(String(event.id))?.seq))?.kid;
          const { personal: _personal, ...rest } = event.details ?? {};
          const details = Object.keys(rest).length > 0 ? rest : undefined;
          events.put(String(event.id), { ...event, ip: undefined, details, ...make(event, kid) });
        }
        return Math.min(naming.length, limit);
      }),
  };
}
