// Owns: the library's use of client secrets as keys (client_secret_jwt, HS256): they are opened for that one moment. The
// library would derive keys from the secret and keep both; it gets neither (docs/decisions).
import { createHmac } from 'node:crypto';
import { ExternalSigningKey, errors, type Provider } from 'oidc-provider';
import { SECRET_SIGNING_ALGS } from '../clients/authentication.js';
import { MAX_SECRETS } from '../clients/rotation.js';
import { minimumOctets } from '../clients/sealed-secrets.js';
import { callStore } from './adapter/failure.js';
import type { SecretKey, SecretKeys } from './secret-keys.js';

/** A place in a client's key store: its `index`-th newest secret that is a key. */
interface Slot {
  kty: 'oct';
  use: 'sig';
  alg: string;
  index: number;
}

/** The parts of the library's key stores that are used here. */
interface KeyStore {
  clear(): void;
  add(slot: Slot): void;
  getKeyObject(slot: Slot | undefined, isToVerify?: boolean): unknown;
}

interface Client {
  clientId: string;
  symmetricKeyStore: KeyStore;
  checkClientSecretExpiration(message: string, errorOverride?: string): void;
}

const DIGESTS: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** Signs with the secret that is the newest when it comes to it. The library awaits it. */
class NewestSecret extends ExternalSigningKey {
  constructor(
    private readonly find: () => Promise<SecretKey>,
    private readonly digest: string,
  ) {
    super();
  }

  override async sign(data: Uint8Array): Promise<Uint8Array> {
    const { open } = await this.find();
    return createHmac(this.digest, await open())
      .update(data)
      .digest();
  }
}

/** Fills a client's key store with places in which secrets are looked for when they are needed. */
function equip({ clientId, symmetricKeyStore: store }: Client, secretKeys: SecretKeys): void {
  const find = ({ index, alg }: Slot) =>
    callStore(async () => {
      const key = (await secretKeys.of(clientId))[index];
      if (!key) throw new errors.InvalidClient('client is invalid', 'it has no secret that is a key');
      return { alg, key };
    });
  store.clear();
  for (const alg of SECRET_SIGNING_ALGS)
    for (let index = 0; index < MAX_SECRETS; index += 1) store.add({ kty: 'oct', use: 'sig', alg, index });
  store.getKeyObject = (slot, isToVerify = false) => {
    if (!slot) throw new Error('no slot of an algorithm that is known');
    if (!isToVerify)
      return new NewestSecret(async () => (await find(slot)).key, DIGESTS[slot.alg] ?? 'sha256');
    return find(slot).then(async ({ key, alg }) => {
      const secret = await key.open();
      if (secret.length < minimumOctets(alg)) throw new Error(`the secret is too short for ${alg}`);
      secretKeys.tried(key);
      return secret;
    });
  };
}

/**
 * Replaces `Client.prototype.checkClientSecretExpiration`, which the library calls each time right before it uses a
 * secret as a key: there the client's key store, made from a placeholder, is given what finds the secrets. The class is
 * public; method and key store are not documented, and there is no other seam but to hand over the secret itself.
 */
export function installSymmetricKeys(provider: Provider, secretKeys: SecretKeys): void {
  const prototype = provider.Client.prototype as unknown as Client;
  const equipped = new WeakSet<Client>();
  prototype.checkClientSecretExpiration = function checkClientSecretExpiration() {
    // Whether one has expired is seen when it is looked for.
    if (equipped.has(this)) return;
    equip(this, secretKeys);
    equipped.add(this);
  };
}
