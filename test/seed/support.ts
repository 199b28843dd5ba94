// Owns: what the tests of seeding share: services over empty memory stores, files, and the command itself.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAudit } from '../../src/audit/service.js';
import { parseSeedFile } from '../../src/cli/seed/file.js';
import { SeedFileError } from '../../src/cli/seed/problems.js';
import { runSeed, type SeedDeps, type SeedResult } from '../../src/cli/seed/run.js';
import { type ClientService, createClientService } from '../../src/clients/service.js';
import { ValidationError } from '../../src/lib/errors.js';
import { type Hasher, openHasher } from '../../src/lib/hasher.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import type { Stores } from '../../src/store/ports/index.js';
import { createUserService } from '../../src/users/service.js';

export interface Rig extends SeedDeps {
  clients: ClientService;
  stores: Stores;
  hasher: Hasher;
  clock: { now(): Date; forward(seconds: number): void };
  /** Parses and runs `text`, as the command would. */
  seed(text: string, options?: { dryRun?: boolean; env?: NodeJS.ProcessEnv }): Promise<SeedResult>;
  close(): Promise<void>;
}

/** The seed over empty memory stores. The "library" allows no scope called `unheard-of`. */
export function createRig(): Rig {
  let time = Date.parse('2026-03-01T00:00:00Z');
  const clock = {
    now: () => new Date(time),
    forward: (seconds: number) => {
      time += seconds * 1000;
    },
  };
  const stores = createMemoryStores(clock);
  const hasher = openHasher({ cost: 4, threads: 2 });
  const audit = createAudit({ store: stores.audit, clock });
  const validate = async ({ scope }: { scope?: string | undefined }) => {
    if (!scope?.includes('unheard-of')) return;
    throw new ValidationError('bad client', [{ field: 'scope', reason: 'scope must be known' }]);
  };
  const clients = createClientService({ ...stores, hasher, audit, clock, validate });
  const users = createUserService({ users: stores.users, hasher, audit, clock });
  const deps = { clients, users, unitOfWork: stores.unitOfWork };
  return {
    ...deps,
    stores,
    hasher,
    clock,
    seed: (text, { dryRun = false, env = {} } = {}) =>
      runSeed(parseSeedFile(text, 'seed.yaml', env), deps, { dryRun, author: { actor: 'operator:test' } }),
    close: () => hasher.close(),
  };
}

/** The lines of the SeedFileError that `work` ends with. */
export async function problemsOf(work: () => unknown): Promise<string[]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SeedFileError) return error.message.split('\n');
    throw error;
  }
  throw new Error('was accepted');
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs scripts/seed in a process of its own. */
export function runScript(args: string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  const script = fileURLToPath(new URL('../../scripts/seed.js', import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const folders: string[] = [];

/** A file with this text, gone after `removeFiles`. */
export async function fileWith(text: string | Buffer, name = 'seed.yaml'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'l2u-seed-'));
  folders.push(folder);
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

export async function removeFiles(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}
