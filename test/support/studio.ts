// `npm run db:studio` as a process: started, asked as its page asks it, and ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { freePort } from './app.js';
import { eventually } from './production/waiting.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/db-studio.js', import.meta.url));
/** Prisma's command line is large, and the machine may be busy. */
const START_MS = 60_000;

export interface Studio {
  /** The page itself. */
  page(): Promise<{ status: number; text: string }>;
  /** A statement, by the way the page asks for rows. */
  query<Row>(sql: string): Promise<Row[]>;
  /** Ends it as Ctrl-C does; the exit code. */
  stop(): Promise<number | null>;
}

/** @throws Error with what it wrote when it does not answer in time */
export async function startStudio(env: Record<string, string>): Promise<Studio> {
  const port = await freePort();
  const child = spawn(process.execPath, [SCRIPT, '--port', String(port)], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  const origin = `http://localhost:${port}`;

  async function page() {
    const response = await fetch(origin, { signal: AbortSignal.timeout(10_000) });
    return { status: response.status, text: await response.text() };
  }
  async function stop(): Promise<number | null> {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    return ended.finally(() => clearTimeout(late));
  }

  try {
    await eventually(START_MS, async () => (isOver ? undefined : page()));
    if (isOver) throw new Error('ended by itself');
  } catch (cause) {
    await stop();
    throw new Error(`studio did not start: ${output}`, { cause });
  }
  return {
    page,
    stop,
    async query<Row>(sql: string) {
      const response = await fetch(`${origin}/bff`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ procedure: 'query', query: { sql, parameters: [] } }),
        signal: AbortSignal.timeout(10_000),
      });
      const [error, rows] = (await response.json()) as [{ message: string } | null, Row[]];
      if (error) throw new Error(error.message);
      return rows;
    },
  };
}

/** The names of our tables that Studio can show. */
export async function tablesIn(studio: Studio): Promise<string[]> {
  const rows = await studio.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_name LIKE 'oauth_%' ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}
