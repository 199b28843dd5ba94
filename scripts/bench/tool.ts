// How a benchmark runs as a command: its plan, its help, an interruption, and the end of what it opened.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Closable } from '../../src/lib/lifecycle.js';

/** Writes the figures to `file`, and the table, with where they are, to standard output. */
export async function publish(file: string, json: string, table: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, json);
  process.stdout.write(`\n${table}\n\n${file}\n`);
}

/** Runs the plan that `args` ask for, or prints `usage`; closes `opened` in any case. */
export async function runTool<Plan>(options: {
  parsePlan(args: string[]): Plan | undefined;
  usage: string;
  run(plan: Plan): Promise<void>;
  opened: Closable;
  say(text: string): void;
}): Promise<void> {
  const { parsePlan, usage, run, opened, say } = options;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await opened.close();
      process.exit(130);
    });
  }
  try {
    const plan = parsePlan(process.argv.slice(2));
    if (plan) await run(plan);
    else process.stdout.write(usage);
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  } finally {
    await opened.close();
  }
}
