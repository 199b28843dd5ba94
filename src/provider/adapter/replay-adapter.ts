// Owns: what may be seen once (ids of assertions and proofs): seen by exactly one of any number of requests.
import type { Adapter } from 'oidc-provider';
import { fromEpochSeconds } from '../../lib/clock.js';
import { hashOf } from '../../lib/ids.js';
import type { AdapterDeps } from './deps.js';
import { callStore } from './failure.js';

/** How long an id is taken before the library says until when it matters. */
const FIRST_MS = 600_000;

/**
 * The library asks whether the id was seen and, when not, saves it: of two requests at once both would pass.
 * Here asking takes it, and saving only prolongs that.
 */
export function createReplayAdapter(kind: string, { stores, clock }: AdapterDeps): Adapter {
  const { artifacts } = stores;
  return {
    find: (id) =>
      callStore(async () => {
        const now = clock.now();
        const expiresAt = new Date(now.getTime() + FIRST_MS);
        const isNew = await artifacts.claim(kind, hashOf(id), { now, expiresAt });
        return isNew ? undefined : { jti: id };
      }),
    upsert: (id, { exp }) =>
      callStore(async () => {
        if (exp === undefined) return;
        await artifacts.upsert(kind, hashOf(id), { payload: {}, expiresAt: fromEpochSeconds(exp) });
      }),
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    consume: async () => {},
    destroy: async () => {},
    revokeByGrantId: async () => {},
  };
}
