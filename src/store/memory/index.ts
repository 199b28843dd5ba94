// Owns: the in-memory implementation of the store's ports, for tests and as the reference of their meaning.
// Does not: keep anything beyond the process, nor hide a unit's writes from others before it ends.
import type { Clock } from '../../lib/clock.js';
import type { ClientStore, Stores } from '../ports/index.js';
import { createMemoryArtifactStore } from './artifacts.js';
import { createMemoryAuditRows, createMemoryAuditStore } from './audit.js';
import { createMemoryAuditChainStore } from './audit-chain.js';
import { createMemoryClientStore } from './clients.js';
import { createMemoryCounterStore } from './counters.js';
import { createMemoryDeliveryStore } from './deliveries.js';
import { createMemoryConsentStore, createMemoryGrantStore } from './grants.js';
import { createMemoryKeyStore } from './keys.js';
import { createMemoryRefreshTokenStore } from './refresh-tokens.js';
import { createMemoryRegistrationStore, createMemoryRegistrationTokenStore } from './registrations.js';
import { createMemoryResourceServerStore } from './resource-servers.js';
import { createMemoryRevokedTokenStore } from './revoked-tokens.js';
import { createMemoryRoleStore } from './roles.js';
import { createMemorySealedKeyStore } from './sealed-keys.js';
import { createMemorySessionStore } from './sessions.js';
import { createMemoryUnits } from './units.js';
import { createMemoryUserStore } from './users.js';

/** Every store in memory, empty. `clock` dates what the stores themselves date (clients, secrets). */
export function createMemoryStores(clock: Clock): Stores {
  const units = createMemoryUnits();
  const grants = createMemoryGrantStore(units);
  const consents = createMemoryConsentStore(units);
  const users = createMemoryUserStore(units);
  const logoutDeliveries = createMemoryDeliveryStore(units, { users, clients: () => clients });
  const resourceServers = createMemoryResourceServerStore(units);
  const registrations = createMemoryRegistrationStore(units);
  const refreshTokens = createMemoryRefreshTokenStore(units, grants);

  async function clear(clientId: string) {
    resourceServers.forgetClient(clientId);
    registrations.removeByClient(clientId);
    const ids = grants.removeByClient(clientId);
    logoutDeliveries.removeByClient(clientId);
    const tokens = ids.reduce((total, id) => total + refreshTokens.removeByGrantId(id), 0);
    return { grants: ids.length, refreshTokens: tokens, consents: consents.removeByClient(clientId) };
  }

  const isInUse = async (clientId: string, now: Date) =>
    consents.hasAnyOf(clientId) || grants.hasAnyOf(clientId, now);
  const clients: ClientStore = createMemoryClientStore({ units, clock, clear, isInUse });
  const auditRows = createMemoryAuditRows(units);
  return {
    unitOfWork: { run: units.run },
    artifacts: createMemoryArtifactStore(units, grants),
    refreshTokens,
    sessions: createMemorySessionStore(units),
    grants,
    consents,
    clients,
    users,
    roles: createMemoryRoleStore(units),
    keys: createMemoryKeyStore(units),
    resourceServers,
    revokedTokens: createMemoryRevokedTokenStore(units, grants),
    registrationTokens: createMemoryRegistrationTokenStore(units),
    registrations,
    audit: createMemoryAuditStore(auditRows),
    auditChain: createMemoryAuditChainStore(units, auditRows),
    auditKeys: createMemorySealedKeyStore(units),
    subjectKeys: createMemorySealedKeyStore(units),
    counters: createMemoryCounterStore(),
    logoutDeliveries,
    check: async () => {},
    close: async () => {},
  };
}
