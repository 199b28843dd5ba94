// Builds dist/ from the sources when they are newer: Prisma's client, then TypeScript.
// Nothing is downloaded: `prisma generate` needs no engine, it only insists that one is named.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));
const GENERATED = 'src/store/postgres/generated';

const mtime = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The newest modification time (ms) below `folder`, and the number of entries seen. */
function newest(folder, seen = { time: 0, count: 0 }) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    seen.count += 1;
    if (entry.isDirectory()) newest(path, seen);
    seen.time = Math.max(seen.time, mtime(path));
  }
  return seen;
}

function run(bin, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    process.exit(status ?? 1);
  }
}

if (mtime('prisma/schema.prisma') > mtime(`${GENERATED}/.stamp`)) {
  rmSync(join(root, GENERATED), { recursive: true, force: true });
  run(require.resolve('prisma/build/index.js'), ['generate'], {
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  });
  writeFileSync(join(root, GENERATED, '.stamp'), '');
}

const sources = ['src', 'scripts', 'test', 'examples', 'sdk'].filter((folder) => mtime(folder) > 0);
const time = Math.max(
  ...sources.map((folder) => newest(folder).time),
  mtime('tsconfig.json'),
  mtime('package-lock.json'),
);
if (time > mtime('dist/.stamp')) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  mkdirSync(join(root, 'dist'));
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  // The `bin` of package.json.
  chmodSync(join(root, 'dist/src/cli/main.js'), 0o755);
  writeFileSync(join(root, 'dist/.stamp'), '');
}
