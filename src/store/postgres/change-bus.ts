// Owns: telling other processes what changed, by PostgreSQL's LISTEN and NOTIFY on a connection of its own.
import pg, { type PoolConfig } from 'pg';
import { type ChangeBus, parseChanges } from '../cache/changes.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

const CHANNEL = 'oauth_changed';
/** PostgreSQL refuses more than 8,000 bytes at once. */
const MAX_CHANGES = 40;
const RECONNECT_MS = 500;

const NOTIFY = statement('notify_changes', `SELECT pg_notify('${CHANNEL}', $1)`);

/** Listens as long as it is open, connecting anew whenever the connection is lost. */
export function createPostgresChangeBus(connection: PoolConfig, database: Pick<Database, 'read'>): ChangeBus {
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  function listen(onMessage: (text: string) => void, onGap: () => void): void {
    const again = () => {
      if (client !== current) return;
      client = undefined;
      onGap();
      current.end().catch(() => {});
      if (!isClosed) retry = setTimeout(() => listen(onMessage, onGap), RECONNECT_MS).unref();
    };
    // Nothing is asked of this connection for hours on end: only keep-alive tells that it is dead.
    const current = new pg.Client({ ...connection, keepAlive: true, connectionTimeoutMillis: 2_000 });
    client = current;
    current.on('error', again);
    current.on('end', again);
    current.on('notification', ({ payload }) => onMessage(payload ?? '[]'));
    current
      .connect()
      .then(() => current.query(`LISTEN ${CHANNEL}`))
      .then(onGap, again);
  }

  return {
    async publish(changes) {
      for (let from = 0; from < changes.length; from += MAX_CHANGES) {
        await database.read(NOTIFY, [JSON.stringify(changes.slice(from, from + MAX_CHANGES))]);
      }
    },
    subscribe(onChange, onGap) {
      listen((text) => parseChanges(text).forEach(onChange), onGap);
    },
    async close() {
      isClosed = true;
      clearTimeout(retry);
      await client?.end().catch(() => {});
    },
  };
}
