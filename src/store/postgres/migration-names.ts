// Owns: which migrations this version of the code has.
import { readdir } from 'node:fs/promises';
import { projectPath } from '../../lib/paths.js';

/** The names of the migrations on disk, oldest first. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(projectPath('prisma', 'migrations'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
