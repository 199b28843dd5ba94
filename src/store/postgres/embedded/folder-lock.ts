// Owns: that one process at a time owns a folder, whatever dies when.
// Does not: know what the folder is for.
//
// Ownership is a chain of numbered files, `owners/owner.<N>`, each put in place whole with link(2). The owner
// is whoever made the highest; a process takes over by making the next number once the highest is dead.
// A dead owner stays dead (its guard socket's name is never used again), and a number is made once:
//
// - link(2) lets only one process make N+1 after N;
// - a slow contender could make N+1 again after later owners swept it away. Owners sweep upwards, one file
//   after another, so N was gone before N+1: if N still reads as it did, N+1 had never been made before;
// - the highest number is never removed, not even at release, so counting never starts again; and the
//   first file appears together with its folder in one rename(2) that fails once the folder holds a file.
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../lib/errors.js';
import { randomToken } from '../../../lib/ids.js';
import type { Closable } from '../../../lib/lifecycle.js';
import { isErrno } from './errno.js';
import { type GuardSocket, isGuardAlive, isGuardName, openGuardSocket } from './guard-socket.js';

const OWNER_NAME = /^owner\.(\d{1,15})$/;
const ATTEMPTS = 200;

/** Exclusive ownership of a folder; closing gives it up, and so does the death of the process. */
export interface FolderLock extends Closable {}

/** Another live process owns the folder. */
export class FolderLockedError extends AppError {
  /** Its process id, as that process sees it: another container counts its own. */
  readonly ownerPid: number;

  constructor(folder: string, owner: OwnerRecord) {
    super('data_folder_locked', 503, `the data folder is in use by process ${owner.pid} (${folder})`, {
      detail: `${folder} is owned by process ${owner.pid} on ${owner.hostname}`,
    });
    this.ownerPid = owner.pid;
  }
}

interface OwnerRecord {
  guard: string;
  pid: number;
  hostname: string;
}

interface OwnerFile {
  generation: number;
  content: string;
}

/**
 * Takes the exclusive lock of `folder`, which is made (mode 0700) if need be. A live owner is never robbed;
 * a dead one never blocks. The processes must share a kernel: a network file system will not do.
 * @throws {FolderLockedError} when another live process, or this one, owns it
 * @throws {ConfigError} when the folder's path is too long for a Unix socket
 */
export async function openFolderLock(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // Listening comes before the claim, so that a claim is never seen without its proof of life.
  const guard = await openGuardSocket(folder);
  try {
    const generation = await acquire(folder, guard);
    // Before this returns: what a sweep removes must not outlive the ownership it is based on.
    await sweep(folder, guard, generation);
  } catch (error) {
    await guard.close();
    throw error;
  }
  return { close: () => guard.close() };
}

async function acquire(folder: string, guard: GuardSocket): Promise<number> {
  // Every further round means that somebody else made progress; the bound is for a folder that was damaged.
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const last = await latestOwner(folder);
    if (last === undefined) {
      await seed(folder);
      continue;
    }
    const owner = parseOwner(last.content);
    if (owner && (await isGuardAlive(join(folder, owner.guard)))) throw new FolderLockedError(folder, owner);
    if (await succeed(folder, guard, last)) return last.generation + 1;
  }
  throw new Error(`cannot take the lock in ${folder}: its owners folder is damaged, or it is contended`);
}

/** Claims the number after `last`, whose owner is dead; false when somebody else was faster. */
async function succeed(folder: string, guard: GuardSocket, last: OwnerFile): Promise<boolean> {
  const record: OwnerRecord = { guard: guard.name, pid: process.pid, hostname: hostname() };
  const draft = join(folder, `tmp.${randomToken(9)}`);
  const claim = ownerPath(folder, last.generation + 1);
  try {
    await writeFile(draft, JSON.stringify(record), { flag: 'wx', mode: 0o600 });
    await link(draft, claim);
  } catch (error) {
    // EEXIST: the number is taken. ENOENT: an owner swept our draft away.
    if (isErrno(error, 'EEXIST') || isErrno(error, 'ENOENT')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const before = await readOwner(folder, last.generation);
  const highest = await highestGeneration(folder);
  if (before === last.content && highest === last.generation + 1) return true;
  await removeIfThere(claim);
  return false;
}

/** Makes the owners folder with its first, ownerless number, unless it is there. */
async function seed(folder: string): Promise<void> {
  const draft = await mkdtemp(join(folder, 'tmp.'));
  try {
    await writeFile(join(draft, 'owner.0'), '', { mode: 0o600 });
    await rename(draft, join(folder, 'owners'));
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].some((code) => isErrno(error, code))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes what dead processes left. Lowest number first: the argument above rests on it. */
async function sweep(folder: string, guard: GuardSocket, generation: number): Promise<void> {
  const lower = (await generations(folder)).filter((other) => other < generation).sort((a, b) => a - b);
  for (const other of lower) await removeIfThere(ownerPath(folder, other));
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.startsWith('tmp.')) await rm(path, { recursive: true, force: true, maxRetries: 5 });
    if (isGuardName(name) && name !== guard.name && !(await isGuardAlive(path))) await removeIfThere(path);
  }
}

async function latestOwner(folder: string): Promise<OwnerFile | undefined> {
  for (;;) {
    const generation = await highestGeneration(folder);
    if (generation === undefined) return undefined;
    const content = await readOwner(folder, generation);
    // Gone means that a later owner swept it between the two reads.
    if (content !== undefined) return { generation, content };
  }
}

async function highestGeneration(folder: string): Promise<number | undefined> {
  const all = await generations(folder);
  return all.length === 0 ? undefined : Math.max(...all);
}

async function generations(folder: string): Promise<number[]> {
  try {
    const names = await readdir(join(folder, 'owners'));
    return names
      .map((name) => OWNER_NAME.exec(name)?.[1])
      .flatMap((n) => (n === undefined ? [] : [Number(n)]));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readOwner(folder: string, generation: number): Promise<string | undefined> {
  try {
    return await readFile(ownerPath(folder, generation), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The owner a file names. Files are linked whole: one that does not read is of before a power cut, dead. */
function parseOwner(content: string): OwnerRecord | undefined {
  try {
    const { guard, pid, hostname: host } = JSON.parse(content) as Partial<OwnerRecord>;
    if (typeof guard !== 'string' || !isGuardName(guard) || typeof pid !== 'number') return undefined;
    return { guard, pid, hostname: String(host) };
  } catch {
    return undefined;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function ownerPath(folder: string, generation: number): string {
  return join(folder, 'owners', `owner.${generation}`);
}
