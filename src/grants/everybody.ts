// Owns: ending everything that was given to anybody, for the day on which nobody knows what is still good: a stolen
// database, a restored backup. Does not: take consents back.
import type { Audit, Author } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import type { GrantStore, SessionStore } from '../store/ports/index.js';

/** One statement's worth: logins go on meanwhile. */
const BATCH = 1_000;

export interface EverybodyEnded {
  sessions: number;
  grants: number;
}

export interface EverybodyEnding {
  /**
   * Ends every session and every grant that was there when it was called, with all tokens that hang on them. What begins
   * meanwhile stays. Interrupted, it has ended a part; run it again. Apps are not told by back-channel logout: their
   * tokens are refused.
   * @param onProgress is told after each batch what has ended so far
   */
  endEverybody(author: Author, onProgress?: (soFar: EverybodyEnded) => void): Promise<EverybodyEnded>;
}

export function createEverybodyEnding({
  sessions,
  grants,
  audit,
  clock,
}: {
  sessions: Pick<SessionStore, 'destroyNext'>;
  grants: Pick<GrantStore, 'revokeNext'>;
  audit: Audit;
  clock: Clock;
}): EverybodyEnding {
  return {
    async endEverybody(author, onProgress = () => {}) {
      // A session could make new grants of its own: sessions go first.
      const before = new Date(clock.now().getTime() + 1);
      const ended: EverybodyEnded = { sessions: 0, grants: 0 };
      for (;;) {
        const uids = await sessions.destroyNext(before, BATCH);
        if (uids.length === 0) break;
        ended.sessions += uids.length;
        onProgress({ ...ended });
      }
      for (let after: string | undefined = ''; after !== undefined; ) {
        const { ids, next }: { ids: string[]; next: string | undefined } = await grants.revokeNext(
          { after, before, size: BATCH },
          clock.now(),
        );
        ended.grants += ids.length;
        onProgress({ ...ended });
        after = next;
      }
      await audit.record({ ...author, type: 'everybody.ended', details: { ...ended } });
      return ended;
    },
  };
}
