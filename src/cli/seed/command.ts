// Owns: the seed command from arguments to exit code. Does not: open the services; it is given how.
import { AppError } from '../../lib/errors.js';
import { describeFailure } from '../../lib/failure-text.js';
import type { Closable } from '../../lib/lifecycle.js';
import { readSeedFile, type SeedFile } from './file.js';
import { parseSeedArguments, SEED_HELP, type SeedArguments, UsageError } from './options.js';
import { SeedFileError } from './problems.js';
import { describeResult, resultToJson } from './report.js';
import { runSeed, type SeedDeps } from './run.js';

const ACTOR = 'operator:seed';

export interface SeedCommandDeps {
  env: NodeJS.ProcessEnv;
  /** Whether the users table belongs to the site: then users are written only on request. */
  usersBelongToSite(): boolean;
  /** Opened only for a file without mistakes. */
  open(options: { dryRun: boolean }): Promise<SeedDeps & Closable>;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

function checkUsers(file: SeedFile, { writeUsers }: SeedArguments, usersBelongToSite: boolean): void {
  if (file.users.length === 0 || !usersBelongToSite || writeUsers) return;
  const reason =
    'at DATABASE_URL the users table belongs to the Link²Ur site, so nothing was written; ' +
    'to write these users all the same, add --write-users';
  throw new SeedFileError(file.name, [{ line: file.lineOf('users'), field: 'users', reason }]);
}

async function seed(path: string, args: SeedArguments, deps: SeedCommandDeps): Promise<void> {
  const file = await readSeedFile(path, deps.env);
  checkUsers(file, args, deps.usersBelongToSite());
  const opened = await deps.open({ dryRun: args.dryRun });
  try {
    const result = await runSeed(file, opened, { dryRun: args.dryRun, author: { actor: ACTOR } });
    deps.stdout.write(`${args.json ? JSON.stringify(resultToJson(result)) : describeResult(result)}\n`);
  } finally {
    await opened.close();
  }
}

/** Runs the command with `argv` (without node and script). Resolves with the exit code; never rejects. */
export async function seedCommand(argv: string[], deps: SeedCommandDeps): Promise<0 | 1 | 2> {
  let asJson = argv.includes('--json');
  try {
    const args = parseSeedArguments(argv);
    asJson = args.json;
    if (args.path === undefined) deps.stdout.write(SEED_HELP);
    else await seed(args.path, args, deps);
    return 0;
  } catch (error) {
    const message = describeFailure(error);
    if (asJson) {
      const problems = error instanceof SeedFileError ? error.problems : [];
      const code = error instanceof AppError ? error.code : 'failed';
      deps.stdout.write(`${JSON.stringify({ error: code, message, problems })}\n`);
    } else {
      deps.stderr.write(`${message}\n`);
    }
    return error instanceof SeedFileError || error instanceof UsageError ? 2 : 1;
  }
}
