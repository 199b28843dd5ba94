// Owns: recording who did what. Does not: decide what is worth recording.
import type { Clock } from '../lib/clock.js';
import type { AuditEventRecord, AuditStore } from '../store/ports/index.js';

export type AuditEvent = Omit<AuditEventRecord, 'at'>;

/** Who does something that is recorded, and from where. */
export interface Author {
  /** `operator:…`, `client:…`, `user:…`, `registration-token:…`, `site` or `system`. */
  actor: string;
  ip?: string | undefined;
  requestId?: string | undefined;
}

export interface Audit {
  /** Stores the events; inside a unit of work, together with what they tell of. */
  record(...events: AuditEvent[]): Promise<void>;
}

export function createAudit({ store, clock }: { store: Pick<AuditStore, 'append'>; clock: Clock }): Audit {
  return {
    record: (...events) => store.append(events.map((event) => ({ ...event, at: clock.now() }))),
  };
}
