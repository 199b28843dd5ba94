// Owns: what is computed over events and blocks. Whoever has the database but not the key can compute none of it.
import { macOf } from '../lib/ids.js';
import type { AuditBlock, JsonObject, StoredAuditEvent } from '../store/ports/index.js';

/** JSON with the members of every object in one order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

const mac = (key: Buffer, ...parts: unknown[]) => macOf(key, canonicalJson(parts));

function split(details: JsonObject = {}): { personal: unknown; rest: JsonObject } {
  const { personal = null, ...rest } = details;
  return { personal, rest };
}

/** What of an event goes when the person is forgotten. */
function personalDigest(key: Buffer, { id, userId, actor, ip, details }: StoredAuditEvent): string {
  return mac(key, 'personal', id, userId ?? null, actor, ip ?? null, split(details).personal);
}

/** The digest as it was before anybody in the event was forgotten. */
export function eventDigest(key: Buffer, event: StoredAuditEvent): string {
  const { id, at, type, clientId, grantId, scope, requestId, details, redacted } = event;
  const personal = redacted?.split('.')[0] ?? personalDigest(key, event);
  const what = [clientId ?? null, grantId ?? null, scope ?? null, requestId ?? null, split(details).rest];
  return mac(key, 'event', id, at.toISOString(), type, ...what, personal);
}

function pseudonymDigest(key: Buffer, { id, userId, actor }: StoredAuditEvent, personal: string): string {
  return mac(key, 'redaction', id, personal, userId ?? null, actor);
}

/** What `redacted` must be, given who is named in place of the person. */
export function redactionOf(key: Buffer, before: StoredAuditEvent, after: StoredAuditEvent): string {
  const personal = before.redacted?.split('.')[0] ?? personalDigest(key, before);
  return `${personal}.${pseudonymDigest(key, after, personal)}`;
}

/** Whether what stands in place of a person was put there with the key, and nothing of the person is left. */
export function isRedactionIntact(key: Buffer, event: StoredAuditEvent): boolean {
  const [personal = '', proof] = event.redacted?.split('.') ?? [];
  const isEmpty = event.ip === undefined && event.details?.personal === undefined;
  return isEmpty && proof === pseudonymDigest(key, event, personal);
}

export function blockHash(key: Buffer, block: Omit<AuditBlock, 'hash'>): string {
  const { seq, at, kid, retainedSince, lastId, skipped, eventIds, eventTimes, eventDigests, prevHash } =
    block;
  const times = eventTimes.map((time) => time.toISOString());
  const when = [at.toISOString(), kid, retainedSince.toISOString()];
  return mac(key, 'block', seq, ...when, prevHash, lastId, skipped, eventIds, times, eventDigests);
}
