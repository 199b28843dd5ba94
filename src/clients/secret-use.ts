// Owns: noting when a secret was last used: now and then, together, and in nobody's way.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.js';
import type { Closable } from '../lib/lifecycle.js';
import type { ClientSecretRecord, ClientStore } from '../store/ports/index.js';

/** Uses within this time after one that was noted are not noted again. */
const USED_AGAIN_MS = 10 * 60_000;
/** Uses of so long go to the store together. */
const GATHER_MS = 500;
const REMEMBERED = 10_000;

export interface SecretUse extends Closable {
  /** A secret was right. Returns at once and never fails. */
  note(secret: Pick<ClientSecretRecord, 'id' | 'lastUsedAt'>): void;
}

export function createSecretUse({
  clients,
  clock,
}: {
  clients: Pick<ClientStore, 'touchSecrets'>;
  clock: Clock;
}): SecretUse {
  /** By secret, when this process noted a use; what is stored may be remembered from before that. */
  const noted = new LRUCache<number, number>({ max: REMEMBERED });
  const pending = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    timer = undefined;
    const ids = [...pending];
    pending.clear();
    try {
      await clients.touchSecrets(ids, clock.now());
    } catch {
      // Not worth a word: the next use is as good.
      for (const id of ids) noted.delete(id);
    }
  }

  return {
    note({ id, lastUsedAt }) {
      const now = clock.now().getTime();
      const last = Math.max(noted.get(id) ?? 0, lastUsedAt?.getTime() ?? 0);
      if (now - last < USED_AGAIN_MS) return;
      noted.set(id, now);
      pending.add(id);
      timer ??= setTimeout(() => {
        writing = write();
      }, GATHER_MS).unref();
    },
    async close() {
      clearTimeout(timer);
      await writing;
      if (pending.size > 0) await write();
    },
  };
}
