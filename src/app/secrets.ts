// Owns: where key-encryption keys come from: the configuration, or the data folder; and the cookie key of before.
import { readSecrets, replaceSecrets, secretInDataFolder } from '../config/data-folder.js';
import { parseKeyMaterial } from '../config/key-material.js';
import type { Config } from '../config/load.js';
import { ConfigError } from '../lib/errors.js';
import type { KeyEncryptionSource } from '../lib/key-encryption.js';

const FILE = 'key-encryption-key';
/** Where the cookie key was kept before it was kept in the database. */
const FORMER_COOKIE_KEY = 'cookie-key';

type SecretConfig = Pick<Config, 'keys' | 'dataDir' | 'isLoopback'>;

/** Nothing is read, or made in the data folder, before somebody asks for it. */
export function keyEncryptionSource({ keys, dataDir }: SecretConfig): KeyEncryptionSource {
  const { keyEncryptionKey, previousKeyEncryptionKeys: previous } = keys;
  if (keyEncryptionKey) return { read: async () => [keyEncryptionKey, ...previous] };
  return {
    async read() {
      await secretInDataFolder(dataDir, FILE);
      const kept = (await readSecrets(dataDir, FILE)).map(parseKeyMaterial);
      if (kept.length === 0 || kept.includes(undefined)) {
        throw new ConfigError([{ field: 'DATA_DIR', reason: `its file ${FILE} holds no key` }]);
      }
      return [...kept.filter((key) => key !== undefined), ...previous];
    },
    write: (all) =>
      replaceSecrets(
        dataDir,
        FILE,
        all.map((key) => key.toString('base64url')),
      ),
  };
}

/** The key that signed cookies before keys were kept in the database: sessions that hang on it go on. */
export async function formerCookieKey({ dataDir, isLoopback }: SecretConfig): Promise<string | undefined> {
  // Elsewhere COOKIE_KEYS had to be given: a file there has never signed anything.
  return isLoopback ? (await readSecrets(dataDir, FORMER_COOKIE_KEY))[0] : undefined;
}
