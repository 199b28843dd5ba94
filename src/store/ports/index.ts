// Owns: the store's ports in one place. Does not: implement any (postgres/, memory/).
import type { Closable } from '../../lib/lifecycle.js';
import type { ArtifactStore, RefreshTokenStore } from './artifacts.js';
import type { UnitOfWork } from './common.js';
import type { CounterStore } from './counters.js';
import type { AuditStore, ClientStore, KeyStore, UserStore } from './directory.js';
import type { ConsentStore, GrantStore } from './grants.js';
import type { SessionStore } from './sessions.js';

export * from './artifacts.js';
export * from './common.js';
export * from './counters.js';
export * from './directory.js';
export * from './grants.js';
export * from './sessions.js';

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
  keys: KeyStore;
  audit: AuditStore;
  counters: CounterStore;
  /** Writes, reads and deletes a probe; throws StoreUnavailableError when that fails. */
  check(): Promise<void>;
}
