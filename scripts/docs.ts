// npm run docs [-- --check]: writes the generated reference in docs/reference; with --check it only compares, and fails
// when what is there is not what the code says.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../src/lib/paths.js';
import { references } from './docs/references.js';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const stale = Object.entries(await references()).filter(
  ([name, text]) => read(projectPath('docs', name)) !== text,
);
for (const [name, text] of stale) {
  const path = projectPath('docs', name);
  if (!values.check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  process.stdout.write(`${values.check ? 'not what the code says' : 'written'}: docs/${name}\n`);
}
if (values.check && stale.length > 0) {
  process.stderr.write('Run: npm run docs\n');
  process.exitCode = 1;
}
