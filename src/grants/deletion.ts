// Owns: deleting every record of ours that names a user, and saying so without naming them.
import type { Audit, Author } from '../audit/service.js';
import type { Stores } from '../store/ports/index.js';
import { loginsIn, type TellApp } from './telling.js';

/** How many of each kind went. */
export interface Deleted {
  sessions: number;
  consents: number;
  grants: number;
  refreshTokens: number;
  /** Codes, access tokens, logins that were half way. */
  artifacts: number;
  /** Whatever else names a user, by kind. */
  others: { [kind: string]: number };
}

/** By kind: deletes all of that kind that names a user, or gives it the pseudonym, and tells how many that were. */
export type OtherRecords = { [kind: string]: (userId: string, pseudonym: string) => Promise<number> };

export interface DeletionOrder {
  userId: string;
  /** What to look for where records have no owner: the user's id and addresses. */
  names: readonly string[];
  pseudonym: string;
  author: Author;
}

export function sumOf(a: Deleted, b: Deleted): Deleted {
  const others = Object.keys({ ...a.others, ...b.others }).map((kind) => [
    kind,
    (a.others[kind] ?? 0) + (b.others[kind] ?? 0),
  ]);
  return {
    sessions: a.sessions + b.sessions,
    consents: a.consents + b.consents,
    grants: a.grants + b.grants,
    refreshTokens: a.refreshTokens + b.refreshTokens,
    artifacts: a.artifacts + b.artifacts,
    others: Object.fromEntries(others),
  };
}

export function isNothing({ others, ...kinds }: Deleted): boolean {
  return [...Object.values(kinds), ...Object.values(others)].every((count) => count === 0);
}

interface Deps {
  stores: Pick<Stores, 'unitOfWork' | 'artifacts' | 'consents' | 'grants' | 'sessions'>;
  audit: Audit;
  pseudonymise(userId: string, pseudonym: string): Promise<number>;
  others?: OtherRecords;
  tell: Pick<TellApp, 'note'>;
}

export function createDeletion({ stores, audit, pseudonymise, others = {}, tell }: Deps) {
  const { unitOfWork, artifacts, consents, grants, sessions } = stores;

  async function deleteOthers(userId: string, pseudonym: string): Promise<{ [kind: string]: number }> {
    const counts: [string, number][] = [];
    for (const [kind, remove] of Object.entries(others)) counts.push([kind, await remove(userId, pseudonym)]);
    return Object.fromEntries(counts);
  }

  return {
    /**
     * What is kept for good goes in one unit of work, its event included. Short-lived records, which may be in Redis
     * and are of no use to anybody without the rest, go before it: an event that says "forgotten" is true.
     */
    async run({ userId, names, pseudonym, author }: DeletionOrder) {
      const count = await artifacts.destroyNaming(names);
      return unitOfWork.run(
        async () => {
          // In the order in which a consent that is withdrawn locks them.
          const clientIds = await consents.deleteByUser(userId);
          const granted = (await grants.listByUser(userId)).filter(({ revokedAt }) => !revokedAt);
          const { grantIds, refreshTokens } = await grants.deleteByUser(userId);
          const ended = await sessions.destroyByUser(userId);
          const auditEvents = await pseudonymise(userId, pseudonym);
          const deleted: Deleted = {
            sessions: ended.length,
            consents: clientIds.length,
            grants: grantIds.length,
            refreshTokens,
            artifacts: count,
            others: await deleteOthers(userId, pseudonym),
          };
          const { others: rest, refreshTokens: refresh_tokens, ...kinds } = deleted;
          const details = { pseudonym, ...kinds, refresh_tokens, ...rest, audit_events: auditEvents };
          const logins = loginsIn(ended, [...clientIds, ...granted.map(({ clientId }) => clientId)]);
          // Noted last: what was noted before has lost its name by now.
          for (const [clientId, sids] of logins) {
            await tell.note({ userId, clientId, sids, requestId: author.requestId, auditedAs: pseudonym });
          }
          const isAnything = !isNothing(deleted) || auditEvents > 0;
          // Whoever forgets themselves is nobody from here on, in this event too.
          const isOwn = author.actor === `user:${userId}`;
          const by = isOwn ? { requestId: author.requestId, actor: `user:${pseudonym}` } : author;
          const event = { ...by, type: 'user.forgotten', details };
          return {
            commit: true,
            value: { deleted, auditEvents },
            ...(isAnything && { last: () => audit.record(event) }),
          };
        },
        { atOnce: true },
      );
    },
  };
}
