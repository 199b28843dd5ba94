// Owns: the values that stand for a user towards apps in place of the id: one for each sector, one for each owner.
// Does not: know which app gets which (provider/).

import type { Clock } from '../lib/clock.js';
import { AppError } from '../lib/errors.js';
import { macOf, randomKey, randomToken } from '../lib/ids.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import { deriveKey } from '../lib/sealed.js';
import type { SealedKeyStore } from '../store/ports/index.js';

/** What the sealed key is sealed as: for whoever seals it again, under another key-encryption key. */
export const subjectKeyContext = (kid: string) => `subject-key:${kid}`;

export interface Subjects {
  /**
   * Makes the key if there is none yet: once for an installation, whoever asks first, and never again. To be called
   * before the first request. @throws AppError wrong_key_encryption_key
   */
  prepare(): Promise<void>;
  /**
   * The user's `sub` for the clients of one sector: 43 characters of base64url.
   * @throws AppError wrong_key_encryption_key; StoreUnavailableError
   * @see https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg
   */
  pairwise(sector: string, userId: string): Promise<string>;
  /** The user's value for all apps of one owner. @throws as pairwise */
  unionId(owner: string, userId: string): Promise<string>;
}

type Purpose = 'pairwise' | 'unionid';

/**
 * Both are HMAC-SHA-256 under keys derived from one that is random and is kept for ever: neither a rotation of signing
 * keys nor another KEY_ENCRYPTION_KEY changes a value.
 */
export function createSubjects({
  store,
  encryption,
  clock,
}: {
  store: SealedKeyStore;
  encryption: Pick<KeyEncryption, 'seal' | 'open'>;
  clock: Clock;
}): Subjects {
  let opened: Promise<Record<Purpose, Buffer>> | undefined;

  async function open(): Promise<Record<Purpose, Buffer>> {
    const [first] = await store.list();
    if (!first) throw new AppError('no_keys', 500, 'there is no key to derive subjects from');
    const secret = Buffer.from(
      await encryption.open(first.sealed, subjectKeyContext(first.kid)),
      'base64url',
    );
    return { pairwise: deriveKey(secret, 'subject-pairwise'), unionid: deriveKey(secret, 'subject-unionid') };
  }

  /** Kept once it is open: it never changes. */
  function keys(): Promise<Record<Purpose, Buffer>> {
    opened ??= open().catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  }

  async function derive(purpose: Purpose, group: string, userId: string): Promise<string> {
    const key = (await keys())[purpose];
    // Not a plain concatenation: neither part says where the other begins.
    return macOf(key, JSON.stringify([group, userId]));
  }

  return {
    async prepare() {
      if ((await store.list()).length === 0) {
        await store.initialize(async () => {
          const kid = randomToken(9);
          const sealed = await encryption.seal(randomKey().toString('base64url'), subjectKeyContext(kid));
          return { kid, sealed, createdAt: clock.now() };
        });
      }
      await keys();
    },
    pairwise: (sector, userId) => derive('pairwise', sector, userId),
    unionId: (owner, userId) => derive('unionid', owner, userId),
  };
}
