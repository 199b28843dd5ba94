// Owns: putting together what compares client secrets and what uses them as keys.
import { createSecretUse } from '../clients/secret-use.js';
import { createSecretVerifier, type SecretVerifier } from '../clients/secrets.js';
import type { Clock } from '../lib/clock.js';
import type { Hasher } from '../lib/hasher.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { Lifecycle } from '../lib/lifecycle.js';
import type { RequestScopes } from '../provider/request-scope.js';
import { createSecretKeys, type SecretKeys } from '../provider/secret-keys.js';
import type { Stores } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';

export interface ClientSecrets {
  verifier: SecretVerifier;
  secretKeys: SecretKeys;
}

export function openClientSecrets(deps: {
  stores: Pick<Stores, 'clients'>;
  hasher: Hasher;
  encryption: KeyEncryption;
  clock: Clock;
  scopes: RequestScopes;
  logger: Logger;
  lifecycle: Lifecycle;
}): ClientSecrets {
  const { clients } = deps.stores;
  const { note: onUse } = deps.lifecycle.add(createSecretUse({ clients, clock: deps.clock }));
  return {
    verifier: createSecretVerifier({ ...deps, onUse }),
    secretKeys: createSecretKeys({ ...deps, clients, onUse }),
  };
}
