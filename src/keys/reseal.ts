// Owns: sealing everything anew under the key-encryption key in use, and giving up earlier ones.
import type { Audit, Author } from '../audit/service.js';
import { AppError } from '../lib/errors.js';
import { randomKey } from '../lib/ids.js';
import type { KeyEncryption, KeyEncryptionSource } from '../lib/key-encryption.js';
import type { KeyStore, UnitOfWork } from '../store/ports/index.js';
import { sealContext } from './signing-keys.js';

/** Somebody who stores sealed values. */
export interface SealedHolder {
  /** What they are, for people: `signing keys`. */
  name: string;
  list(): Promise<{ id: string; sealed: string; context: string }[]>;
  /** Replaces the seal of `id`, if it still is `from`. */
  replace(id: string, from: string, to: string): Promise<boolean>;
}

export interface ResealReport {
  /** How many values were sealed anew, by holder. */
  resealed: Record<string, number>;
  /** Whether a new key-encryption key was made. */
  newKey: boolean;
}

export interface ResealDeps {
  holders: readonly SealedHolder[];
  store: Pick<KeyStore, 'lock'>;
  unitOfWork: UnitOfWork;
  source: KeyEncryptionSource;
  encryption: KeyEncryption;
  audit: Audit;
}

/** Signing and cookie keys, as holders of sealed values. */
export function keyHolders(store: Pick<KeyStore, 'list' | 'replaceSealed'>): SealedHolder[] {
  const holder = (name: string, purpose: 'token' | 'cookie'): SealedHolder => ({
    name,
    async list() {
      const keys = (await store.list()).filter((key) => key.purpose === purpose);
      return keys.flatMap((key) =>
        key.privateSealed === undefined
          ? []
          : [{ id: key.kid, sealed: key.privateSealed, context: sealContext(key) }],
      );
    },
    replace: (kid, from, to) => store.replaceSealed({ kid, purpose }, from, to),
  });
  return [holder('signing_keys', 'token'), holder('cookie_keys', 'cookie')];
}

/**
 * Seals what every holder has under the key in use. With `newKey`, makes a new one first, which is kept where the
 * present one is. A crash at any moment leaves everything openable: earlier keys are given up last of all.
 * @throws AppError wrong_key_encryption_key when a value opens with no key we have: nothing is changed then
 * @throws AppError when the key-encryption key is not ours to replace
 */
export function createReseal({ holders, store, unitOfWork, source, encryption, audit }: ResealDeps) {
  /** Whoever seals or changes keys waits meanwhile. */
  const locked = <T>(work: () => Promise<T>) =>
    unitOfWork.run(
      async () => {
        await store.lock();
        return { commit: true, value: await work() };
      },
      { atOnce: true },
    );

  async function resealOne(holder: SealedHolder): Promise<number> {
    let count = 0;
    for (const { id, sealed, context } of await holder.list()) {
      if (await encryption.isCurrent(sealed, context)) continue;
      const anew = await encryption.seal(await encryption.open(sealed, context), context);
      if (!(await holder.replace(id, sealed, anew))) {
        throw new AppError('conflict', 409, `${context} was changed meanwhile; run it again`);
      }
      count += 1;
    }
    return count;
  }

  async function isAllCurrent(): Promise<boolean> {
    for (const holder of holders) {
      for (const { sealed, context } of await holder.list()) {
        if (!(await encryption.isCurrent(sealed, context))) return false;
      }
    }
    return true;
  }

  return async function reseal(
    { newKey = false }: { newKey?: boolean },
    author: Author,
  ): Promise<ResealReport> {
    const { write } = source;
    if (newKey && !write) {
      throw new AppError(
        'conflict',
        409,
        'KEY_ENCRYPTION_KEY is set, so a new one has to be set there too: give the new one as KEY_ENCRYPTION_KEY, the present one as KEY_ENCRYPTION_KEY_PREVIOUS, restart, and run key reseal without --new-key',
      );
    }
    const resealed = await locked(async () => {
      // On disk before anything is sealed under it.
      if (newKey) await write?.([randomKey(), ...(await source.read())]);
      const counts: Record<string, number> = {};
      for (const holder of holders) counts[holder.name] = await resealOne(holder);
      await audit.record({ ...author, type: 'key.resealed', details: { resealed: counts, new_key: newKey } });
      return counts;
    });
    // Only now is it certain that nothing needs the earlier ones.
    if (write) {
      await locked(async () => {
        const [current] = await source.read();
        if (current && (await isAllCurrent())) await write([current]);
      });
    }
    return { resealed, newKey };
  };
}
