// Owns: showing our clients to the library. A disabled client does not exist for it.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { toLibraryMetadata } from '../../clients/metadata.js';
import { isSafeText } from '../../lib/text.js';
import type { StoredClient } from '../../store/ports/index.js';
import type { AdapterDeps } from './deps.js';
import { callStore } from './failure.js';

export function createClientAdapter({ stores, scopes, placeholderSecret }: AdapterDeps): Adapter {
  // A client that is remembered is the same object each time.
  const known = new WeakMap<StoredClient, AdapterPayload>();

  function metadataOf(client: StoredClient): AdapterPayload {
    const metadata = known.get(client) ?? (toLibraryMetadata(client, placeholderSecret) as AdapterPayload);
    known.set(client, metadata);
    return metadata;
  }

  return {
    find: (id) =>
      callStore(async () => {
        // It may come from inside a token, which no guard at the edge looks into.
        const client = isSafeText(id) ? await stores.clients.find(id) : undefined;
        if (client) scopes.current()?.clients.set(id, client);
        return client?.isActive ? metadataOf(client) : undefined;
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
