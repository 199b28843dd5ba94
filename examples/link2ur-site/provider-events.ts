// Owns: telling the provider that a user logged out, changed the password or is gone.
import { setTimeout as delay } from 'node:timers/promises';

export type UserEvent = 'logged_out' | 'password_changed' | 'deactivated' | 'deleted';

export interface ProviderEvents {
  /**
   * Tells the provider, in the background and again when it does not answer. Resolves when it has been told,
   * and at the latest after a second: the user need not wait for more. Never rejects.
   */
  tell(userId: string, event: UserEvent): Promise<void>;
  /** Gives up what has not been told yet. The real site keeps it in a table and goes on after a restart. */
  close(): Promise<void>;
}

const PATIENCE_MS = 1_000;
const ANSWER_WITHIN_MS = 3_000;
const RETRY_AFTER_MS = [250, 1_000, 4_000, 15_000];

export function createProviderEvents({
  issuer,
  token,
}: {
  issuer: string;
  /** LINK2UR_EVENTS_TOKEN; without one nothing is told. */
  token: string | undefined;
}): ProviderEvents {
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  /** Whether the provider took note, or never will: only 5xx and silence are worth another try. */
  async function isSettled(userId: string, event: UserEvent): Promise<boolean> {
    const answer = await fetch(`${issuer}/api/admin/oauth/users/${encodeURIComponent(userId)}/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ event }),
      redirect: 'error',
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    await answer.body?.cancel();
    if (!answer.ok && answer.status < 500) {
      console.error(`link2ur site: the provider refused to hear of ${event}: ${answer.status}`);
    }
    return answer.status < 500;
  }

  async function tellUntilHeard(userId: string, event: UserEvent): Promise<void> {
    for (const wait of [...RETRY_AFTER_MS, undefined]) {
      if (closing.signal.aborted || (await isSettled(userId, event).catch(() => false))) return;
      if (wait !== undefined) await delay(wait, undefined, { signal: closing.signal }).catch(() => {});
    }
    console.error(`link2ur site: the provider could not be told of ${event}`);
  }

  return {
    async tell(userId, event) {
      if (token === undefined) return;
      const telling = tellUntilHeard(userId, event).finally(() => underWay.delete(telling));
      underWay.add(telling);
      await Promise.race([telling, delay(PATIENCE_MS, undefined, { ref: false })]);
    },
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}
