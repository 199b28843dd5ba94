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

/** What Studio's driver understands of an address; whatever else is in there it would send to the server as a setting. */
const UNDERSTOOD = new Set(['sslmode', 'application_name', 'options']);

/**
 * The connection as Studio's driver takes it. In the environment, as prisma.config.ts reads it: on a command line,
 * every user of the machine sees the password. A socket has no place in an address there, but in PGHOST.
 */
function connectionEnvironment(connection: PoolConfig): Record<string, string> {
  if (connection.connectionString === undefined) {
    const { host = '', port = 5432, user = 'postgres', database = 'postgres' } = connection;
    const socket = { PGHOST: host, PGPORT: String(port), PGUSER: user };
    return { ...socket, DATABASE_URL: `postgresql:///${database}?sslmode=disable` };
  }
  const url = new URL(connection.connectionString);
  const socket = url.searchParams.get('host');
  for (const name of [...url.searchParams.keys()]) {
    if (!UNDERSTOOD.has(name)) url.searchParams.delete(name);
  }
  if (socket === null) return { DATABASE_URL: url.href };
  const { username, password, port, pathname } = url;
  return {
    PGHOST: socket,
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    DATABASE_URL: `postgresql://${pathname}${url.search}`,
  };
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
      [prisma, 'studio', '--port', values.port, '--browser', values.browser],
      {
        cwd: projectPath(),
        stdio: 'inherit',
        env: {
          ...env,
          ...connectionEnvironment(connection),
          PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
        },
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
