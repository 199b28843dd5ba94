// Owns: putting the PostgreSQL stores together over one connection.
import type { PoolConfig } from 'pg';
import type { Stores } from '../ports/index.js';
import { createArtifactStore } from './artifacts.js';
import { createAuditStore } from './audit.js';
import { createClientStore } from './clients.js';
import { openDatabase } from './database.js';
import { createConsentStore, createGrantStore } from './grants.js';
import { createKeyStore } from './keys.js';
import { createRefreshTokenStore } from './refresh-tokens.js';
import { createSessionStore } from './sessions.js';
import { createUserStore } from './users.js';

/** The stores on the PostgreSQL at `connection`; its schema must be up to date. */
export function openPostgresStores(connection: PoolConfig): Stores {
  const database = openDatabase(connection);
  return {
    unitOfWork: database,
    artifacts: createArtifactStore(database),
    refreshTokens: createRefreshTokenStore(database),
    sessions: createSessionStore(database),
    grants: createGrantStore(database),
    consents: createConsentStore(database),
    clients: createClientStore(database),
    users: createUserStore(database),
    keys: createKeyStore(database),
    audit: createAuditStore(database),
    async check() {
      await database.transaction(async (db) => {
        await db.$executeRaw`
          INSERT INTO oauth_artifact (kind, key, payload, expires_at) VALUES ('Probe', gen_random_uuid(), '{}', now())`;
        await db.$executeRaw`DELETE FROM oauth_artifact WHERE kind = 'Probe' AND expires_at <= now()`;
      });
    },
    close: () => database.close(),
  };
}
