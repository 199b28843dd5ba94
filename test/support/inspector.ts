// A look into the embedded database beside the running service, over the service's own socket.
import pg from 'pg';
import { embeddedConnection } from '../../src/store/postgres/embedded/embedded-connection.js';

export interface Inspector {
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** As query, for a change behind the service's back; waits until it must know of it: a second. */
  change(sql: string, values?: unknown[]): Promise<void>;
  /** Rows in each of our tables. */
  counts(): Promise<Record<string, number>>;
  /** Every row of every table, as JSON text: what a stolen dump would hold. */
  dump(): Promise<string>;
  close(): Promise<void>;
}

/** Opens a connection to the database that the service in this data folder has open. */
export async function openInspector(dataDir: string): Promise<Inspector> {
  const client = new pg.Client(embeddedConnection(dataDir));
  // The service may be restarted under our feet.
  client.on('error', () => {});
  await client.connect();

  async function query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const { rows } = await client.query<Row>(sql, values);
    return rows;
  }

  async function tables(): Promise<string[]> {
    const rows = await query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  }

  return {
    query,
    async change(sql, values) {
      await query(sql, values);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    },
    async counts() {
      const counts: Record<string, number> = {};
      for (const name of await tables()) {
        const [row] = await query<{ n: number }>(`SELECT count(*)::int AS n FROM "${name}"`);
        if (name.startsWith('oauth_')) counts[name] = row?.n ?? 0;
      }
      return counts;
    },
    async dump() {
      const parts: string[] = [];
      for (const name of await tables()) {
        const rows = await query<{ row: unknown }>(`SELECT row_to_json(t)::text AS row FROM "${name}" t`);
        parts.push(...rows.map(({ row }) => `${name} ${row}`));
      }
      return parts.join('\n');
    },
    close: () => client.end(),
  };
}
