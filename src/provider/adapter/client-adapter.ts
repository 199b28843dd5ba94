// Owns: showing our clients to the library. A disabled client does not exist for it.
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { knownItems, toLibraryMetadata } from '../../clients/metadata.js';
import { featureProblems } from '../../clients/needed-features.js';
import { hashOf } from '../../lib/ids.js';
import { isSafeText } from '../../lib/text.js';
import type { StoredClient } from '../../store/ports/index.js';
import type { RequestScope } from '../request-scope.js';
import type { AdapterDeps } from './deps.js';
import { callStore } from './failure.js';

/** Whether it is this client that asks for something, and not somebody else who has to do with it. */
function isAsking(scope: RequestScope | undefined): boolean {
  return scope !== undefined && scope.route !== 'userinfo' && scope.ctx?.oidc?.client === undefined;
}

export function createClientAdapter(deps: AdapterDeps): Adapter {
  const { stores, scopes, features, acrValues, detailsTypes, placeholderSecret } = deps;
  // A client that is remembered is the same object each time.
  const known = new WeakMap<StoredClient, AdapterPayload>();

  /** @throws InvalidClient, which says what is missing, when the client itself asks */
  function metadataOf(client: StoredClient): AdapterPayload | undefined {
    const before = known.get(client);
    if (before) return before;
    const [problem] = featureProblems(client, features);
    // Without what protects it, it must not go on as if nothing were missing.
    if (problem && isAsking(scopes.current()))
      throw new errors.InvalidClient('client is invalid', `${problem.field} ${problem.reason}`);
    if (problem) return undefined;
    // A copy: the library writes into keys that have a certificate, and what is remembered is frozen.
    const described = structuredClone(toLibraryMetadata(client, placeholderSecret));
    const reachable = knownItems(described, 'default_acr_values', acrValues);
    const metadata = {
      ...knownItems(reachable, 'authorization_details_types', detailsTypes),
      // Its sector document was looked at when it was registered.
      sector_is_checked: true,
    } as AdapterPayload;
    // The library tells clients apart by the JSON of their metadata, at each look-up: a digest says the same.
    const digest = hashOf(JSON.stringify(metadata));
    Object.defineProperty(metadata, 'toJSON', { value: () => digest });
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
