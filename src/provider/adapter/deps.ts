// Owns: what every adapter is given.
import type { Feature } from '../../config/features.js';
import type { Clock } from '../../lib/clock.js';
import type { Stores } from '../../store/ports/index.js';
import type { NoteDevice } from '../device-metrics.js';
import type { RequestScopes } from '../request-scope.js';

export interface AdapterDeps {
  stores: Pick<
    Stores,
    | 'artifacts'
    | 'revokedTokens'
    | 'refreshTokens'
    | 'sessions'
    | 'grants'
    | 'clients'
    | 'counters'
    | 'unitOfWork'
  >;
  issuer: string;
  /** Optional parts of the protocol that are on. */
  features: ReadonlySet<Feature>;
  /** Authentication context classes that can be vouched for. */
  acrValues: readonly string[];
  /** Types of authorization details there are. */
  detailsTypes: readonly string[];
  scopes: RequestScopes;
  clock: Clock;
  /** Seconds after its first use in which a refresh token may be retried. */
  refreshTokenGrace: number;
  noteDevice: NoteDevice;
  /** Stands where the library insists on a client_secret; nobody knows it, no hash is ever put there. */
  placeholderSecret: string;
}
