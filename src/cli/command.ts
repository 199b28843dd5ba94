// Owns: what a command is: its place (noun, verb), options, help and work. Does not: find or run one.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Clock } from '../lib/clock.js';
import { AppError } from '../lib/errors.js';

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/**
 * 0: fine. 1: something failed, or is not as it should be. 2: the command was used in a wrong way, or its input
 * breaks a rule. 3: there is no such thing. 4: it exists already, or was changed meanwhile. 5: the database or the
 * site cannot be reached now.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5;

/** Everything a command may know of the world it was called in. */
export interface Terminal {
  /** Read only when needed: a mistake in a `.env` file must not keep help from being shown. */
  env(): NodeJS.ProcessEnv;
  clock: Clock;
  stdin: AsyncIterable<Buffer | string>;
  /** Whether somebody is there to be asked. */
  isInteractive: boolean;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** The arguments cannot be understood. */
export class UsageError extends AppError {
  constructor(description: string) {
    super('usage', 400, description);
  }
}

/** One thing the command line can do, such as `doctor handoff`. */
export interface Command {
  /** Empty: what the noun does by itself. */
  verb: string;
  /** One line, for lists. */
  summary: string;
  /** What follows the verb, e.g. `FILE [options]`. */
  usage: string;
  /** The rest of the help: what it does, options, examples. */
  help: string;
  /**
   * @param args what follows the verb
   * @throws UsageError when `args` cannot be understood; AppError for what went wrong
   */
  run(args: string[], terminal: Terminal): Promise<ExitCode>;
}

/** What commands are about: `client`, `user`, `key`, `doctor` … */
export interface Noun {
  name: string;
  summary: string;
  commands: Command[];
}

/** Every command has these. */
const COMMON = { json: { type: 'boolean', default: false } } as const satisfies OptionsConfig;

/** Something like `-l4x`: an id may begin with a hyphen. Taken for one where no option has a single letter. */
const HYPHENED = /^-[^-]./;
const MARK = '\u0000';

const unmarked = <T>(value: T): T => (typeof value === 'string' ? (value.replace(MARK, '') as T) : value);

function parse<O extends OptionsConfig>(args: string[], options: O) {
  const config = { ...COMMON, ...options };
  const hasLetters = Object.values<OptionsConfig[string]>(config).some(({ short }) => short !== undefined);
  const marked = args.map((arg) => (!hasLetters && HYPHENED.test(arg) ? `${MARK}${arg}` : arg));
  const parsed = parseArgs({ args: marked, options: config, allowPositionals: true, strict: true });
  const { values, positionals } = parsed;
  for (const [name, value] of Object.entries(values)) {
    Object.assign(values, { [name]: Array.isArray(value) ? value.map(unmarked) : unmarked(value) });
  }
  return { ...parsed, positionals: positionals.map(unmarked) };
}

/** A command's arguments, taken apart: its own options, `json`, and what is no option. */
export type Arguments<O extends OptionsConfig> = ReturnType<typeof parse<O>>;

export interface CommandInit<O extends OptionsConfig> extends Omit<Command, 'run'> {
  options: O;
  /** How many arguments there are beside the options. */
  positionals: { min: number; max: number };
  run(args: Arguments<O>, terminal: Terminal): Promise<ExitCode>;
}

/** A command whose options are described as `parseArgs` wants them, and typed for its work. */
export function defineCommand<O extends OptionsConfig>(init: CommandInit<O>): Command {
  const { options, positionals, run, ...about } = init;
  return {
    ...about,
    run(args, terminal) {
      const parsed = parsedOrUsageError(() => parse(args, options));
      const count = parsed.positionals.length;
      const extra = parsed.positionals[positionals.max];
      if (extra !== undefined) throw new UsageError(`what does '${extra}' mean here?`);
      if (count < positionals.min) throw new UsageError(`something is missing: ${about.usage}`);
      return run(parsed, terminal);
    },
  };
}

function parsedOrUsageError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
