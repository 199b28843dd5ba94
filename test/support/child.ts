// The service as a process of its own: started, killed and started again on the same data.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createServices } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { copyOfTemplate, seedBasics } from './app.js';
import { watchLog } from './secret-watch.js';

export { freePort } from './app.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export interface ServiceProcess {
  issuer: string;
  process: ChildProcess;
  /** What it wrote so far: its log, and why it could not start. */
  output(): string;
  /** Resolves once it has written `text`; rejects when it ends before. */
  wrote(text: string): Promise<void>;
  /** Resolves with the exit code, null when a signal ended it. */
  ended: Promise<number | null>;
}

/** A data folder with the test users and clients in it, opened by nobody. */
export async function seededDataDir(): Promise<string> {
  const dataDir = await copyOfTemplate();
  const services = await createServices(loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' }));
  await seedBasics(services);
  await services.close();
  return dataDir;
}

/** Starts the service; it may not be listening yet. */
export function spawnService(
  dataDir: string,
  port: number,
  env: Record<string, string> = {},
): ServiceProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  watchLog(() => output);
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const listener of listeners) listener();
    });
  }
  // `close` and not `exit`: by then everything it wrote has been read.
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    issuer: `http://localhost:${port}`,
    process: child,
    output: () => output,
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (output.includes(text)) resolve();
        };
        listeners.add(check);
        check();
        ended.then((code) => reject(new Error(`ended with ${code} without writing ${text}: ${output}`)));
      }),
    ended,
  };
}

/** Starts the service and waits until it listens. */
export async function startService(
  dataDir: string,
  port: number,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const service = spawnService(dataDir, port, env);
  await service.wrote('"ready"');
  return service;
}
