// The command line, with an environment that holds nothing but what is given: as a process of its own, or, where
// only its answer matters and there are many, in this one.
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../src/cli/command-line.js';
import { nouns } from '../../src/cli/commands/index.js';
import { systemClock } from '../../src/lib/clock.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string>;
  /** What is on standard input. */
  input?: string;
}

export function runCli(args: string[], { env = {}, input = '' }: CliOptions = {}): Promise<Finished> {
  // Not the project's folder: a developer's .env there is none of our business.
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: tmpdir(), env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  // A command that does not read its input may be gone before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The same without the cost of a process. */
export async function runInProcess(
  args: string[],
  { env = {}, input = '' }: CliOptions = {},
): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const into = (stream: 'stdout' | 'stderr') => ({ write: (text: string) => (written[stream] += text) });
  const code = await runCommandLine(args, nouns, {
    env: () => env,
    clock: systemClock,
    stdin: Readable.from([Buffer.from(input)]),
    isInteractive: false,
    stdout: into('stdout'),
    stderr: into('stderr'),
  });
  return { code, ...written };
}

export interface Finding {
  check: string;
  status: 'ok' | 'warning' | 'failed';
  message: string;
  advice?: string;
}

export interface Diagnosis {
  code: number | null;
  checks: Record<string, Finding>;
  output: string;
}

/** Runs `doctor handoff --json`; its findings by name. */
export async function diagnose(
  args: string[],
  options: CliOptions,
  run: typeof runCli = runInProcess,
): Promise<Diagnosis> {
  const { code, stdout, stderr } = await run(['doctor', 'handoff', '--json', ...args], options);
  const answer = JSON.parse(stdout) as { ok: boolean; checks: Finding[] };
  if (answer.ok !== (code === 0)) throw new Error(`ok and the exit code disagree: ${stdout}`);
  const checks = Object.fromEntries(answer.checks.map((finding) => [finding.check, finding]));
  return { code, checks, output: stdout + stderr };
}

/** Names of the findings with this status; on a busy machine anything may be slow, so slowness is left out. */
export function namesOf({ checks }: Diagnosis, status: Finding['status']): string[] {
  return Object.values(checks)
    .filter((finding) => finding.status === status)
    .filter(({ check, message }) => check !== 'session-latency' && !/^answers in/.test(message))
    .map(({ check }) => check);
}
