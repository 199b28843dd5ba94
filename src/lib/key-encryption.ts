// Owns: sealing under the key-encryption key in use, and opening what earlier ones sealed. Does not: keep them.
import { AppError } from './errors.js';
import { openSealed, seal } from './sealed.js';

/** Where key-encryption keys come from: the configuration, or a file that may change while we run. */
export interface KeyEncryptionSource {
  /** 32 bytes each: the one in use first, then earlier ones. Reads anew each time. */
  read(): Promise<readonly Buffer[]>;
  /** Replaces them all, whole or not at all; absent where they are not ours to replace. */
  write?(keys: readonly Buffer[]): Promise<void>;
}

export interface KeyEncryption {
  /** Seals under the key in use at this moment; `context` as of `seal` in sealed.ts. */
  seal(plaintext: string, context: string): Promise<string>;
  /** Opens what was sealed under the key in use or an earlier one. @throws AppError wrong_key_encryption_key */
  open(sealed: string, context: string): Promise<string>;
  /** Whether it is sealed under the key in use. */
  isCurrent(sealed: string, context: string): Promise<boolean>;
}

const ADVICE =
  'Give the one it was sealed under (KEY_ENCRYPTION_KEY; where that is not set, the file key-encryption-key in DATA_DIR), or add that one to KEY_ENCRYPTION_KEY_PREVIOUS and run: npm run cli -- key reseal';

function tryOpen(keys: readonly Buffer[], sealed: string, context: string): string | undefined {
  for (const key of keys) {
    try {
      return openSealed(key, sealed, context);
    } catch {
      // Under another one, perhaps.
    }
  }
  return undefined;
}

export function createKeyEncryption(source: Pick<KeyEncryptionSource, 'read'>): KeyEncryption {
  async function current(): Promise<Buffer> {
    const [key] = await source.read();
    if (!key) throw new Error('there is no key-encryption key');
    return key;
  }

  return {
    seal: async (plaintext, context) => seal(await current(), plaintext, context),
    async open(sealed, context) {
      const plaintext = tryOpen(await source.read(), sealed, context);
      if (plaintext !== undefined) return plaintext;
      const message = `${context} does not open with this KEY_ENCRYPTION_KEY. ${ADVICE}`;
      throw new AppError('wrong_key_encryption_key', 500, message);
    },
    isCurrent: async (sealed, context) => tryOpen([await current()], sealed, context) !== undefined,
  };
}
