// Owns: the store's ports in one place. Does not: implement any (postgres/, memory/).
import type { Closable } from '../../lib/lifecycle.js';
import type { ArtifactStore, RefreshTokenStore } from './artifacts.js';
import type { AuditChainStore, AuditStore } from './audit.js';
import type { ClientStore } from './clients.js';
import type { UnitOfWork } from './common.js';
import type { CounterStore } from './counters.js';
import type { LogoutDeliveryStore } from './deliveries.js';
import type { ConsentStore, GrantStore } from './grants.js';
import type { KeyStore } from './keys.js';
import type { RegistrationTokenStore } from './registration-tokens.js';
import type { RegistrationStore } from './registrations.js';
import type { ResourceServerStore } from './resource-servers.js';
import type { RevokedTokenStore } from './revoked-tokens.js';
import type { RoleStore } from './roles.js';
import type { AuditKeyStore, SealedKeyStore } from './sealed-keys.js';
import type { SessionStore } from './sessions.js';
import type { UserStore } from './users.js';

export * from './artifacts.js';
export * from './audit.js';
export * from './clients.js';
export * from './common.js';
export * from './counters.js';
export * from './deliveries.js';
export * from './grants.js';
export * from './keys.js';
export * from './registration-tokens.js';
export * from './registrations.js';
export * from './resource-servers.js';
export * from './revoked-tokens.js';
export * from './roles.js';
export * from './sealed-keys.js';
export * from './sessions.js';
export * from './users.js';

/** Every store of one backend, opened together and closed together. */
export interface Stores extends Closable {
  unitOfWork: UnitOfWork;
  artifacts: ArtifactStore;
  refreshTokens: RefreshTokenStore;
  sessions: SessionStore;
  grants: GrantStore;
  consents: ConsentStore;
  clients: ClientStore;
  users: UserStore;
  roles: RoleStore;
  keys: KeyStore;
  resourceServers: ResourceServerStore;
  revokedTokens: RevokedTokenStore;
  registrationTokens: RegistrationTokenStore;
  registrations: RegistrationStore;
  audit: AuditStore;
  auditChain: AuditChainStore;
  auditKeys: AuditKeyStore;
  /** What pairwise subjects and unionids are derived from. */
  subjectKeys: SealedKeyStore;
  counters: CounterStore;
  logoutDeliveries: LogoutDeliveryStore;
  /** Writes, reads and deletes a probe; throws StoreUnavailableError when that fails. */
  check(): Promise<void>;
}
