// Owns: how the embedded database is reached. Does not: open it.
import { join, resolve } from 'node:path';

const PORT = 5432;

/** What `new pg.Pool(…)` needs to reach the embedded database. */
export interface EmbeddedConnection {
  /** The folder of the socket: `pg` takes a host that begins with `/` for one. */
  host: string;
  port: number;
  user: string;
  database: string;
}

/** How to reach the embedded database of `dataDir` while a server has it open. Opens nothing. */
export function embeddedConnection(dataDir: string): EmbeddedConnection {
  return { host: join(resolve(dataDir), 'run'), port: PORT, user: 'postgres', database: 'postgres' };
}
