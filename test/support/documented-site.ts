// The sites printed in docs/login-handoff.md, run as they are printed; and a provider for them to talk to.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { projectPath } from '../../src/lib/paths.js';
import { freePort } from './app.js';

export const SITE_USER = { id: '10000002', username: 'ann@example.com', password: 'correct horse battery' };

export const SITE_COOKIE = 'link2ur_session';

export const EVENTS_TOKEN = 'events-token-of-the-test-suite-000001';

export type Language = 'FastAPI' | 'Express';

const FILES: Record<Language, string> = { FastAPI: 'handoff.py', Express: 'handoff.mjs' };

export const handoffGuide = () => readFile(projectPath('docs', 'login-handoff.md'), 'utf8');

/** A Python that has what the FastAPI example needs: the one on the path, else the system's own. */
function findPython(): string | undefined {
  const code = 'import cryptography, fastapi, jwt, multipart, uvicorn';
  return ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', code]).status === 0);
}

/** Why the example cannot be run on this machine. */
export function reasonToSkip(language: Language): string | undefined {
  if (language === 'Express' || findPython()) return undefined;
  return 'FastAPI is not installed (Debian: python3-fastapi python3-uvicorn python3-jwt python3-multipart)';
}

export interface StandInProvider {
  origin: string;
  /** The events it was told of, in order. */
  events: { path: string; authorization: string | undefined; type: string | undefined; body: unknown }[];
  /** The status of the next answers; 204 when there is none. */
  answers: number[];
  close(): Promise<void>;
}

export async function startStandInProvider(): Promise<StandInProvider> {
  const events: StandInProvider['events'] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { authorization, 'content-type': type } = request.headers;
    events.push({ path: `${request.method} ${request.url}`, authorization, type, body: JSON.parse(body) });
    const status = answers.shift() ?? 204;
    response.writeHead(status, status === 503 ? { 'retry-after': '1' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: `http://localhost:${port}`,
    events,
    answers,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface DocumentedSite {
  origin: string;
  close(): Promise<void>;
}

export interface DocumentedSiteOptions {
  /** The provider's origin. */
  provider: string;
  strategy: 'session' | 'ticket';
  /** Any free one unless given. */
  port?: number;
}

function command(language: Language, port: number): [string, string[]] {
  if (language === 'Express') return [process.execPath, ['handoff.mjs']];
  const serve = ['--host', '127.0.0.1', '--port', String(port), '--log-level', 'warning'];
  return [findPython() ?? 'python3', ['-m', 'uvicorn', 'handoff:app', ...serve]];
}

async function untilItAnswers(child: ChildProcess, origin: string): Promise<void> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk));
  while (child.exitCode === null && child.signalCode === null) {
    const response = await fetch(`${origin}/api/session`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the example ended with ${child.exitCode}: ${output}`);
}

/** Takes the example out of the guide and runs it. */
export async function startDocumentedSite(
  language: Language,
  { provider, strategy, port: wanted }: DocumentedSiteOptions,
): Promise<DocumentedSite> {
  const file = FILES[language];
  const pattern = new RegExp(`\`\`\`\\w+ file=${file.replace('.', '\\.')}\n([\\s\\S]*?)\`\`\``);
  const [, code] = pattern.exec(await handoffGuide()) ?? [];
  if (!code) throw new Error(`the guide has no ${file} any more`);
  // Below the project, so that `express` and `jose` are found.
  const cache = projectPath('node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'handoff-'));
  await writeFile(join(folder, file), code);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(folder, 'ticket-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));

  const port = wanted ?? (await freePort());
  const origin = `http://localhost:${port}`;
  const [program, args] = command(language, port);
  const { PATH = '' } = process.env;
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      PATH,
      PROVIDER: provider,
      SITE: origin,
      EVENTS_TOKEN,
      PASSWORD: SITE_USER.password,
      ...(strategy === 'ticket' ? { TICKET_KEY: 'ticket-key.pem' } : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilItAnswers(child, origin);
  } catch (error) {
    await close();
    throw error;
  }
  return { origin, close };
}
