// Owns: development secrets kept in the data folder (0600), made once.
import { chmod, link, mkdir, open, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomToken } from '../lib/ids.js';

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The secret kept in `<dataDir>/<name>`; made with `make` when there is none yet.
 * Several processes that start at once get the same one: the file is put in place whole, by link(2).
 */
export async function secretInDataFolder(
  dataDir: string,
  name: string,
  make: () => string = () => randomToken(32),
): Promise<string> {
  const path = join(dataDir, name);
  const kept = await readIfThere(path);
  if (kept) return kept;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomToken(8)}`;
  await writeFile(draft, `${make()}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, path);
    await chmod(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  const secret = await readIfThere(path);
  if (!secret) throw new Error(`the secret file ${name} in DATA_DIR is empty`);
  return secret;
}

/** The secrets kept in `<dataDir>/<name>`, one a line; none when there is no such file. */
export async function readSecrets(dataDir: string, name: string): Promise<string[]> {
  const lines = (await readIfThere(join(dataDir, name)))?.split('\n') ?? [];
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

/** Replaces the secrets in `<dataDir>/<name>`: after a crash at any moment the file holds the old ones or the new. */
export async function replaceSecrets(
  dataDir: string,
  name: string,
  secrets: readonly string[],
): Promise<void> {
  const path = join(dataDir, name);
  const draft = `${path}.${randomToken(8)}`;
  await writeFile(draft, `${secrets.join('\n')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await rename(draft, path);
  } catch (error) {
    await unlink(draft);
    throw error;
  }
  // The new name itself has to reach the disk as well.
  const folder = await open(dataDir, 'r');
  await folder.sync().finally(() => folder.close());
}
