// Owns: what the parts of the client service are given.
import type { Audit } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import type { Hasher } from '../lib/hasher.js';
import type { ClientRecord, ClientStore, UnitOfWork } from '../store/ports/index.js';

export interface ClientServiceDeps {
  clients: ClientStore;
  hasher: Pick<Hasher, 'hash' | 'compare'>;
  audit: Audit;
  clock: Clock;
  unitOfWork: UnitOfWork;
  /** The library's own validation; throws for a client it would reject at run time. */
  validate: (client: ClientRecord) => Promise<void>;
}
