#!/usr/bin/env node
// Owns: the command line as a process: terminal in, exit code out. Does not: know any command.
import { processEnvironment } from '../config/environment.js';
import { systemClock } from '../lib/clock.js';
import { runCommandLine } from './command-line.js';
import { nouns } from './commands/index.js';

// Whoever reads has read enough, as in `audit export | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), nouns, {
  env: processEnvironment,
  clock: systemClock,
  stdin: process.stdin,
  isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  stdout: process.stdout,
  stderr: process.stderr,
});
