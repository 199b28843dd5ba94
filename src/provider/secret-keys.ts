// Owns: finding and opening the secrets of a client that are keys. Does not: sign or verify with them.
import {
  liveKeys,
  secretContext,
  signsIdTokensBySecret,
  usesSecretsAsKeys,
} from '../clients/sealed-secrets.js';
import type { Clock } from '../lib/clock.js';
import { AppError } from '../lib/errors.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { ClientSecretRecord, ClientStore, StoredClient } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import type { RequestScopes } from './request-scope.js';

/** A secret in force; opened for the moment it is used. */
export interface SecretKey {
  record: ClientSecretRecord;
  /** @throws AppError wrong_key_encryption_key */
  open(): Promise<Buffer>;
}

export interface SecretKeys {
  /** Those of a client that uses its secrets as keys, the newest first. @throws StoreUnavailableError */
  of(clientId: string): Promise<SecretKey[]>;
  /** Those that ID tokens of the client are signed with: none for one that uses its secrets in another way. */
  ofIdTokens(clientId: string): Promise<SecretKey[]>;
  /** This one is being tried on what somebody presents. */
  tried(key: SecretKey): void;
  /** The last one that was tried was right. */
  wasRight(): void;
}

export interface SecretKeysDeps {
  clients: Pick<ClientStore, 'find' | 'findStored'>;
  encryption: Pick<KeyEncryption, 'open'>;
  clock: Clock;
  scopes: RequestScopes;
  logger: Pick<Logger, 'error'>;
  /** Told which secret was right; returns at once. */
  onUse(secret: ClientSecretRecord): void;
}

export function createSecretKeys({
  clients,
  encryption,
  clock,
  scopes,
  logger,
  onUse,
}: SecretKeysDeps): SecretKeys {
  /** Sealed anew a moment ago, it is remembered as it was. */
  async function openAsStored({ client_id: clientId }: StoredClient, { id, secretHash }: ClientSecretRecord) {
    const stored = await clients.findStored(clientId);
    const { sealed } = stored?.secrets.find((secret) => secret.id === id) ?? {};
    if (sealed === undefined) throw new AppError('not_found', 404, 'the secret is not there any more');
    return encryption.open(sealed, secretContext(clientId, secretHash));
  }

  async function open(client: StoredClient, record: ClientSecretRecord): Promise<Buffer> {
    try {
      const context = secretContext(client.client_id, record.secretHash);
      const opening = encryption.open(record.sealed ?? '', context);
      return Buffer.from(await opening.catch(() => openAsStored(client, record)));
    } catch (error) {
      // Whoever verifies takes it for a signature that is wrong.
      logger.error(
        { error, clientId: client.client_id, requestId: scopes.current()?.requestId },
        'secret not opened',
      );
      throw error;
    }
  }

  async function keysOf(clientId: string, isMeant: (client: StoredClient) => boolean): Promise<SecretKey[]> {
    const client = scopes.current()?.clients.get(clientId) ?? (await clients.find(clientId));
    if (!client?.isActive || !isMeant(client)) return [];
    return liveKeys(client.secrets, clock.now()).map((record) => ({
      record,
      open: () => open(client, record),
    }));
  }

  return {
    of: (clientId) => keysOf(clientId, usesSecretsAsKeys),
    ofIdTokens: (clientId) => keysOf(clientId, signsIdTokensBySecret),
    tried({ record }) {
      const scope = scopes.current();
      if (scope) scope.triedSecret = record;
    },
    wasRight() {
      const { triedSecret } = scopes.current() ?? {};
      if (triedSecret) onUse(triedSecret);
    },
  };
}
