// Owns: which of our stores stands behind each of the library's models. Does not: know SQL or Redis.
import type { Adapter, AdapterFactory } from 'oidc-provider';
import { createAccessTokenAdapter } from './access-token-adapter.js';
import { createArtifactAdapter } from './artifact-adapter.js';
import { createClientAdapter } from './client-adapter.js';
import type { AdapterDeps } from './deps.js';
import { createDeviceCodeAdapter } from './device-code-adapter.js';
import { createGrantAdapter } from './grant-adapter.js';
import { createRefreshTokenAdapter } from './refresh-token-adapter.js';
import { createReplayAdapter } from './replay-adapter.js';
import { createSessionAdapter } from './session-adapter.js';

/** The adapter factory to give to the library. */
export function createAdapterFactory(deps: AdapterDeps): AdapterFactory {
  const special: Record<string, (() => Adapter) | undefined> = {
    AccessToken: () => createAccessTokenAdapter('AccessToken', deps),
    ClientCredentials: () => createAccessTokenAdapter('ClientCredentials', deps),
    DeviceCode: () => createDeviceCodeAdapter(deps),
    Client: () => createClientAdapter(deps),
    Grant: () => createGrantAdapter(deps),
    ReplayDetection: () => createReplayAdapter('ReplayDetection', deps),
    RefreshToken: () => createRefreshTokenAdapter(deps),
    Session: () => createSessionAdapter(deps),
  };
  return (name) => special[name]?.() ?? createArtifactAdapter(name, deps);
}
