// Owns: the library's Grant over the grant store.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { fromEpochSeconds, toEpochSeconds } from '../../lib/clock.js';
import type { JsonObject } from '../../store/ports/index.js';
import type { AdapterDeps } from './deps.js';
import { assertStorable, callStore } from './failure.js';

export function createGrantAdapter({ stores, clock }: AdapterDeps): Adapter {
  const { grants } = stores;
  return {
    upsert: (id, payload) =>
      callStore(async () => {
        assertStorable(payload);
        const { resources, rejected, rar } = payload;
        const openid = payload.openid as { scope?: string; claims?: string[] } | undefined;
        const details: JsonObject = { resources, rejected, rar };
        await grants.upsert({
          id,
          userId: String(payload.accountId),
          clientId: String(payload.clientId),
          scopes: openid?.scope ? openid.scope.split(' ') : [],
          claims: openid?.claims ?? [],
          details,
          issuedAt: fromEpochSeconds(Number(payload.iat)),
          expiresAt: fromEpochSeconds(Number(payload.exp)),
        });
      }),

    find: (id) =>
      callStore(async () => {
        const grant = await grants.find(id);
        if (!grant) return undefined;
        const openid = {
          ...(grant.scopes.length > 0 ? { scope: grant.scopes.join(' ') } : {}),
          ...(grant.claims.length > 0 ? { claims: [...grant.claims] } : {}),
        };
        return {
          ...(Object.keys(grant.details).length > 0 ? structuredClone(grant.details) : {}),
          jti: grant.id,
          kind: 'Grant',
          accountId: grant.userId,
          clientId: grant.clientId,
          openid,
          iat: toEpochSeconds(grant.issuedAt),
          exp: toEpochSeconds(grant.expiresAt),
        } as AdapterPayload;
      }),

    destroy: (id) => callStore(() => grants.revoke(id, clock.now())),
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    consume: async () => {},
    revokeByGrantId: async () => {},
  };
}
