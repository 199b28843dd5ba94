// Owns: taking from a user, at an operator's word, all that they gave to apps; and forgetting that it ever was.
// Does not: touch the user's row, which is the site's.
import type { Audit, Author } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import { NotFoundError } from '../lib/errors.js';
import { randomToken } from '../lib/ids.js';
import type { Stores } from '../store/ports/index.js';
import { createDeletion, type Deleted, isNothing, type OtherRecords, sumOf } from './deletion.js';
import type { ConsentService } from './service.js';
import { loginsIn, type TellApp } from './telling.js';
import { isUserId, rememberEnd } from './user-end.js';

/** Replaces a user's id by `pseudonym` in the audit trail, and takes from those events what else names the user. */
export type Pseudonymise = (userId: string, pseudonym: string) => Promise<number>;

export interface Revoked {
  userId: string;
  /** The apps that lost a consent, a grant or a part in a session. */
  clientIds: string[];
  sessions: number;
  grants: number;
  consents: number;
}

export interface Forgotten extends Deleted {
  userId: string;
  /** Audit events that do not name the user any more. */
  auditEvents: number;
}

export interface UserAccess {
  /**
   * Ends everything the user's apps hold, or one app's part of it: sessions, grants with all their tokens, consents.
   * Apps that registered for it are told. The user can log in and agree again.
   * @throws NotFoundError when nobody has this id and nothing is held of it
   */
  revoke(userId: string, options: { clientId?: string | undefined }, author: Author): Promise<Revoked>;
  /**
   * Ends everything and deletes it; the audit trail goes on under a pseudonym. Doing it twice does no harm, so
   * whoever was interrupted does it again. What the site keeps of the user stays.
   * @throws NotFoundError when nobody has this id and nothing is held of it
   */
  forget(userId: string, author: Author): Promise<Forgotten>;
}

export interface UserAccessDeps {
  stores: Stores;
  consents: Pick<ConsentService, 'withdraw'>;
  audit: Audit;
  pseudonymise: Pseudonymise;
  /** What else of ours names a user, each with how to delete it. */
  others?: OtherRecords;
  clock: Clock;
  tell: TellApp;
  /** How long a login may be half way. */
  rememberedSeconds: number;
}

const notFound = () => new NotFoundError('nobody has this id, and nothing is held of it');

/** As long as a user's id, which it replaces, and never one; a small letter or digit each, as the audit trail has it. */
const newPseudonym = () => `~${randomToken(24).toLowerCase().replace(/[_-]/g, '').slice(0, 7)}`;

export function createUserAccess(deps: UserAccessDeps): UserAccess {
  const { stores, consents, audit, clock, tell } = deps;
  const { unitOfWork, users, grants, sessions, artifacts } = stores;
  const deletion = createDeletion(deps);

  async function revokeAll(userId: string, author: Author) {
    const now = clock.now();
    const consented = await stores.consents.deleteByUser(userId);
    const granted = (await grants.listByUser(userId)).filter(({ revokedAt }) => !revokedAt);
    const grantIds = await grants.revokeByUser(userId, undefined, now);
    const ended = await sessions.destroyByUser(userId);
    const counts = { sessions: ended.length, grants: grantIds.length, consents: consented.length };
    const logins = loginsIn(ended, [...consented, ...granted.map(({ clientId }) => clientId)]);
    const value = { userId, clientIds: [...logins.keys()], ...counts };
    for (const [clientId, sids] of logins) {
      await tell.note({ userId, clientId, sids, requestId: author.requestId });
    }
    const isAnything = Object.values(counts).some((count) => count > 0);
    const event = { ...author, type: 'user.revoked', userId, details: { ...counts } };
    return {
      commit: true,
      value,
      ...(isAnything && { last: () => audit.record(event) }),
    };
  }

  async function revokeEverywhere(userId: string, author: Author): Promise<Revoked> {
    await rememberEnd(artifacts, userId, deps);
    const one = await unitOfWork.run(() => revokeAll(userId, author), { atOnce: true });
    // What requests that were under way have stored meanwhile.
    const other = await unitOfWork.run(() => revokeAll(userId, author), { atOnce: true });
    tell.begin();
    return {
      userId,
      clientIds: [...new Set([...one.clientIds, ...other.clientIds])],
      sessions: one.sessions + other.sessions,
      grants: one.grants + other.grants,
      consents: one.consents + other.consents,
    };
  }

  async function revokeFor(userId: string, clientId: string, author: Author): Promise<Revoked> {
    const withdrawal = await consents.withdraw({ ...author, userId, clientId });
    return {
      userId,
      clientIds: withdrawal ? [clientId] : [],
      sessions: withdrawal?.sessions ?? 0,
      grants: withdrawal?.grants ?? 0,
      consents: withdrawal?.consents ?? 0,
    };
  }

  return {
    async revoke(userId, { clientId }, author) {
      if (!isUserId(userId)) throw notFound();
      const revoked = await (clientId === undefined
        ? revokeEverywhere(userId, author)
        : revokeFor(userId, clientId, author));
      const { sessions: ended, grants: dead, consents: gone } = revoked;
      if (ended + dead + gone === 0 && !(await users.find(userId))) throw notFound();
      return revoked;
    },

    async forget(userId, author) {
      if (!isUserId(userId)) throw notFound();
      const user = await users.find(userId);
      const names = [userId, user?.email, user?.phone].flatMap((name) => name?.trim() || []);
      const pseudonym = newPseudonym();
      await rememberEnd(artifacts, userId, deps);
      const first = await deletion.run({ userId, names, pseudonym, author });
      // What requests that were under way have stored meanwhile.
      const second = await deletion.run({ userId, names, pseudonym, author });
      tell.begin();
      const total = sumOf(first.deleted, second.deleted);
      const auditEvents = first.auditEvents + second.auditEvents;
      if (!user && auditEvents === 0 && isNothing(total)) throw notFound();
      return { userId, ...total, auditEvents };
    },
  };
}
