// Owns: building the services that operators and the pages share: rules live once, whoever knocks.

import type { Audit } from '../audit/service.js';
import { type AuditTrail, createAuditTrail } from '../audit/trail.js';
import { createRegistrations, type Registrations } from '../clients/registration/index.js';
import {
  createResourceServerService,
  type ResourceServerService,
} from '../clients/resource-server-service.js';
import { createResourceServers, type ResourceServers } from '../clients/resource-servers.js';
import { type ClientService, createClientService } from '../clients/service.js';
import type { Config } from '../config/load.js';
import type { TellApp } from '../grants/telling.js';
import { createKeyService, type KeyService } from '../keys/service.js';
import type { Clock } from '../lib/clock.js';
import type { Hasher } from '../lib/hasher.js';
import type { KeyEncryption, KeyEncryptionSource } from '../lib/key-encryption.js';
import type { ClientRecord, Stores } from '../store/ports/index.js';
import { createRoleService, type RoleService } from '../users/roles.js';
import { createSubjects, type Subjects } from '../users/subjects.js';
import { clientSecretHolder, deliveryHolder, sealedKeyHolders } from './sealed-holders.js';
import { createUserOperations, type UserOperations } from './user-operations.js';

/** What the command line, the Admin API, seed files and the pages call. */
export interface Operations extends UserOperations, Registrations {
  clients: ClientService;
  roles: RoleService;
  resourceServers: ResourceServerService;
  /** Those that tokens are issued for. */
  resources: ResourceServers;
  keys: KeyService;
  auditTrail: AuditTrail;
  subjects: Subjects;
}

export interface OperationsDeps {
  stores: Stores;
  hasher: Hasher;
  audit: Audit;
  clock: Clock;
  config: Pick<Config, 'issuer' | 'keys' | 'avatarBaseUrl' | 'ttl' | 'features' | 'registrationPolicies'>;
  sealing: { source: KeyEncryptionSource; encryption: KeyEncryption };
  /** The key that signed cookies before any was stored. */
  formerCookieKey(): Promise<string | undefined>;
  auditRetentionDays: number;
  /** The library's own judgement of a client. @throws ValidationError */
  validateClient(client: ClientRecord, before?: ClientRecord): Promise<void>;
  tell: TellApp;
}

/** Makes what subjects are derived from, where any are, before the first request asks for one. */
export async function prepareSubjects(
  subjects: Subjects,
  { features }: Pick<Config, 'features'>,
): Promise<void> {
  if (features.has('pairwise') || features.has('unionid')) await subjects.prepare();
}

export function createOperations({
  stores,
  hasher,
  audit,
  clock,
  config,
  sealing,
  formerCookieKey,
  auditRetentionDays,
  validateClient,
  tell,
}: OperationsDeps): Operations {
  const auditTrail = createAuditTrail({
    store: stores.audit,
    chain: stores.auditChain,
    keys: stores.auditKeys,
    keyEncryptionKeys: () => sealing.source.read(),
    clock,
    retentionDays: auditRetentionDays,
  });
  const { encryption } = sealing;
  const subjects = createSubjects({ store: stores.subjectKeys, encryption, clock });
  const clientDeps = { ...stores, ...sealing, hasher, audit, clock, validate: validateClient };
  const clients = createClientService(clientDeps);
  return {
    clients,
    subjects,
    ...createRegistrations({
      ...clientDeps,
      editing: clients,
      policies: config.registrationPolicies,
      isOn: config.features.has('registration'),
    }),
    resourceServers: createResourceServerService({ ...stores, audit, clock, issuer: config.issuer }),
    resources: createResourceServers({
      issuer: config.issuer,
      accessTokenSeconds: config.ttl.accessToken,
      store: stores.resourceServers,
    }),
    roles: createRoleService({ ...stores, audit, clock }),
    auditTrail,
    ...createUserOperations({
      stores,
      audit,
      auditTrail,
      clock,
      config,
      tell,
      encryption,
      subjects,
    }),
    keys: createKeyService({
      store: stores.keys,
      unitOfWork: stores.unitOfWork,
      ...sealing,
      audit,
      clock,
      policy: config.keys,
      hasCookieKeys: config.keys.cookieKeys !== undefined,
      formerCookieKey,
      holders: [
        ...sealedKeyHolders(stores),
        clientSecretHolder(stores.clients),
        deliveryHolder(stores.logoutDeliveries),
      ],
    }),
  };
}
