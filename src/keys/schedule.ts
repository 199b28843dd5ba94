// Owns: what has to happen to keys, and when. Pure: it looks at keys and says which steps are to be taken.
import type { KeyRecord } from '../store/ports/index.js';
import type { KeyAlg } from './signing-keys.js';

/** How long the states last; see KeyConfig. */
export interface KeyPolicy {
  rotationSeconds: number;
  announceSeconds: number;
  noticeSeconds: number;
  retireSeconds: number;
}

/** One change of one key. */
export type Step =
  /** A new key: announced, or active from the start. */
  | { do: 'add'; alg: KeyAlg; state: 'announced'; activatesAt?: Date | undefined }
  | { do: 'add'; alg: KeyAlg; state: 'active' }
  /** An announced key is to become active then. */
  | { do: 'plan'; key: KeyRecord; activatesAt: Date }
  | { do: 'activate'; key: KeyRecord }
  | { do: 'retire'; key: KeyRecord }
  /** It is over with the key: `expired` by schedule, `withdrawn` before it signed, or `revoked`. */
  | { do: 'destroy'; key: KeyRecord; why: 'expired' | 'withdrawn' | 'revoked' };

const plus = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1_000);
const later = (a: Date, b: Date) => (a > b ? a : b);

/** The keys of one algorithm by state, the newest first. */
export function keysOf(records: readonly KeyRecord[], alg: string) {
  const ours = records.filter((key) => key.alg === alg);
  const inState = (state: KeyRecord['state'], since: (key: KeyRecord) => Date | undefined) =>
    ours
      .filter((key) => key.state === state)
      .sort((a, b) => (since(b)?.getTime() ?? 0) - (since(a)?.getTime() ?? 0));
  return {
    announced: inState('announced', ({ createdAt }) => createdAt)[0],
    active: inState('active', ({ activatedAt }) => activatedAt),
    retired: inState('retired', ({ retiredAt }) => retiredAt),
  };
}

/** How long a key is announced: cookies are verified by us alone, so only instances have to notice. */
function announcementOf({ alg }: Pick<KeyRecord, 'alg'>, policy: KeyPolicy): number {
  return alg === 'HMAC' ? policy.noticeSeconds : policy.announceSeconds;
}

/** The earliest moment at which everybody who verifies knows the announced key. */
export function announcedUntil(key: Pick<KeyRecord, 'alg' | 'createdAt'>, policy: KeyPolicy): Date {
  return plus(key.createdAt, announcementOf(key, policy));
}

/** When a retired key is gone. */
export function retiredUntil({ retiredAt }: KeyRecord, policy: KeyPolicy): Date | undefined {
  return retiredAt && plus(retiredAt, policy.retireSeconds);
}

/** Makes `next` the one that signs, in place of whatever did. */
export function takeOver(next: KeyRecord, active: readonly KeyRecord[]): Step[] {
  return [...active.map((key): Step => ({ do: 'retire', key })), { do: 'activate', key: next }];
}

/** Has the announced key, or else a new one, become active at `at`, or as soon as everybody knows it. */
export function succeed(
  alg: KeyAlg,
  records: readonly KeyRecord[],
  { now, policy, at = now }: { now: Date; policy: KeyPolicy; at?: Date },
): Step[] {
  const { announced, active } = keysOf(records, alg);
  if (!announced) {
    const activatesAt = later(at, announcedUntil({ alg, createdAt: now }, policy));
    return [{ do: 'add', alg, state: 'announced', activatesAt }];
  }
  const activatesAt = later(at, announcedUntil(announced, policy));
  if (activatesAt <= now) return takeOver(announced, active);
  const isPlanned = announced.activatesAt !== undefined && announced.activatesAt <= activatesAt;
  return isPlanned ? [] : [{ do: 'plan', key: announced, activatesAt }];
}

/** Has a key of `alg` sign from now on, announced or not, where another one is not to sign any more. */
export function replaceAtOnce(alg: KeyAlg, records: readonly KeyRecord[]): Step {
  const { announced } = keysOf(records, alg);
  return announced ? { do: 'activate', key: announced } : { do: 'add', alg, state: 'active' };
}

function dueOf(alg: KeyAlg, records: readonly KeyRecord[], now: Date, policy: KeyPolicy): Step[] {
  const { announced, active, retired } = keysOf(records, alg);
  const expired = retired
    .filter((key) => (retiredUntil(key, policy) ?? now) <= now)
    .map((key): Step => ({ do: 'destroy', key, why: 'expired' }));
  const [signing, ...surplus] = active;
  if (!signing) return [...expired, replaceAtOnce(alg, records)];
  if (announced?.activatesAt && announced.activatesAt <= now)
    return [...expired, ...takeOver(announced, active)];
  // Only somebody who changes the table by hand makes two sign at once.
  const steps = [...expired, ...surplus.map((key): Step => ({ do: 'retire', key }))];
  if (policy.rotationSeconds === 0 || announced?.activatesAt) return steps;
  const at = plus(signing.activatedAt ?? signing.createdAt, policy.rotationSeconds);
  const isTime = plus(at, -announcementOf({ alg }, policy)) <= now;
  return isTime ? [...steps, ...succeed(alg, records, { now, policy, at })] : steps;
}

/** What the schedule asks for at `now`; nothing, most of the time. Each algorithm always has one key that signs. */
export function due(
  algs: readonly KeyAlg[],
  records: readonly KeyRecord[],
  { now, policy }: { now: Date; policy: KeyPolicy },
): Step[] {
  return algs.flatMap((alg) => dueOf(alg, records, now, policy));
}

/** What gives every algorithm without a key that signs one; nothing but on the very first start. */
export function missing(algs: readonly KeyAlg[], records: readonly KeyRecord[]): Step[] {
  return algs
    .filter((alg) => keysOf(records, alg).active.length === 0)
    .map((alg) => replaceAtOnce(alg, records));
}
