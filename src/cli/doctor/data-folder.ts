// Owns: the doctor's look at the data folder: whether anybody else of the machine can read what is in it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/load.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';

const CHECK = 'data-folder';
/** What others must not have: any access at all. */
const OTHERS = 0o077;

const octal = (mode: number) => `0${(mode & 0o777).toString(8)}`;

async function statIfThere(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** The folder of the embedded database, and of secrets that were not given. */
export async function examineDataFolder({ dataDir, databaseUrl }: Config): Promise<Finding[]> {
  const folder = await statIfThere(dataDir);
  if (!folder) {
    // Where everything is given, nothing is kept there.
    if (databaseUrl !== undefined) return [];
    return [warning(CHECK, `${shown(dataDir)} is not there yet`, 'the first start of the server makes it')];
  }
  if (!folder.isDirectory()) {
    return [failed(CHECK, `${shown(dataDir)} is not a folder`, 'set DATA_DIR to a folder')];
  }
  if (process.platform === 'win32') return [ok(CHECK, 'is there')];
  const names = await readdir(dataDir);
  const paths = [dataDir, ...names.map((name) => join(dataDir, name))];
  const entries = await Promise.all(paths.map(async (path) => ({ path, entry: await statIfThere(path) })));
  const open = entries.filter(({ entry }) => entry !== undefined && (entry.mode & OTHERS) !== 0);
  if (open.length === 0) return [ok(CHECK, 'is for this user only')];
  // Whatever is in a folder that is closed is closed, too.
  const isClosed = (folder.mode & OTHERS) === 0;
  return open.map(({ path, entry }) => {
    const message = `others may access ${shown(path)} (${octal(entry?.mode ?? 0)})`;
    const advice = `chmod ${entry?.isDirectory() ? '0700' : '0600'} ${shown(path)}`;
    return isClosed ? warning(CHECK, message, advice) : failed(CHECK, message, advice);
  });
}
