// Owns: opening PGlite on its folder. The caller holds the folder's lock.
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { DurableFiles, durableStartParams } from './durable-files.js';

/**
 * Opens the database in `folder`, made on the first start. With `fsync` an acknowledged commit survives a
 * power cut, for the price of one disk flush each; without it, only the death of the process.
 */
export async function openDatabaseFolder(folder: string, { fsync }: { fsync: boolean }): Promise<PGlite> {
  if (!existsSync(folder)) await makeDatabaseFolder(folder);
  if (!fsync) return PGlite.create(folder);
  return PGlite.create({ fs: new DurableFiles(folder), startParams: durableStartParams() });
}

/**
 * PGlite copies a fresh cluster into place file by file. Killed half way, it would leave a folder that looks
 * like a database and never opens, so it is made beside its place and moved in when it is whole.
 */
async function makeDatabaseFolder(folder: string): Promise<void> {
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const db = await PGlite.create(draft);
  await db.close();
  // As initdb does at its end: what later commits rest on must be on disk too.
  const entries = await readdir(draft, { recursive: true });
  for (const entry of entries) await flush(join(draft, entry));
  await flush(draft);
  await rename(draft, folder);
  await flush(dirname(folder));
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
