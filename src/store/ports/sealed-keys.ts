// Owns: the port of keys that are kept sealed and are never replaced, only sealed anew.

export interface SealedKeyRecord {
  kid: string;
  /** Under the key-encryption key. */
  sealed: string;
  createdAt: Date;
}

/** Keys that each installation makes once: those of the audit chain; and the one that subjects are derived from. */
export interface SealedKeyStore {
  /** The oldest first. */
  list(): Promise<SealedKeyRecord[]>;
  /**
   * Stores what `make` gives if there is no key yet; one of several concurrent callers wins, all get the result. Whoever
   * seals keys anew waits meanwhile (`KeyStore.lock`), so that what is made is not sealed under what is given up.
   */
  initialize(make: () => Promise<SealedKeyRecord>): Promise<SealedKeyRecord[]>;
  /** For another key encryption key; the key itself stays. Whether it still was `from`. */
  replaceSealed(kid: string, from: string, to: string): Promise<boolean>;
}

export type AuditKeyRecord = SealedKeyRecord;

export type AuditKeyStore = SealedKeyStore;
