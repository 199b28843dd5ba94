// Owns: what the janitor's tests use: memory stores with expired records in them, and a janitor to watch.
import { createAuditTrail } from '../../src/audit/trail.js';
import { createJanitor, type Janitor, type JanitorDeps } from '../../src/janitor/service.js';
import { type JanitorTarget, janitorTargets } from '../../src/janitor/targets.js';
import type { Clock } from '../../src/lib/clock.js';
import { hashOf, randomToken } from '../../src/lib/ids.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import type { Expirable, Stores } from '../../src/store/ports/index.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { openMetrics } from '../../src/telemetry/open-metrics.js';

export const NOW = new Date('2031-05-06T07:08:09.000Z');
export const MINUTE = 60_000;
export const DAY = 86_400_000;

/** `NOW` minus some milliseconds. */
export function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms);
}

/** A clock that stands still until it is moved. */
export function createTestClock() {
  let now = NOW;
  return {
    now: () => now,
    advance(ms: number) {
      now = new Date(now.getTime() + ms);
    },
  };
}

/** Stores artifacts that expire at `expiresAt`. */
export async function seedArtifacts(
  { artifacts }: Pick<Stores, 'artifacts'>,
  count: number,
  expiresAt: Date,
) {
  for (let i = 0; i < count; i += 1) {
    await artifacts.upsert('AccessToken', hashOf(randomToken()), { payload: {}, expiresAt });
  }
}

/** How many artifacts are stored, whenever they expire. */
export function artifactsLeft({ artifacts }: Pick<Stores, 'artifacts'>): Promise<number> {
  return artifacts.countExpired(new Date('2100-01-01'), 1_000_000);
}

/** Puts what is in the audit trail into blocks. */
export async function sealAudit({ audit, auditChain, auditKeys }: Stores, clock: Clock): Promise<void> {
  const keyEncryptionKeys = async () => [Buffer.alloc(32, 'k')];
  const stores = { store: audit, chain: auditChain, keys: auditKeys };
  await createAuditTrail({ ...stores, keyEncryptionKeys, clock, retentionDays: 400 }).seal();
}

type DeleteExpired = Expirable['deleteExpired'];

export interface Scene {
  janitor: Janitor;
  stores: Stores;
  clock: ReturnType<typeof createTestClock>;
  /** Every call that deletes: which kind, how many it was asked for. */
  calls: Array<{ kind: string; batch: number }>;
  /** How long the janitor paused, each time. */
  pauses: number[];
  logs: Array<{ level: string; message: string; [key: string]: unknown }>;
  metricsText(): Promise<string>;
}

/**
 * A janitor on memory stores with a clock that stands still; it pauses in name only, unless told otherwise.
 * `intercept` stands in for what deletes, and may ask the real thing.
 */
export async function createScene({
  intercept = (_, real) => real,
  ...over
}: Partial<JanitorDeps> & {
  intercept?: (kind: string, real: DeleteExpired) => DeleteExpired;
} = {}): Promise<Scene> {
  const clock = createTestClock();
  const stores = createMemoryStores(clock);
  const calls: Scene['calls'] = [];
  const pauses: number[] = [];
  const logs: Scene['logs'] = [];
  const metrics = await openMetrics({ isServed: true });

  const watch = (target: JanitorTarget): JanitorTarget => {
    const deleteExpired = intercept(target.kind, target.store.deleteExpired);
    return {
      ...target,
      store: {
        ...target.store,
        deleteExpired(cutoff, batch) {
          calls.push({ kind: target.kind, batch });
          return deleteExpired(cutoff, batch);
        },
      },
    };
  };
  const janitor = createJanitor({
    targets: janitorTargets(stores, { auditRetentionDays: 400 }).map(watch),
    clock,
    logger: createLogger('info', { write: (line) => logs.push(JSON.parse(line)) }),
    metrics,
    intervalMs: 0,
    pause: async (ms) => {
      pauses.push(ms);
    },
    ...over,
  });
  return {
    janitor,
    stores,
    clock,
    calls,
    pauses,
    logs,
    metricsText: async () => (await metrics.render()).text,
  };
}
