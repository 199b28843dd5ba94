// Owns: remembered consents and ending what they allowed. Does not: create the library's grants.
import type { Audit } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import type {
  ConsentRecord,
  ConsentStore,
  GrantStore,
  Page,
  SessionStore,
  UnitOfWork,
} from '../store/ports/index.js';
import { type PageRequest, pageOf } from './pages.js';
import type { TellApp } from './telling.js';

/** "Last used" is shown by the day; uses within this time after it are not noted again. */
const USED_AGAIN_MS = 10 * 60_000;

export interface ConsentService {
  find(userId: string, clientId: string): Promise<ConsentRecord | undefined>;
  /** What the user agreed to, the latest used first. */
  list(userId: string): Promise<ConsentRecord[]>;
  /** Remembers what the user agreed to, beside what they had agreed to before. */
  allow(
    consent: ConsentDecision & {
      scopes: string[];
      claims: string[];
      grantId: string;
      /** Types of the authorization details that were allowed: this once, and not remembered. */
      detailsTypes: string[];
    },
  ): Promise<void>;
  /** The user said no: nothing is stored but the fact. */
  deny(consent: ConsentDecision & { scopes: string[] }): Promise<void>;
  /** Whether a consent that was read has not been withdrawn since. */
  stands(consent: ConsentRecord): Promise<boolean>;
  /** An authorization was given on a remembered consent. */
  used(consent: ConsentRecord): Promise<void>;
  /**
   * Withdraws a consent, whole or not at all: every token of this user and client dies, and no session of the user
   * takes part in the client any more. The client is told, if it registered for that. Undefined when there was
   * nothing of all that.
   */
  withdraw(consent: ConsentDecision & { actor: string }): Promise<Withdrawal | undefined>;
  /** Consents page by page, by user and client. @throws BadRequestError for a bad page request */
  page(
    filter: PageRequest & { userId?: string | undefined; clientId?: string | undefined },
  ): Promise<Page<ConsentRecord>>;
}

/** How many of each kind ended. */
export interface Withdrawal {
  consents: number;
  grants: number;
  sessions: number;
}

export interface ConsentDecision {
  userId: string;
  clientId: string;
  ip?: string | undefined;
  requestId?: string | undefined;
}

export function createConsentService({
  consents,
  grants,
  sessions,
  unitOfWork,
  audit,
  clock,
  tell,
}: {
  consents: ConsentStore;
  grants: Pick<GrantStore, 'revokeByUser'>;
  sessions: Pick<SessionStore, 'endAuthorizations'>;
  unitOfWork: UnitOfWork;
  audit: Audit;
  clock: Clock;
  tell: TellApp;
}): ConsentService {
  return {
    find: (userId, clientId) => consents.find(userId, clientId),

    async list(userId) {
      const lastUse = ({ lastUsedAt, updatedAt }: ConsentRecord) => (lastUsedAt ?? updatedAt).getTime();
      return (await consents.listByUser(userId)).sort((a, b) => lastUse(b) - lastUse(a));
    },

    async allow({ userId, clientId, scopes, claims, grantId, detailsTypes, ip, requestId }) {
      const details = {
        ...(claims.length > 0 && { claims }),
        ...(detailsTypes.length > 0 && { authorization_details_types: detailsTypes }),
      };
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
        ...(Object.keys(details).length > 0 && { details }),
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

    stands: ({ userId, clientId }) => consents.stands(userId, clientId),

    async used({ userId, clientId, lastUsedAt }) {
      const now = clock.now();
      if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < USED_AGAIN_MS) return;
      await consents.touch(userId, clientId, now);
    },

    page: ({ userId, clientId, ...page }) =>
      pageOf(
        page,
        (after, limit) =>
          consents.list({
            userId,
            clientId,
            limit,
            after: after && { userId: after[0], clientId: after[1] },
          }),
        (consent) => [consent.userId, consent.clientId],
      ),

    async withdraw({ userId, clientId, actor, ip, requestId }) {
      const ended = await unitOfWork.run(
        async () => {
          const isDeleted = await consents.delete(userId, clientId);
          const grantIds = await grants.revokeByUser(userId, clientId, clock.now());
          const ended = await sessions.endAuthorizations(userId, clientId);
          if (!isDeleted && grantIds.length + ended.length === 0) return { commit: true, value: undefined };
          const event = {
            type: 'consent.withdrawn',
            actor,
            userId,
            clientId,
            ip,
            requestId,
            details: { grants: grantIds.length, sessions: ended.length },
          };
          const value = {
            sids: ended.flatMap(({ sid }) => sid ?? []),
            withdrawal: { consents: Number(isDeleted), grants: grantIds.length, sessions: ended.length },
          };
          await tell.note({ userId, clientId, sids: value.sids, requestId });
          return { commit: true, value, last: () => audit.record(event) };
        },
        { atOnce: true },
      );
      if (ended) tell.begin();
      return ended?.withdrawal;
    },
  };
}
