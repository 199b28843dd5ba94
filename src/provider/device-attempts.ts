// Owns: how many wrong user codes anybody may enter, over all instances.
// @see https://www.rfc-editor.org/rfc/rfc8628#section-5.1

import type { Clock } from '../lib/clock.js';
import { TooManyRequestsError } from '../lib/errors.js';
import { hashOf } from '../lib/ids.js';
import { addressBucket } from '../lib/ip.js';
import type { CounterStore } from '../store/ports/index.js';

/** From the first wrong code on; when it ends, so does the lock. */
const WINDOW_MS = 15 * 60_000;

/** Many people share an address, and nobody a browser. */
export const WRONG_CODES = { browser: 5, address: 20 };

export interface CodeEntry {
  /** The account that is logged in, else the browser's session. */
  person: string;
  ip: string;
  /** Told once for each time somebody is locked out. */
  onLock(by: keyof typeof WRONG_CODES): void;
}

/**
 * Each code that is entered counts as wrong until it is known to be right: of any number of guesses at once, no more
 * are looked at than there may be wrong ones.
 */
export function createDeviceAttempts({ counters, clock }: { counters: CounterStore; clock: Clock }) {
  async function count(by: keyof typeof WRONG_CODES, name: string, { onLock }: CodeEntry): Promise<void> {
    const now = clock.now();
    const { count: wrong, endsAt } = await counters.increment(name, { now, windowMs: WINDOW_MS });
    if (wrong <= WRONG_CODES[by]) return;
    if (wrong === WRONG_CODES[by] + 1) onLock(by);
    const seconds = Math.max(1, Math.ceil((endsAt.getTime() - now.getTime()) / 1000));
    throw new TooManyRequestsError('too many wrong codes were entered', seconds);
  }

  return {
    /**
     * A code was entered, and is not looked at yet.
     * @returns what to call when it turns out right
     * @throws TooManyRequestsError while the browser, its user or its address is locked out
     */
    async begin(entry: CodeEntry): Promise<() => Promise<void>> {
      const browser = `device-code:browser:${hashOf(entry.person)}`;
      const address = `device-code:address:${addressBucket(entry.ip)}`;
      // Whoever is locked out goes on in vain, and does not lock out the others at that address.
      await count('browser', browser, entry);
      await count('address', address, entry);
      return async () => {
        await Promise.all([counters.takeBack(browser), counters.takeBack(address)]);
      };
    },
  };
}
