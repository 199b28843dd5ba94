// Counts what this process asks of PostgreSQL and Redis, between the drivers and the network.
import { Redis } from 'ioredis';
import pg from 'pg';

/** What was asked, in order: SQL by the statement's name or text, Redis by the command's name. */
export interface StoreCalls {
  sql: string[];
  redis: string[];
}

export interface Counting {
  /** What was asked since the counting began, or since the last call of this. */
  take(): StoreCalls;
  stop(): void;
}

function nameOf(query: unknown): string {
  if (typeof query === 'string') return query;
  const { name, text = '' } = query as { name?: string; text?: string };
  return name || text;
}

/** From now on counts the calls of every connection of this process, those already open included. */
export function countStoreCalls(): Counting {
  let calls: StoreCalls = { sql: [], redis: [] };
  const { query } = pg.Client.prototype;
  const { sendCommand } = Redis.prototype;

  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
    calls.sql.push(nameOf(args[0]));
    return (query as (...all: unknown[]) => unknown).apply(this, args);
  } as typeof query;
  Redis.prototype.sendCommand = function counted(...args) {
    calls.redis.push(args[0].name);
    return sendCommand.apply(this, args);
  };

  return {
    take() {
      const taken = calls;
      calls = { sql: [], redis: [] };
      return taken;
    },
    stop() {
      pg.Client.prototype.query = query;
      Redis.prototype.sendCommand = sendCommand;
    },
  };
}
