// Owns: a key as it is shown: never its private part.
import type { KeyDates, KeyPurpose, KeyRecord, KeyState } from '../store/ports/index.js';
import { type KeyPolicy, retiredUntil } from './schedule.js';

export interface KeyDescription extends KeyDates {
  kid: string;
  alg: string;
  purpose: KeyPurpose;
  state: KeyState;
  /** Since when it is announced, unless it signed from the start. */
  createdAt: Date;
  /** When a retired key will be gone. */
  retiredUntil?: Date | undefined;
}

/** What a change has made of keys. */
export interface KeyReport {
  /** The keys it is about, as they are now. */
  keys: KeyDescription[];
  /** How long others may fail to verify what the keys sign that became active, seconds; 0: not at all. */
  unverifiableSeconds: number;
}

export function describeKey(key: KeyRecord, policy: KeyPolicy): KeyDescription {
  const { privateSealed: _sealed, publicJwk: _public, activatesAt, ...shown } = key;
  return {
    ...shown,
    activatesAt: key.state === 'announced' ? activatesAt : undefined,
    retiredUntil: key.state === 'retired' ? retiredUntil(key, policy) : undefined,
  };
}

/** The same for programs, by the names of JWK and of our API. */
export function keyToJson({ kid, alg, purpose, state, ...dates }: KeyDescription): Record<string, unknown> {
  return {
    kid,
    alg,
    purpose,
    state,
    created_at: dates.createdAt,
    activates_at: dates.activatesAt,
    activated_at: dates.activatedAt,
    retired_at: dates.retiredAt,
    retired_until: dates.retiredUntil,
    gone_at: dates.goneAt,
    revoked_at: dates.revokedAt,
  };
}
