// Owns: remembered consents and ending what they allowed. Does not: create the library's grants.
import type { Audit } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import type { ConsentRecord, ConsentStore, GrantStore } from '../store/ports/index.js';

/** "Last used" is shown by the day; uses within this time after it are not noted again. */
const USED_AGAIN_MS = 10 * 60_000;

export interface ConsentService {
  find(userId: string, clientId: string): Promise<ConsentRecord | undefined>;
  /** Remembers what the user agreed to, beside what they had agreed to before. */
  allow(consent: ConsentDecision & { scopes: string[]; claims: string[]; grantId: string }): Promise<void>;
  /** The user said no: nothing is stored but the fact. */
  deny(consent: ConsentDecision & { scopes: string[] }): Promise<void>;
  /** An authorization was given on a remembered consent. */
  used(consent: ConsentRecord): Promise<void>;
  /** Withdraws a consent: every token of this user and client dies. */
  withdraw(consent: ConsentDecision & { actor: string }): Promise<void>;
}

export interface ConsentDecision {
  userId: string;
  clientId: string;
  ip?: string;
  requestId?: string;
}

export function createConsentService({
  consents,
  grants,
  audit,
  clock,
}: {
  consents: ConsentStore;
  grants: Pick<GrantStore, 'revokeByUser'>;
  audit: Audit;
  clock: Clock;
}): ConsentService {
  return {
    find: (userId, clientId) => consents.find(userId, clientId),

    async allow({ userId, clientId, scopes, claims, grantId, ip, requestId }) {
      await consents.add(userId, clientId, scopes, claims, clock.now());
      await audit.record({
        type: 'consent.granted',
        actor: `user:${userId}`,
        userId,
        clientId,
        grantId,
        scope: scopes.join(' '),
        ip,
        requestId,
        ...(claims.length > 0 ? { details: { claims } } : {}),
      });
    },

    async deny({ userId, clientId, scopes, ip, requestId }) {
      await audit.record({
        type: 'consent.denied',
        actor: `user:${userId}`,
        userId,
        clientId,
        scope: scopes.join(' '),
        ip,
        requestId,
      });
    },

    async used({ userId, clientId, lastUsedAt }) {
      const now = clock.now();
      if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < USED_AGAIN_MS) return;
      await consents.touch(userId, clientId, now);
    },

    async withdraw({ userId, clientId, actor, ip, requestId }) {
      await consents.delete(userId, clientId);
      const grantIds = await grants.revokeByUser(userId, clientId, clock.now());
      await audit.record({
        type: 'consent.withdrawn',
        actor,
        userId,
        clientId,
        ip,
        requestId,
        details: { grants: grantIds.length },
      });
    },
  };
}
