// Owns: what the parts of the client service are given.
import type { Audit } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import type { Hasher } from '../lib/hasher.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { ClientRecord, ClientStore, KeyStore, UnitOfWork } from '../store/ports/index.js';

export interface ClientServiceDeps {
  clients: ClientStore;
  hasher: Pick<Hasher, 'hash' | 'compare'>;
  audit: Audit;
  clock: Clock;
  unitOfWork: UnitOfWork;
  /**
   * The library's own validation; throws for a client it would reject at run time. Documents that the client refers to
   * are looked at, unless nothing about them differs from `before`.
   */
  validate: (client: ClientRecord, before?: ClientRecord) => Promise<void>;
  /** Seals secrets that are keys; none: such cannot be made. */
  encryption?: Pick<KeyEncryption, 'seal'> | undefined;
  /** Keeps what is sealed from being sealed under a key that is just being given up. */
  keys?: Pick<KeyStore, 'lock'> | undefined;
}
