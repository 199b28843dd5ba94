// npm run db:studio [-- --port N]: Prisma Studio on DATABASE_URL or the embedded database, also while the
// server runs. Nothing is downloaded: Studio needs no engine, it only insists that one is named.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import type { PoolConfig } from 'pg';
import { processEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { projectPath } from '../src/lib/paths.js';
import { openConnection } from '../src/store/open.js';

/** The connection as a URL, which is all Prisma's command line takes. */
function toUrl(connection: PoolConfig): string {
  if (connection.connectionString !== undefined) return connection.connectionString;
  const { host = '', port = 5432, user = 'postgres', database = 'postgres' } = connection;
  return `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}&sslmode=disable`;
}

try {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '5555' }, browser: { type: 'string', default: 'none' } },
  });
  const env = processEnvironment();
  const { connection, close } = await openConnection(loadConfig(env));
  try {
    const prisma = createRequire(projectPath('package.json')).resolve('prisma/build/index.js');
    const studio = spawn(
      process.execPath,
      [prisma, 'studio', '--port', values.port, '--browser', values.browser, '--url', toUrl(connection)],
      {
        cwd: projectPath(),
        stdio: 'inherit',
        env: { ...env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' },
      },
    );
    // Ctrl-C reaches Studio too (same terminal); we outlive it to close the database.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => studio.kill(signal));
    process.exitCode = await new Promise<number>((resolve) =>
      studio.once('exit', (code) => resolve(code ?? 0)),
    );
  } finally {
    await close();
  }
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
