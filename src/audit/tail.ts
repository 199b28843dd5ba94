// Owns: following the audit trail: each event once, also one that was committed late.
import type { Clock } from '../lib/clock.js';
import type { AuditFilter, AuditStore, StoredAuditEvent } from '../store/ports/index.js';

/** So long after it was passed, an id may still turn up: its transaction was open. */
const LATE_MS = 60_000;
/** So many ids back, at the beginning. */
const LATE_IDS = 500;
const PORTION = 500;

export interface AuditTail {
  /** What has come since the last call, the oldest first. */
  poll(): Promise<StoredAuditEvent[]>;
}

/** @param count how many of the newest events the first poll gives */
export function createTail(
  { store, clock }: { store: Pick<AuditStore, 'scan'>; clock: Clock },
  filter: AuditFilter,
  count: number,
): AuditTail {
  const given = new Set<number>();
  /** How far the trail reached, at each poll of the last minute and the last one before. */
  const reached: { at: number; id: number }[] = [];

  async function note(): Promise<number> {
    const [newest] = await store.scan({}, { order: 'newest', limit: 1 });
    const at = clock.now().getTime();
    reached.push({ at, id: newest?.id ?? 0 });
    while (reached[1] && reached[1].at <= at - LATE_MS) reached.shift();
    return reached[0]?.id ?? 0;
  }

  async function since(beyond: number): Promise<StoredAuditEvent[]> {
    const events: StoredAuditEvent[] = [];
    for (let from = beyond; ; ) {
      const found = await store.scan(filter, { order: 'oldest', beyond: from, limit: PORTION });
      events.push(...found);
      from = found.at(-1)?.id ?? from;
      if (found.length < PORTION) return events;
    }
  }

  return {
    async poll() {
      const isFirst = reached.length === 0;
      const settled = await note();
      const events = (await since(Math.max(0, settled - LATE_IDS))).filter(({ id }) => !given.has(id));
      for (const id of given) if (id <= settled - LATE_IDS) given.delete(id);
      for (const { id } of events) given.add(id);
      if (!isFirst) return events;
      const newest = count > 0 ? await store.scan(filter, { order: 'newest', limit: count }) : [];
      for (const { id } of newest) given.add(id);
      return newest.reverse();
    },
  };
}
