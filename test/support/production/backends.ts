// A PostgreSQL database, and a corner of Redis, for one test file: made from a template, gone afterwards.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { projectPath } from '../../../src/lib/paths.js';
import { openRedis, TEST_REDIS_URL } from './redis.js';
import { eventually } from './waiting.js';

const DEPLOY = fileURLToPath(new URL('../../../scripts/db-deploy.js', import.meta.url));

const ADMIN_URL = process.env.TEST_DATABASE_URL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';

/** A production mode: what keeps the data. */
export interface Mode {
  name: string;
  usesRedis: boolean;
}

export const MODES: readonly Mode[] = [
  { name: 'PostgreSQL', usesRedis: false },
  { name: 'PostgreSQL + Redis', usesRedis: true },
];

export type Environment = Record<string, string>;

export interface Backend {
  mode: Mode;
  /** What a service needs in its environment to work on it. */
  env: Environment & { DATABASE_URL: string };
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Deletes all that services keep in Redis; how many keys. */
  emptyRedis(): Promise<number>;
  close(): Promise<void>;
}

export interface BackendOptions {
  /** False: the site's users table only, as before our first start. */
  isMigrated?: boolean;
}

function urlOf(database: string): string {
  const url = new URL(ADMIN_URL);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs one statement that cannot run in a transaction, such as CREATE DATABASE. */
export async function asAdmin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: ADMIN_URL, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
  } catch (cause) {
    const { host } = new URL(ADMIN_URL);
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new Error(
      `no PostgreSQL answers at ${host} (${reason}): these tests need one, as a role that may create databases. Name it in TEST_DATABASE_URL`,
      { cause },
    );
  }
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const newName = () => `l2u_test_${process.pid}_${randomBytes(4).toString('hex')}`;

const dropDatabase = (name: string) => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);

const templates = new Map<boolean, Promise<string>>();

async function makeTemplate(isMigrated: boolean): Promise<string> {
  const name = newName();
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE template0`);
  if (isMigrated) {
    const env = { PATH: process.env.PATH, DATABASE_URL: urlOf(name) };
    await promisify(execFile)(process.execPath, [DEPLOY, '--create-users'], { env, timeout: 60_000 });
  } else {
    const client = new pg.Client({ connectionString: urlOf(name) });
    await client.connect();
    await client.query(await readFile(projectPath('prisma', 'users.sql'), 'utf8'));
    await client.end();
  }
  return name;
}

// At the root of the run: the templates outlive every test file.
after(async () => {
  for (const template of templates.values()) await dropDatabase(await template);
});

async function makeDatabase(isMigrated: boolean): Promise<string> {
  const template = templates.get(isMigrated) ?? makeTemplate(isMigrated);
  templates.set(isMigrated, template);
  const name = newName();
  const from = await template;
  // Refused for the moment in which the server still takes leave of whoever made the template.
  await eventually(5_000, () => asAdmin(`CREATE DATABASE ${name} TEMPLATE ${from}`));
  return name;
}

/**
 * A database of its own, migrated and empty, and a key prefix of its own in Redis.
 * @throws Error that says which server does not answer
 */
export async function openBackend(mode: Mode, { isMigrated = true }: BackendOptions = {}): Promise<Backend> {
  const redis = mode.usesRedis ? await openRedis(TEST_REDIS_URL) : undefined;
  const database = await makeDatabase(isMigrated);
  const prefix = `${database}:`;
  const pool = new pg.Pool({ connectionString: urlOf(database), max: 2 });
  // DROP DATABASE WITH (FORCE) may find it still connected.
  pool.on('error', () => {});
  return {
    mode,
    env: {
      DATABASE_URL: urlOf(database),
      ...(redis && { REDIS_URL: TEST_REDIS_URL, REDIS_KEY_PREFIX: prefix }),
    },
    query: async (sql, values = []) => (await pool.query(sql, values)).rows,
    emptyRedis: async () => (await redis?.deleteKeys(prefix)) ?? 0,
    async close() {
      await redis?.deleteKeys(prefix);
      redis?.close();
      await pool.end();
      await dropDatabase(database);
    },
  };
}
