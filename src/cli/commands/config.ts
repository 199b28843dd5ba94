// Owns: `config`: whether the settings can be used, and what they come down to.
import { effectiveVariables } from '../../config/effective.js';
import { loadConfig } from '../../config/load.js';
import { ConfigError } from '../../lib/errors.js';
import { type Arguments, defineCommand, type Noun, type Terminal } from '../command.js';
import { formatTable, plain, show } from '../output.js';

type None = Record<never, never>;

function judge(env: NodeJS.ProcessEnv) {
  try {
    return { problems: [], warnings: loadConfig(env).warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems, warnings: [] };
  }
}

async function check({ values }: Arguments<None>, terminal: Terminal) {
  const { problems, warnings } = judge(terminal.env());
  const isOk = problems.length === 0;
  show(terminal, values.json, { ok: isOk, problems, warnings }, () =>
    [
      ...problems.map(({ field, reason }) => `${field}: ${plain(reason)}`),
      ...warnings.map((warning) => `warning: ${plain(warning)}`),
      isOk ? 'The configuration can be used.' : 'The configuration cannot be used.',
      '',
    ].join('\n'),
  );
  return isOk ? 0 : 1;
}

async function print({ values }: Arguments<None>, terminal: Terminal) {
  const env = terminal.env();
  const effective = effectiveVariables(env, loadConfig(env));
  const variables = effective.map(({ name, value, source, isSecret, meaning }) => ({
    name,
    value: value ?? null,
    source,
    secret: isSecret,
    meaning,
  }));
  show(terminal, values.json, { variables }, () =>
    formatTable(
      ['VARIABLE', 'VALUE', 'FROM'],
      effective.map(({ name, value, source }) => [name, value ?? '-', source]),
    ),
  );
  return 0 as const;
}

const none = { usage: '[--json]', options: {}, positionals: { min: 0, max: 0 } } as const;

export const config: Noun = {
  name: 'config',
  summary: 'The settings, from the environment and the .env file of the folder this is called in.',
  commands: [
    defineCommand({
      ...none,
      verb: 'check',
      summary: 'whether the settings can be used: every problem at once',
      help: `Reads the settings as the server does and names every problem, and settings without effect. Connects to nothing:
"doctor" does that. Exit code 1 when the server would not start.

Examples:
  npm run cli -- config check
  npm run --silent cli -- config check --json`,
      run: check,
    }),
    defineCommand({
      ...none,
      verb: 'print',
      summary: 'every variable, its value and where that comes from',
      help: `Every variable of the service with the value that takes effect, and whether it comes from the environment or is the
default. Of secrets it says only that they are set. Settings that cannot be used are not printed: see "config check".

Examples:
  npm run cli -- config print
  npm run --silent cli -- config print --json`,
      run: print,
    }),
  ],
};
