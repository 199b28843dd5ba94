// Owns: what the tests of the embedded database share: folders, a template cluster, child processes.
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabaseFolder } from '../../src/store/postgres/embedded/database-folder.js';

let template: Promise<string> | undefined;

/** A new empty folder with a short path, gone at exit of the process that calls `removeFolders`. */
const folders: string[] = [];
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'l2u-emb-'));
  folders.push(folder);
  return folder;
}

/** Removes every folder made so far, and with them the template. */
export async function removeFolders(): Promise<void> {
  template = undefined;
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

/** A data folder with a fresh cluster in it; initdb takes seconds and runs once. */
export async function newDataDir(): Promise<string> {
  template ??= makeTemplate();
  const folder = await newFolder();
  await cp(await template, join(folder, 'pg'), { recursive: true });
  return folder;
}

async function makeTemplate(): Promise<string> {
  const path = join(await newFolder(), 'pg');
  const db = await openDatabaseFolder(path, { fsync: false });
  await db.close();
  return path;
}

/** The URL of a compiled module of the embedded database, for code that runs in a child process. */
export function moduleUrl(name: string): string {
  return new URL(`../../src/store/postgres/embedded/${name}.js`, import.meta.url).href;
}

/** Runs `code` as an ES module in a new process. */
export function runInChild(code: string, args: string[] = []): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', code, '--', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Resolves when the child has printed a line that begins with `start`; rejects when it ends before. */
export function line(child: ChildProcess, start: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = text
        .split('\n')
        .slice(0, -1)
        .find((each) => each.startsWith(start));
      if (found !== undefined) resolve(found);
    });
    // Not its exit: what it said last may still be on the way.
    child.once('close', (code) => reject(new Error(`the child ended (${code}) without saying ${start}`)));
  });
}

/** Resolves with the exit code (null after a signal). */
export function exited(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', (code) => resolve(code));
  });
}
