// Owns: what the janitor cleans, and in which order.
import type { Expirable, Stores } from '../store/ports/index.js';

const DAY_MS = 86_400_000;

export interface JanitorTarget {
  /** Its name in metrics and logs. */
  kind: string;
  store: Expirable;
  /** How long records are kept after their time, in milliseconds. */
  retentionMs: number;
}

/**
 * Instances whose clocks disagree share one store: what has expired for one may still be in use at another.
 */
const CLOCK_MARGIN_MS = 60_000;

/** The history of what apps were told. */
const DELIVERY_RETENTION_MS = 30 * DAY_MS;

/**
 * Everything that expires. What hangs on a grant goes before the grant, so that no grant takes thousands of
 * records with it in one statement. A revoked grant is kept until it expires: replays are recognised by it.
 */
export function janitorTargets(
  stores: Pick<
    Stores,
    | 'artifacts'
    | 'refreshTokens'
    | 'revokedTokens'
    | 'sessions'
    | 'grants'
    | 'counters'
    | 'audit'
    | 'logoutDeliveries'
    | 'registrationTokens'
  >,
  { auditRetentionDays }: { auditRetentionDays: number },
): JanitorTarget[] {
  return [
    { kind: 'artifacts', store: stores.artifacts, retentionMs: CLOCK_MARGIN_MS },
    { kind: 'refresh_tokens', store: stores.refreshTokens, retentionMs: CLOCK_MARGIN_MS },
    { kind: 'sessions', store: stores.sessions, retentionMs: CLOCK_MARGIN_MS },
    { kind: 'grants', store: stores.grants, retentionMs: CLOCK_MARGIN_MS },
    { kind: 'counters', store: stores.counters, retentionMs: CLOCK_MARGIN_MS },
    { kind: 'logout_deliveries', store: stores.logoutDeliveries, retentionMs: DELIVERY_RETENTION_MS },
    { kind: 'revoked_tokens', store: stores.revokedTokens, retentionMs: CLOCK_MARGIN_MS },
    { kind: 'registration_tokens', store: stores.registrationTokens, retentionMs: CLOCK_MARGIN_MS },
    { kind: 'audit_events', store: stores.audit, retentionMs: auditRetentionDays * DAY_MS },
  ];
}
