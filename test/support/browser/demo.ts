// `npm run demo` as a process of its own, on data of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPath } from '../../../src/lib/paths.js';
import { freePort } from '../app.js';
import type { Credentials } from './person.js';

export interface Demo {
  /** The relying party: its port is registered with its clients, so it is always the same one. */
  rp: string;
  issuer: string;
  credentials: Credentials;
  close(): Promise<void>;
}

/** Starts the demo and waits until it says where it is. */
export async function startDemo(): Promise<Demo> {
  const dataDir = await mkdtemp(join(tmpdir(), 'l2u-demo-'));
  const port = await freePort();
  const child = spawn(process.execPath, [projectPath('dist', 'scripts', 'demo.js')], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let output = '';
  const told = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('Ctrl-C')) resolve();
      });
    }
    ended.then(() => reject(new Error(`the demo ended: ${output}`)));
  });
  const close = async () => {
    child.kill('SIGINT');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  };
  await told.catch(async (error) => {
    await close();
    throw error;
  });
  const line = (name: string) => new RegExp(`^ *${name} +(\\S+)`, 'm').exec(output)?.[1] ?? '';
  return {
    rp: line('Open'),
    issuer: line('Provider'),
    credentials: { username: line('User'), password: line('Password') },
    close,
  };
}
