// Owns: the in-memory implementation of the store's ports, for tests and as the reference of their meaning.
// Does not: keep anything beyond the process, nor hide a unit's writes from others before it ends.
import type { Clock } from '../../lib/clock.js';
import type { Stores } from '../ports/index.js';
import { createMemoryArtifactStore } from './artifacts.js';
import { createMemoryAuditStore } from './audit.js';
import { createMemoryCounterStore } from './counters.js';
import { createMemoryClientStore, createMemoryKeyStore, createMemoryUserStore } from './directory.js';
import { createMemoryConsentStore, createMemoryGrantStore } from './grants.js';
import { createMemoryRefreshTokenStore } from './refresh-tokens.js';
import { createMemorySessionStore } from './sessions.js';
import { createMemoryUnits } from './units.js';

/** Every store in memory, empty. `clock` dates what the stores themselves date (clients, secrets). */
export function createMemoryStores(clock: Clock): Stores {
  const units = createMemoryUnits();
  const grants = createMemoryGrantStore(units);
  return {
    unitOfWork: { run: units.run },
    artifacts: createMemoryArtifactStore(units, grants),
    refreshTokens: createMemoryRefreshTokenStore(units, grants),
    sessions: createMemorySessionStore(units),
    grants,
    consents: createMemoryConsentStore(units),
    clients: createMemoryClientStore(units, clock),
    users: createMemoryUserStore(units),
    keys: createMemoryKeyStore(units),
    audit: createMemoryAuditStore(units),
    counters: createMemoryCounterStore(),
    check: async () => {},
    close: async () => {},
  };
}
