// Owns: access tokens, those of users and those of clients themselves: the stored ones, the JWTs that are asked about
// (presented-jwt.ts), and putting on the deny list what is revoked.
import type { Adapter } from 'oidc-provider';
import { hashOf } from '../../lib/ids.js';
import { createArtifactAdapter } from './artifact-adapter.js';
import type { AdapterDeps } from './deps.js';
import { callStore } from './failure.js';

export function createAccessTokenAdapter(kind: string, deps: AdapterDeps): Adapter {
  const { stores, scopes, clock } = deps;
  const { artifacts, revokedTokens } = stores;
  const stored = createArtifactAdapter(kind, deps);

  return {
    ...stored,

    find: async (id) => {
      const presented = scopes.current()?.presentedJwt;
      if (presented?.id !== id) return stored.find(id);
      return presented.kind === kind ? callStore(() => presented.find()) : undefined;
    },

    destroy: (id) =>
      callStore(async () => {
        const presented = scopes.current()?.presentedJwt;
        if (presented?.jti === id) return presented.revoke();
        const key = hashOf(id);
        const found = await artifacts.findAnyway(kind, key);
        if (!found) return;
        const { payload, expiresAt } = found;
        await revokedTokens.add(key, {
          clientId: String(payload.clientId),
          revokedAt: clock.now(),
          expiresAt,
        });
        await artifacts.destroy(kind, key);
      }),

    // Their grant is revoked, which is what kills them; kept until they expire, they can be told from unknown ones.
    revokeByGrantId: async () => {},
  };
}
