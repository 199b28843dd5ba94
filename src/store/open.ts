// Owns: which stores the configuration asks for, opened and up to date.
import type { Config } from '../config/load.js';
import type { Stores } from './ports/index.js';
import { migrate } from './postgres/migrate.js';
import { openPostgresStores } from './postgres/open.js';

/**
 * PostgreSQL at DATABASE_URL, or the embedded one in the data folder. Pending migrations are applied.
 * @throws FolderLockedError when another process has the embedded database open
 */
export async function openStores({
  databaseUrl,
  dataDir,
}: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<Stores> {
  if (databaseUrl !== undefined) {
    const connection = { connectionString: databaseUrl, statement_timeout: 5_000 };
    await migrate({ connectionString: databaseUrl }, { createUsers: false });
    return openPostgresStores(connection);
  }
  // Loaded only here: a server with a PostgreSQL of its own has no use for one in its memory.
  const { openEmbeddedServer } = await import('./postgres/embedded/embedded-server.js');
  const server = await openEmbeddedServer({ dataDir });
  try {
    await migrate(server.connection, { createUsers: true });
    const stores = openPostgresStores(server.connection);
    return {
      ...stores,
      async close() {
        await stores.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
