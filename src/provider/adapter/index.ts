// Owns: which of our stores stands behind each of the library's models. Does not: know SQL or Redis.
import type { Adapter, AdapterFactory } from 'oidc-provider';
import type { Clock } from '../../lib/clock.js';
import type { Stores } from '../../store/ports/index.js';
import type { RequestScopes } from '../request-scope.js';
import { createArtifactAdapter } from './artifact-adapter.js';
import { createClientAdapter } from './client-adapter.js';
import { createGrantAdapter } from './grant-adapter.js';
import { createRefreshTokenAdapter } from './refresh-token-adapter.js';
import { createSessionAdapter } from './session-adapter.js';

export interface AdapterDeps {
  stores: Pick<Stores, 'artifacts' | 'refreshTokens' | 'sessions' | 'grants' | 'clients'>;
  scopes: RequestScopes;
  clock: Clock;
  /** Seconds after its first use in which a refresh token may be retried. */
  refreshTokenGrace: number;
  /** Stands where the library insists on a client_secret; nobody knows it, no hash is ever put there. */
  placeholderSecret: string;
}

/** The adapter factory to give to the library. */
export function createAdapterFactory(deps: AdapterDeps): AdapterFactory {
  const special: Record<string, (() => Adapter) | undefined> = {
    Client: () => createClientAdapter(deps),
    Grant: () => createGrantAdapter(deps),
    RefreshToken: () => createRefreshTokenAdapter(deps),
    Session: () => createSessionAdapter(deps),
  };
  return (name) => special[name]?.() ?? createArtifactAdapter(name, deps);
}
