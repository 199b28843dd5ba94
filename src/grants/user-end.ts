// Owns: ending what a user has here when the site tells of it: sessions, and with the account everything.
import type { Audit } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import { hashOf } from '../lib/ids.js';
import { isSafeText } from '../lib/text.js';
import type {
  ArtifactStore,
  ConsentStore,
  GrantStore,
  SessionStore,
  StoredSession,
  UnitOfWork,
} from '../store/ports/index.js';
import { loginsIn, type TellApp } from './telling.js';

export const USER_EVENTS = ['logged_out', 'password_changed', 'deactivated', 'deleted'] as const;

export type UserEvent = (typeof USER_EVENTS)[number];

/** After these nothing of the user's may work any more; the others end what the browser has. */
const ENDS_EVERYTHING = new Set<UserEvent>(['deactivated', 'deleted']);

/** The kind of artifact by which a login that is half way learns of it. */
export const USER_ENDED = 'UserEnded';

export interface UserEnding {
  /** Ends what `event` ends. Doing it twice does no harm, so whoever tells may tell again. */
  end(
    userId: string,
    event: UserEvent,
    by: { actor: string; ip?: string; requestId?: string },
  ): Promise<void>;
}

/** Whether a user could have this id. */
export function isUserId(id: string): boolean {
  return id.length > 0 && id.length <= 8 && isSafeText(id);
}

/**
 * Remembers that a user's logins end now: whoever logged in before that and has not come back from it yet has not.
 * Comes first, for what would become a session a moment after its like were ended; names nobody.
 */
export async function rememberEnd(
  artifacts: Pick<ArtifactStore, 'upsert'>,
  userId: string,
  { clock, rememberedSeconds }: { clock: Clock; rememberedSeconds: number },
): Promise<void> {
  const now = clock.now().getTime();
  const expiresAt = new Date(now + rememberedSeconds * 1000);
  await artifacts.upsert(USER_ENDED, hashOf(userId), { payload: { at: now }, expiresAt });
}

export function createUserEnding({
  artifacts,
  sessions,
  grants,
  consents,
  unitOfWork,
  tell,
  audit,
  clock,
  rememberedSeconds,
}: {
  artifacts: Pick<ArtifactStore, 'upsert'>;
  sessions: Pick<SessionStore, 'destroyByUser'>;
  grants: Pick<GrantStore, 'revokeByUser'>;
  consents: Pick<ConsentStore, 'listByUser' | 'delete'>;
  unitOfWork: UnitOfWork;
  tell: TellApp;
  audit: Audit;
  clock: Clock;
  /** How long a login may be half way. */
  rememberedSeconds: number;
}): UserEnding {
  /** Apps that registered for it log the user out, too. */
  function endSessions(userId: string, requestId: string | undefined): Promise<StoredSession[]> {
    return unitOfWork.run(
      async () => {
        const over = await sessions.destroyByUser(userId);
        for (const [clientId, sids] of loginsIn(over)) await tell.note({ userId, clientId, sids, requestId });
        return { commit: true, value: over };
      },
      { atOnce: true },
    );
  }

  return {
    async end(userId, event, { actor, ip, requestId }) {
      const now = clock.now();
      await rememberEnd(artifacts, userId, { clock, rememberedSeconds });
      const isEverything = ENDS_EVERYTHING.has(event);
      // What is worst to leave behind goes first: whoever is interrupted here is told to try again.
      const ended = isEverything ? await grants.revokeByUser(userId, undefined, now) : [];
      const over = await endSessions(userId, requestId);
      tell.begin();
      const remembered = isEverything ? await consents.listByUser(userId) : [];
      for (const { clientId } of remembered) await consents.delete(userId, clientId);
      const details = { event, sessions: over.length, grants: ended.length, consents: remembered.length };
      await audit.record({ type: 'user.ended', actor, userId, ip, requestId, details });
    },
  };
}
