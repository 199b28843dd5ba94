// Owns: browser sessions as operators see them: listing them, and ending one as a logout does.
import type { Audit, Author } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import { NotFoundError } from '../lib/errors.js';
import { isSafeText } from '../lib/text.js';
import type { GrantStore, Page, SessionStore, StoredSession, UnitOfWork } from '../store/ports/index.js';
import { dateIn, type PageRequest, pageOf } from './pages.js';
import { loginsIn, type TellApp } from './telling.js';

export interface EndedSession {
  uid: string;
  userId: string | undefined;
  /** The apps that took part in it. */
  clientIds: string[];
  /** How many grants ended with it: those of apps that were not given `offline_access`. */
  grants: number;
}

export interface SessionService {
  /** Sessions of people that have not expired, the latest first. @throws BadRequestError for a bad page request */
  list(
    filter: PageRequest & { userId?: string | undefined; clientId?: string | undefined },
  ): Promise<Page<StoredSession>>;
  /** One session that has not expired. @throws NotFoundError */
  get(uid: string): Promise<StoredSession>;
  /**
   * Ends one session, as a logout that an app asked for does: with it goes what its apps were given for as long as
   * the user is logged in; what they were given beyond that (`offline_access`) stays. Apps that registered for it
   * are told.
   * @throws NotFoundError
   * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
   */
  end(uid: string, author: Author): Promise<EndedSession>;
}

const notFound = () => new NotFoundError('there is no such session');

/** The grants that end with a session. */
function grantsEndingWith({ authorizations }: Pick<StoredSession, 'authorizations'>): string[] {
  return Object.values(authorizations)
    .filter(({ persistsLogout }) => persistsLogout !== true)
    .flatMap(({ grantId }) => (typeof grantId === 'string' ? grantId : []));
}

export function createSessionService({
  sessions,
  grants,
  unitOfWork,
  audit,
  clock,
  tell,
}: {
  sessions: Pick<SessionStore, 'list' | 'findByUid' | 'destroyByUid'>;
  grants: Pick<GrantStore, 'revoke'>;
  unitOfWork: UnitOfWork;
  audit: Audit;
  clock: Clock;
  tell: TellApp;
}): SessionService {
  /** Grants first, then the session: in this order everybody locks them. */
  async function destroy(uid: string): Promise<{ session: StoredSession; grants: number } | undefined> {
    const now = clock.now();
    const known = await sessions.findByUid(uid);
    const ids = new Set(known ? grantsEndingWith(known) : []);
    for (const id of ids) await grants.revoke(id, now);
    const session = await sessions.destroyByUid(uid);
    if (!session) return undefined;
    // What it was given since it was read.
    const late = grantsEndingWith(session).filter((id) => !ids.has(id));
    for (const id of late) await grants.revoke(id, now);
    return { session, grants: ids.size + late.length };
  }

  return {
    list: ({ userId, clientId, ...page }) =>
      pageOf(
        page,
        (after, limit) =>
          sessions.list({
            userId,
            clientId,
            liveAt: clock.now(),
            limit,
            after: after && { issuedAt: dateIn(after[0]), uid: after[1] },
          }),
        ({ issuedAt, uid }) => [issuedAt.toISOString(), uid],
      ),

    async get(uid) {
      const session = isSafeText(uid) ? await sessions.findByUid(uid) : undefined;
      if (!session || session.expiresAt <= clock.now()) throw notFound();
      return session;
    },

    async end(uid, author) {
      if (!isSafeText(uid)) throw notFound();
      const ended = await unitOfWork.run(
        async () => {
          const destroyed = await destroy(uid);
          // Its grants, if it had some a moment ago, are then somebody else's to end: nothing is kept.
          if (!destroyed) return { commit: false, value: undefined };
          const { session, grants: count } = destroyed;
          const clientIds = Object.keys(session.authorizations);
          const details = { session: uid, clients: clientIds, grants: count };
          const event = { ...author, type: 'session.ended', userId: session.userId, details };
          const { userId } = session;
          const logins = userId === undefined ? [] : loginsIn([session]);
          for (const [clientId, sids] of logins) {
            await tell.note({ userId: userId ?? '', clientId, sids, requestId: author.requestId });
          }
          return { commit: true, value: destroyed, last: () => audit.record(event) };
        },
        { atOnce: true },
      );
      if (!ended) throw notFound();
      tell.begin();
      const { session } = ended;
      return {
        uid,
        userId: session.userId,
        clientIds: [...loginsIn([session]).keys()],
        grants: ended.grants,
      };
    },
  };
}
