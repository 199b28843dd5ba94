// What the benchmark looks up in PostgreSQL itself: its settings, a database's size, the CPU time of its connections.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { cpuMs } from '../bench/stats.js';

/** What the figures depend on. */
const SETTINGS = [
  'server_version',
  'shared_buffers',
  'max_wal_size',
  'synchronous_commit',
  'fsync',
  'full_page_writes',
  'autovacuum',
];

export interface Observer {
  settings(): Promise<Record<string, string>>;
  sizeMb(database: string): Promise<number>;
  /**
   * CPU time of the connections to `database` so far, in milliseconds, each by its process; empty when the server
   * is on another machine.
   */
  cpuOf(database: string): Promise<Map<number, number>>;
  /** Blocks that the connections to `database` have read because they were not in PostgreSQL's own memory. */
  blocksRead(database: string): Promise<number>;
  /** Writes out what is only in memory, so that it does not happen in the middle of a measurement. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

const isPostgres = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres');
  } catch {
    return false;
  }
};

/** Connects to any database of the server but those it is asked about. */
export async function openObserver(connectionString: string): Promise<Observer> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return {
    async settings() {
      const { rows } = await client.query<{ name: string; value: string }>(
        'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name',
        [SETTINGS],
      );
      return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    },
    async sizeMb(database) {
      const { rows } = await client.query<{ mb: number }>(
        'SELECT (pg_database_size($1) / 1048576)::int AS mb',
        [database],
      );
      return rows[0]?.mb ?? Number.NaN;
    },
    async cpuOf(database) {
      const { rows } = await client.query<{ pid: number }>(
        'SELECT pid FROM pg_stat_activity WHERE datname = $1',
        [database],
      );
      return new Map(rows.filter(({ pid }) => isPostgres(pid)).map(({ pid }) => [pid, cpuMs(pid)]));
    },
    async blocksRead(database) {
      const { rows } = await client.query<{ blocks: number }>(
        'SELECT blks_read::float8 AS blocks FROM pg_stat_database WHERE datname = $1',
        [database],
      );
      return rows[0]?.blocks ?? Number.NaN;
    },
    async checkpoint() {
      await client.query('CHECKPOINT').catch((error) => {
        // Only roles that may do so; then the figures are a little worse.
        if ((error as { code?: string }).code !== '42501') throw error;
      });
    },
    close: () => client.end(),
  };
}

/** By how much the CPU time of those connections has grown; of one that ended meanwhile, nothing is known. */
export function cpuBetween(before: Map<number, number>, after: Map<number, number>): number | undefined {
  if (after.size === 0) return undefined;
  return [...after].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0);
}
