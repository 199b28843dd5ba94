// Owns: a secret that a client gets: made or given, hashed, and sealed where it is a key. Does not: store it.

import type { ClientRecord } from '../store/ports/index.js';
import type { ClientServiceDeps } from './deps.js';
import { checkLength, generateKeySecret, sealSecret, usesSecretsAsKeys } from './sealed-secrets.js';
import { generateSecret } from './secrets.js';

export interface NewSecret {
  /** In clear. */
  secret: string;
  secretHash: string;
  /** Seals it, in the unit of work that stores it; undefined: it is no key. */
  seal: (() => Promise<string>) | undefined;
}

/**
 * @param given the secret, when it is not to be generated
 * @param isKey whether it is to be a key although the client has no use for one yet
 * @throws ValidationError when the one given is too short for what the client signs with
 */
export async function makeSecret(
  { hasher, encryption, keys }: Pick<ClientServiceDeps, 'hasher' | 'encryption' | 'keys'>,
  client: Pick<ClientRecord, 'client_id' | 'isConfidential' | 'metadata'>,
  { given, isKey = usesSecretsAsKeys(client) }: { given?: string | undefined; isKey?: boolean },
): Promise<NewSecret> {
  if (given !== undefined && isKey) checkLength(given, client);
  const secret = given ?? (isKey ? generateKeySecret() : generateSecret());
  const secretHash = await hasher.hash(secret);
  if (!isKey) return { secret, secretHash, seal: undefined };
  return {
    secret,
    secretHash,
    async seal() {
      // Nobody gives up a key-encryption key meanwhile.
      await keys?.lock();
      return sealSecret(encryption, { clientId: client.client_id, secretHash, secret });
    },
  };
}
