// Owns: showing our clients to the library. A disabled client does not exist for it.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { toLibraryMetadata } from '../../clients/metadata.js';
import type { AdapterDeps } from './deps.js';
import { callStore } from './failure.js';

export function createClientAdapter({ stores, scopes, placeholderSecret }: AdapterDeps): Adapter {
  return {
    find: (id) =>
      callStore(async () => {
        const client = await stores.clients.find(id);
        if (client) scopes.current()?.clients.set(id, client);
        return client?.isActive
          ? (toLibraryMetadata(client, placeholderSecret) as AdapterPayload)
          : undefined;
      }),
    upsert: async () => {
      throw new Error('clients are saved through the client service, not by the library');
    },
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    consume: async () => {},
    destroy: async () => {},
    revokeByGrantId: async () => {},
  };
}
