// npm run db:migrate -- NAME: writes a migration for what schema.prisma has and the migrations have not.
// Offline: the comparison runs in a scratch database of its own, gone afterwards.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../src/lib/clock.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { projectPath } from '../src/lib/paths.js';
import { missingMigration } from './missing-migration.js';

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

await main(process.argv[2]).catch((error) => {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
});
