// Owns: what the suite's parts about the audit trail share.
import { createAuditTrail } from '../../../src/audit/trail.js';
import type { AuditEventRecord, Stores } from '../../../src/store/ports/index.js';
import { later, newId } from './support.js';

/** The same for the whole suite: what it seals must open in its next test. */
export const KEK = Buffer.from(Array.from({ length: 32 }, (_, n) => (n * 37 + 11) % 256));

export function event(over: Partial<AuditEventRecord> = {}): AuditEventRecord {
  return { at: later(0), type: `test.${newId()}`, actor: 'system', ...over };
}

/** The trail on these stores, in the suite's year. */
export function trailOf(stores: Stores, keyEncryptionKeys: readonly Buffer[] = [KEK]) {
  return createAuditTrail({
    store: stores.audit,
    chain: stores.auditChain,
    keys: stores.auditKeys,
    keyEncryptionKeys: async () => keyEncryptionKeys,
    clock: { now: () => later(1_000) },
    // Since 2010: what the suite deletes happened before, all else after.
    retentionDays: 7_500,
  });
}
