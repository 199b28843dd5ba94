// Owns: putting the PostgreSQL stores together over one connection.
import type { PoolConfig } from 'pg';
import { StoreUnavailableError } from '../../lib/errors.js';
import { randomToken } from '../../lib/ids.js';
import type { Stores } from '../ports/index.js';
import { createArtifactStore } from './artifacts.js';
import { createAuditStore } from './audit.js';
import { createAuditChainStore } from './audit-chain.js';
import { createClientStore } from './clients.js';
import { createConsentStore } from './consents.js';
import { createCounterStore } from './counters.js';
import { type Database, openDatabase } from './database.js';
import { createDeliveryStore } from './deliveries.js';
import { createGrantStore } from './grants.js';
import { createKeyStore } from './keys.js';
import type { Timeouts } from './pool.js';
import { createRefreshTokenStore } from './refresh-tokens.js';
import { createRegistrationTokenStore } from './registration-tokens.js';
import { createRegistrationStore } from './registrations.js';
import { createResourceServerStore } from './resource-servers.js';
import { createRevokedTokenStore } from './revoked-tokens.js';
import { createRoleStore } from './roles.js';
import { createSealedKeyStore } from './sealed-keys.js';
import { createSessionStore } from './sessions.js';
import { statement } from './statement.js';
import { createUserStore } from './users.js';

const PROBE = 'Probe';
const APPLIED = statement(
  'migrations_applied',
  'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
);

export type PostgresStores = Stores & { unitOfWork: Database };

export interface PostgresOptions {
  timeouts: Timeouts;
  /** Migrations without which the schema is not the one this code reads. */
  migrations(): Promise<string[]>;
}

/** The stores on the PostgreSQL at `connection`; its schema must be up to date. */
export function openPostgresStores(
  connection: PoolConfig,
  { timeouts, migrations }: PostgresOptions,
): PostgresStores {
  const database = openDatabase(connection, timeouts);
  const artifacts = createArtifactStore(database);

  async function checkMigrations(): Promise<void> {
    const applied = await database.read<{ name: string }>(APPLIED, []);
    const names = new Set(applied.map(({ name }) => name));
    // More than ours is a newer version beside us: its migrations leave room for this one.
    const missing = (await migrations()).filter((name) => !names.has(name));
    if (missing.length > 0)
      throw new StoreUnavailableError({ detail: `migrations are missing: ${missing.join(', ')}` });
  }

  return {
    unitOfWork: database,
    artifacts,
    refreshTokens: createRefreshTokenStore(database),
    sessions: createSessionStore(database),
    grants: createGrantStore(database),
    consents: createConsentStore(database),
    clients: createClientStore(database),
    users: createUserStore(database),
    roles: createRoleStore(database),
    keys: createKeyStore(database),
    resourceServers: createResourceServerStore(database),
    revokedTokens: createRevokedTokenStore(database),
    registrationTokens: createRegistrationTokenStore(database),
    registrations: createRegistrationStore(database),
    audit: createAuditStore(database),
    auditChain: createAuditChainStore(database),
    auditKeys: createSealedKeyStore(database, 'audit_key'),
    subjectKeys: createSealedKeyStore(database, 'subject_key'),
    counters: createCounterStore(database),
    logoutDeliveries: createDeliveryStore(database),
    async check() {
      const key = randomToken();
      // Expired from the start: what a killed process leaves behind, the janitor takes.
      await artifacts.upsert(PROBE, key, { payload: {}, expiresAt: new Date(0) });
      const found = await artifacts.find(PROBE, key);
      await artifacts.destroy(PROBE, key);
      if (!found) throw new StoreUnavailableError({ detail: 'what was written could not be read' });
      await checkMigrations();
    },
    close: () => database.close(),
  };
}
