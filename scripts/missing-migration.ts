// Owns: whether schema.prisma has what the migrations have not. Offline: compared in a scratch database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedServer } from '../src/store/postgres/embedded/embedded-server.js';
import { openSchemaEngine } from '../src/store/postgres/schema-engine.js';

/** The SQL that is missing; undefined when schema and migrations agree. */
export async function missingMigration(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'l2u-migrate-'));
  try {
    const scratch = await openEmbeddedServer({ dataDir: folder });
    try {
      const engine = await openSchemaEngine(scratch.connection, scratch.connection);
      try {
        return await engine.diffMigrationsToSchema();
      } finally {
        await engine.close();
      }
    } finally {
      await scratch.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
