// npm run bench:start: how long `npm start`'s process takes to be ready, and its memory at rest.
// First start (makes the database) once, then five starts on the same data; medians.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPath } from '../src/lib/paths.js';

const PORT = '39871';
const RUNS = 5;
const REST_MS = 3_000;

interface Sample {
  readyMs: number;
  rssMb: number;
}

const median = (values: number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Resident memory of a process, MB; only where /proc tells. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function waitUntilReady(child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const response = await fetch(`http://127.0.0.1:${PORT}/readyz`).catch(() => undefined);
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the server did not become ready');
}

async function startOnce(dataDir: string): Promise<Sample> {
  const start = performance.now();
  const env = { PATH: '', DATA_DIR: dataDir, PORT, LOG_LEVEL: 'silent' };
  const child = spawn(process.execPath, [projectPath('dist', 'src', 'main.js')], { env, stdio: 'ignore' });
  try {
    await waitUntilReady(child);
    const readyMs = performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    return { readyMs, rssMb: await residentMb(child.pid ?? 0) };
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'l2u-bench-'));
try {
  const first = await startOnce(dataDir);
  const samples: Sample[] = [];
  for (let run = 0; run < RUNS; run += 1) samples.push(await startOnce(dataDir));
  const rows = {
    'first start (makes the database)': first,
    [`later start (median of ${RUNS})`]: {
      readyMs: median(samples.map((sample) => sample.readyMs)),
      rssMb: median(samples.map((sample) => sample.rssMb)),
    },
  };
  for (const [name, { readyMs, rssMb }] of Object.entries(rows)) {
    process.stdout.write(
      `${name.padEnd(34)} ready ${(readyMs / 1000).toFixed(2)} s   memory ${rssMb.toFixed(0)} MB\n`,
    );
  }
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
