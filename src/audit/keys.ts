// Owns: the keys of the chain: making the first, sealing it at rest, finding the one a block names.
import type { Clock } from '../lib/clock.js';
import { AppError } from '../lib/errors.js';
import { randomKey, randomToken } from '../lib/ids.js';
import { openSealed, seal } from '../lib/sealed.js';
import type { AuditKeyRecord, AuditKeyStore } from '../store/ports/index.js';

/** What a sealed audit key is sealed as: for whoever seals it again, under another key encryption key. */
export const auditKeyContext = (kid: string) => `audit-key:${kid}`;

export interface AuditKey {
  kid: string;
  key: Buffer;
}

export interface AuditKeys {
  /** The key new blocks are made with; made on the very first call of the installation. */
  current(): Promise<AuditKey>;
  /** Every key there is, by kid. @throws AppError when one does not open */
  all(): Promise<Map<string, Buffer>>;
}

/**
 * @param keyEncryptionKeys the current one first, then those it replaced; none in a tool that was started without
 */
export function createAuditKeys({
  store,
  keyEncryptionKeys,
  clock,
}: {
  store: AuditKeyStore;
  keyEncryptionKeys(): Promise<readonly Buffer[]>;
  clock: Clock;
}): AuditKeys {
  // What is sealed may be sealed again; the key a kid names never changes.
  const opened = new Map<string, Buffer>();

  async function open({ kid, sealed }: AuditKeyRecord): Promise<Buffer> {
    const known = opened.get(kid);
    if (known) return known;
    for (const keyEncryptionKey of await keyEncryptionKeys()) {
      try {
        const key = Buffer.from(openSealed(keyEncryptionKey, sealed, auditKeyContext(kid)), 'base64url');
        opened.set(kid, key);
        return key;
      } catch {
        // The next one, then.
      }
    }
    throw new AppError(
      'wrong_key_encryption_key',
      500,
      `audit key ${kid} does not open with this KEY_ENCRYPTION_KEY`,
    );
  }

  async function list(): Promise<AuditKeyRecord[]> {
    const [current] = await keyEncryptionKeys();
    if (!current) throw new AppError('no_keys', 500, 'this was started without KEY_ENCRYPTION_KEY');
    const kept = await store.list();
    if (kept.length > 0) return kept;
    return store.initialize(async () => {
      const kid = randomToken(9);
      // Asked again: it may have been replaced while this waited.
      const [present = current] = await keyEncryptionKeys();
      const sealed = seal(present, randomKey().toString('base64url'), auditKeyContext(kid));
      return { kid, sealed, createdAt: clock.now() };
    });
  }

  return {
    async current() {
      const newest = (await list()).at(-1);
      if (!newest) throw new Error('no audit key was stored');
      return { kid: newest.kid, key: await open(newest) };
    },
    async all() {
      const keys = new Map<string, Buffer>();
      for (const record of await list()) keys.set(record.kid, await open(record));
      return keys;
    },
  };
}
