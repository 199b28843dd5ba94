// Owns: which apps are to be told that somebody's logins are over. Does not: tell them (the provider does).
import type { StoredSession } from '../store/ports/index.js';

/** A user's logins at one app that are over. */
export interface EndedLogins {
  userId: string;
  clientId: string;
  /** The `sid` each of the user's sessions had there. */
  sids: readonly string[];
  requestId?: string | undefined;
  /** What the audit trail calls the user, where it must not name them any more. */
  auditedAs?: string | undefined;
}

/**
 * Telling apps by back-channel logout, those that have registered for it.
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html
 */
export interface TellApp {
  /**
   * Writes down what is to be told, in the unit of work that ends the logins: both are kept, or neither. From then on
   * it is told, whatever happens to this process.
   */
  note(ended: EndedLogins): Promise<void>;
  /** That unit of work is over: telling can begin. Returns at once. */
  begin(): void;
}

/**
 * The apps that take part in `sessions` of one user, and the `sid` by which each knows them; `others` have no part in
 * any, but lose what they had besides.
 */
export function loginsIn(
  sessions: readonly Pick<StoredSession, 'authorizations'>[],
  others: readonly string[] = [],
): Map<string, string[]> {
  const sids = new Map<string, string[]>(others.map((clientId) => [clientId, []]));
  for (const { authorizations } of sessions) {
    for (const [clientId, { sid }] of Object.entries(authorizations)) {
      const known = sids.get(clientId) ?? [];
      sids.set(clientId, typeof sid === 'string' ? [...known, sid] : known);
    }
  }
  return sids;
}
