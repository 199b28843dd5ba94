// Owns: where the project's own files are, whether run from src or from dist.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root: the nearest folder above this file that has a package.json. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json not found above the running code');
    folder = parent;
  }
  return folder;
}

/** The absolute path of a file or folder of the project, e.g. `projectPath('views')`. */
export function projectPath(...parts: string[]): string {
  return join(projectRoot(), ...parts);
}
