// Owns: from arguments to exit code: finding the command, help, and telling what went wrong, once for all.
import { AppError } from '../lib/errors.js';
import { describeFailure } from '../lib/failure-text.js';
import { type Command, type ExitCode, type Noun, type Terminal, UsageError } from './command.js';
import { helpForAll, helpForCommand, helpForNoun, PROGRAM } from './help.js';

const isHelp = (argument: string | undefined) => argument === '--help' || argument === '-h';

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return 2;
  if (!(error instanceof AppError)) return 1;
  const codes: Record<number, ExitCode> = { 400: 2, 404: 3, 409: 4, 412: 4, 422: 2, 503: 5 };
  return codes[error.statusCode] ?? 1;
}

function named<T>(things: readonly T[], nameOf: (thing: T) => string, name: string, kind: string): T {
  const found = things.find((thing) => nameOf(thing) === name);
  if (found) return found;
  const known = things.map(nameOf).join(', ');
  throw new UsageError(`there is no ${kind} '${name}'; there is: ${known}`);
}

async function dispatch(argv: string[], nouns: readonly Noun[], terminal: Terminal): Promise<ExitCode> {
  const [nounName, ...rest] = argv;
  if (nounName === undefined || isHelp(nounName)) {
    terminal.stdout.write(helpForAll(nouns));
    return nounName === undefined ? 2 : 0;
  }
  const noun = named(nouns, ({ name }) => name, nounName, 'noun');
  const byItself = noun.commands.find(({ verb }) => verb === '');
  const isVerb = noun.commands.some(({ verb }) => verb !== '' && verb === rest[0]);
  if (byItself && !isVerb) return runOne(noun, byItself, rest, terminal);
  const [verb, ...args] = rest;
  if (verb === undefined || isHelp(verb)) {
    terminal.stdout.write(helpForNoun(noun));
    return verb === undefined ? 2 : 0;
  }
  const command = named(noun.commands, (one) => one.verb, verb, `verb of ${noun.name}`);
  return runOne(noun, command, args, terminal);
}

async function runOne(noun: Noun, command: Command, args: string[], terminal: Terminal): Promise<ExitCode> {
  if (!args.some(isHelp)) return command.run(args, terminal);
  const others = noun.commands.filter((one) => one !== command);
  const more = command.verb === '' && others.length > 0 ? `\n${helpForNoun(noun)}` : '';
  terminal.stdout.write(`${helpForCommand(noun, command)}${more}`);
  return 0;
}

function helpHint([noun, verb]: string[], nouns: readonly Noun[]): string {
  const isCommand = nouns.some(
    ({ name, commands }) => name === noun && commands.some((command) => command.verb === verb),
  );
  const isNoun = nouns.some(({ name }) => name === noun);
  const known = isCommand ? `${noun} ${verb} ` : isNoun ? `${noun} ` : '';
  return `${PROGRAM} ${known}--help says how to use it.`;
}

/** Runs the command that `argv` (without node and script) names. Resolves with the exit code; never rejects. */
export async function runCommandLine(
  argv: string[],
  nouns: readonly Noun[],
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    return await dispatch(argv, nouns, terminal);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const message = describeFailure(error);
    if (argv.includes('--json')) {
      const code = error instanceof AppError ? error.code : 'failed';
      const { problems = [] } = error as { problems?: unknown };
      terminal.stdout.write(`${JSON.stringify({ error: code, message, problems })}\n`);
    } else {
      terminal.stderr.write(`${message}\n${isUsage ? `${helpHint(argv, nouns)}\n` : ''}`);
    }
    return exitCodeOf(error);
  }
}
