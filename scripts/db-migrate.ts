// npm run db:migrate -- NAME: writes a migration for what schema.prisma has and the migrations have not.
// Offline: the comparison runs in a scratch database of its own, gone afterwards.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/lib/clock.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { projectPath } from '../src/lib/paths.js';
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

async function main(name: string | undefined): Promise<void> {
  if (!name || !/^[a-z0-9_]{1,60}$/.test(name)) {
    process.stderr.write('usage: npm run db:migrate -- NAME   (a-z, 0-9, _)\n');
    process.exitCode = 2;
    return;
  }
  const sql = await missingMigration();
  if (sql === undefined) {
    process.stdout.write('schema.prisma and the migrations agree: nothing to write\n');
    return;
  }
  const stamp = systemClock.now().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = projectPath('prisma', 'migrations', `${stamp}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), sql);
  process.stdout.write(
    `wrote prisma/migrations/${stamp}_${name}/migration.sql: read it before you commit it\n`,
  );
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await main(process.argv[2]).catch((error) => {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
  });
}
