// Owns: the port of the keys this provider signs tokens and cookies with.
import type { JsonObject } from './common.js';

/** What a key signs. */
export type KeyPurpose = 'token' | 'cookie';

/**
 * `announced`: published, signs nothing yet. `active`: signs. `retired`: published, so that what it signed still
 * verifies. `gone`: not published, its private part destroyed.
 */
export type KeyState = 'announced' | 'active' | 'retired' | 'gone';

export interface KeyDates {
  /** When an announced key is to become active; undefined: only when somebody rotates. */
  activatesAt?: Date | undefined;
  activatedAt?: Date | undefined;
  retiredAt?: Date | undefined;
  goneAt?: Date | undefined;
  /** Gone because it was revoked. */
  revokedAt?: Date | undefined;
}

export interface KeyRecord extends KeyDates {
  kid: string;
  purpose: KeyPurpose;
  /** Of a cookie key always `HMAC`. */
  alg: string;
  state: KeyState;
  /** Of a cookie key undefined: all of it is private. */
  publicJwk?: JsonObject | undefined;
  /** Undefined once the key is gone. */
  privateSealed?: string | undefined;
  createdAt: Date;
}

export interface KeyStore {
  /** Every key there ever was, the oldest first. */
  list(): Promise<KeyRecord[]>;
  /** Inside a unit of work: begins it, and keeps everybody else from `lock` until it ends. */
  lock(): Promise<void>;
  add(key: KeyRecord): Promise<void>;
  /**
   * Gives `key` another state, and the dates in `dates`; the others stay. Only if it still has the state that `key`
   * says: otherwise nothing happens, and the answer is false. What is `gone` loses its private part here.
   */
  change(key: Pick<KeyRecord, 'kid' | 'purpose' | 'state'>, to: KeyState, dates: KeyDates): Promise<boolean>;
  /** Seals anew: replaces the private part, if it still is `from`. */
  replaceSealed(key: Pick<KeyRecord, 'kid' | 'purpose'>, from: string, to: string): Promise<boolean>;
  /**
   * Calls `listener` when keys may have changed, here or in another process; call what it answers to end that. Word
   * may get lost: whoever must know looks at `list` every few seconds as well.
   */
  subscribe(listener: () => void): () => void;
}
