// The servers under test: their databases, their processes, and the end of both.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createServices } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { randomToken } from '../../src/lib/ids.js';
import { migrate } from '../../src/store/postgres/migrate.js';
import { seed } from './dataset.js';
import type { Mode } from './plan.js';

const START_ATTEMPTS = 600;
const START_RETRY_MS = 50;

const compiled = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What a mode's server needs: made once, used by every process that is started on it. */
export interface Site {
  mode: Mode;
  env: Record<string, string>;
  /** The working folder: none of the project's, so that its .env plays no part. */
  folder: string;
  remove(): Promise<void>;
}

export interface RunningServer {
  mode: Mode;
  port: number;
  pid: number;
  /** To be asked what the probe answers, when there is one. */
  process: ChildProcess;
  stop(): Promise<void>;
}

export interface SiteOptions {
  users: number;
  withServiceClient: boolean;
  databaseUrl: string;
  redisUrl: string;
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function runSql(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** A new database with our tables and the site's. */
async function createDatabase(serverUrl: string) {
  const name = `l2u_bench_${randomToken(6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '_')}`;
  await runSql(serverUrl, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await migrate({ connectionString: url }, { createUsers: true });
  return { url, drop: () => runSql(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function deleteKeys(redisUrl: string, prefix: string): Promise<void> {
  const redis = new Redis(redisUrl);
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
  }
  redis.disconnect();
}

/** Makes the mode's database and writes the clients and users to it. */
export async function createSite(mode: Mode, options: SiteOptions): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'l2u-bench-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  if (mode === 'bare') return { mode, env: { USERS: String(options.users) }, folder, remove: removeFolder };

  const env: Record<string, string> = { DATA_DIR: folder, LOG_LEVEL: 'info' };
  const database = mode === 'embedded' ? undefined : await createDatabase(options.databaseUrl);
  if (database) env.DATABASE_URL = database.url;
  const keyPrefix = `l2u-bench-${randomToken(6)}:`;
  if (mode === 'redis') Object.assign(env, { REDIS_URL: options.redisUrl, REDIS_KEY_PREFIX: keyPrefix });
  const remove = async () => {
    await database?.drop();
    if (mode === 'redis') await deleteKeys(options.redisUrl, keyPrefix);
    await removeFolder();
  };
  try {
    const services = await createServices(loadConfig({ ...env, LOG_LEVEL: 'silent' }));
    await seed(services, options).finally(() => services.close());
    return { mode, env, folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function waitUntilReady(child: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const url = `http://127.0.0.1:${port}/.well-known/openid-configuration`;
    const response = await fetch(url, { headers: { connection: 'close' } }).catch(() => undefined);
    if (response?.status === 200) return;
    await delay(START_RETRY_MS);
  }
  throw new Error('the server did not become ready');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Starts a mode's server in a process of its own, its log going nowhere, and waits until it answers. */
export async function startServer(
  { mode, env, folder }: Site,
  { withProbe = false } = {},
): Promise<RunningServer> {
  const port = await freePort();
  const main = mode === 'bare' ? compiled('./bare-server.js') : compiled('../../src/main.js');
  const probe = withProbe ? ['--import', new URL('./probe.js', import.meta.url).href] : [];
  const child = spawn(process.execPath, [...probe, main], {
    cwd: folder,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'ignore', ...(withProbe ? (['ipc'] as const) : [])],
  });
  const stop = () => end(child);
  try {
    await waitUntilReady(child, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { mode, port, pid: child.pid ?? 0, process: child, stop };
}

/** Starts a load generator. */
export function startLoad(): { process: ChildProcess; stop(): Promise<void> } {
  const child = fork(compiled('./load.js'));
  return { process: child, stop: () => end(child) };
}
