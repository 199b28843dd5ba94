// The bare library's storage: one Map, in the manner of the library's own in-memory adapter but unbounded,
// so that no session of the benchmark is pushed out.
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  payload: AdapterPayload;
  expiresAt: number;
}

const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

/** An adapter factory over a new Map. */
export function createMapAdapterFactory(): (model: string) => Adapter {
  const entries = new Map<string, Entry>();
  const sessionsByUid = new Map<string, string>();
  const keysByGrant = new Map<string, Set<string>>();

  return (model) => {
    const keyOf = (id: string) => `${model}:${id}`;

    async function find(id: string): Promise<AdapterPayload | undefined> {
      const entry = entries.get(keyOf(id));
      return entry && entry.expiresAt > Date.now() ? entry.payload : undefined;
    }

    return {
      find,
      findByUid: (uid) => find(sessionsByUid.get(uid) ?? ''),
      findByUserCode: async () => undefined,
      async upsert(id, payload, expiresIn) {
        const key = keyOf(id);
        entries.set(key, { payload, expiresAt: Date.now() + (expiresIn ?? Number.POSITIVE_INFINITY) * 1000 });
        if (model === 'Session' && payload.uid) sessionsByUid.set(payload.uid, id);
        if (payload.grantId && GRANTABLE.has(model)) {
          const keys = keysByGrant.get(payload.grantId);
          if (keys) keys.add(key);
          else keysByGrant.set(payload.grantId, new Set([key]));
        }
      },
      async consume(id) {
        const entry = entries.get(keyOf(id));
        if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        entries.delete(keyOf(id));
      },
      async revokeByGrantId(grantId) {
        for (const key of keysByGrant.get(grantId) ?? []) entries.delete(key);
        keysByGrant.delete(grantId);
      },
    };
  };
}
