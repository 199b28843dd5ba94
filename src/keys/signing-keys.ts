// Owns: the signing keys: making them, sealing them at rest, handing them to the provider.
// Does not: rotate them (the operators' issue) or serve JWKS (the provider does).
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../lib/clock.js';
import { AppError } from '../lib/errors.js';
import { randomKey } from '../lib/ids.js';
import { openSealed, seal } from '../lib/sealed.js';
import type { KeyStore, SigningKeyRecord } from '../store/ports/index.js';

/** In this order: the first key that fits an algorithm signs. */
export const SIGNING_ALGS = ['RS256', 'ES256', 'EdDSA'] as const;

export type SigningAlg = (typeof SIGNING_ALGS)[number];

const RSA_BITS = 2048;

const context = (kid: string) => `signing-key:${kid}`;

async function makeKey(alg: SigningAlg, keyEncryptionKey: Buffer, clock: Clock): Promise<SigningKeyRecord> {
  const { privateKey, publicKey } = await generateKeyPair(alg, {
    extractable: true,
    ...(alg === 'RS256' ? { modulusLength: RSA_BITS } : {}),
  });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const now = clock.now();
  return {
    kid,
    alg,
    state: 'active',
    publicJwk: { ...publicJwk, kid, alg, use: 'sig' },
    privateSealed: seal(keyEncryptionKey, JSON.stringify(await exportJWK(privateKey)), context(kid)),
    createdAt: now,
    activatedAt: now,
  };
}

/** Keys for the length of a process, kept nowhere: for tools that need a provider but sign nothing. */
export async function makeEphemeralKeys(clock: Clock): Promise<JWK[]> {
  const keys = createSigningKeys({
    store: { list: async () => [], initialize: (make) => make() },
    keyEncryptionKey: randomKey(),
    clock,
  });
  return keys.load();
}

export interface SigningKeys {
  /** The private keys as JWKs, made on the very first call of the installation. */
  load(): Promise<JWK[]>;
}

/**
 * @param keyEncryptionKey 32 bytes; another one than the keys were sealed under makes `load` throw
 */
export function createSigningKeys({
  store,
  keyEncryptionKey,
  clock,
}: {
  store: KeyStore;
  keyEncryptionKey: Buffer;
  clock: Clock;
}): SigningKeys {
  function open(record: SigningKeyRecord): JWK {
    try {
      const secret = JSON.parse(
        openSealed(keyEncryptionKey, record.privateSealed, context(record.kid)),
      ) as JWK;
      return { ...secret, kid: record.kid, alg: record.alg, use: 'sig' };
    } catch (cause) {
      throw new AppError(
        'wrong_key_encryption_key',
        500,
        `signing key ${record.kid} does not open with this KEY_ENCRYPTION_KEY`,
        { cause },
      );
    }
  }

  return {
    async load() {
      const records = await store.initialize(() =>
        Promise.all(SIGNING_ALGS.map((alg) => makeKey(alg, keyEncryptionKey, clock))),
      );
      const order = (record: SigningKeyRecord) => SIGNING_ALGS.indexOf(record.alg as SigningAlg);
      return [...records].sort((a, b) => order(a) - order(b)).map(open);
    },
  };
}
