// node dist/scripts/bench/profile-summary.js FILE…: where the CPU time of a .cpuprofile went, by package or
// folder of ours, and by function. The profiles are of the main thread: the embedded database has its own.
import { readFile } from 'node:fs/promises';

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** Microseconds. */
  timeDeltas: number[];
}

const TOP = 30;
const NOT_BUSY = new Set(['(idle)', '(root)']);

/** The package, the folder of ours, or the part of Node that a script's address belongs to. */
function ownerOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  if (url.startsWith('node:')) return 'node';
  if (url.startsWith('wasm:')) return 'wasm (query compiler)';
  const module = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return module ?? /\/src\/(.+?)\/[^/]+$/.exec(url)?.[1]?.replace(/^/, 'src/') ?? 'other';
}

function print(title: string, times: Map<string, number>, busy: number): void {
  process.stdout.write(`\n${title}\n`);
  const rows = [...times].sort(([, a], [, b]) => b - a).slice(0, TOP);
  for (const [name, time] of rows) {
    const share = ((time / busy) * 100).toFixed(1).padStart(5);
    process.stdout.write(`${share} %  ${(time / 1000).toFixed(0).padStart(6)} ms  ${name}\n`);
  }
}

async function summarize(file: string): Promise<void> {
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(file, 'utf8')) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const owners = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const { functionName = '', url = '', lineNumber = 0 } = frames.get(id) ?? {};
    const time = timeDeltas[index] ?? 0;
    if (NOT_BUSY.has(functionName)) continue;
    busy += time;
    const owner = ownerOf(url, functionName);
    const place = url === '' ? '' : `:${url.split('/').at(-1)}:${lineNumber + 1}`;
    const name = `${functionName || '(anonymous)'}  ${owner}${place}`;
    owners.set(owner, (owners.get(owner) ?? 0) + time);
    functions.set(name, (functions.get(name) ?? 0) + time);
  }
  process.stdout.write(`\n${file.split('/').at(-1)}: ${(busy / 1000).toFixed(0)} ms busy\n`);
  print('self time by package', owners, busy);
  print('self time by function', functions, busy);
}

for (const file of process.argv.slice(2)) await summarize(file);
