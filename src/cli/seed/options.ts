// Owns: the arguments of the seed command and its help.
import { parseArgs } from 'node:util';
import { AppError } from '../../lib/errors.js';

export const SEED_HELP = `Usage: npm run seed -- FILE [options]

Makes clients and users as FILE (YAML or JSON) describes them. The same file again changes nothing. A file
with a mistake, or a failure half way, writes nothing at all. examples/seed/demo.yaml shows what FILE holds.

  --dry-run      show what would change, old and new; write nothing
  --json         print one JSON object instead of lines
  --write-users  write users even to the database at DATABASE_URL, whose users table belongs to the site
  --help         show this

A member that the file leaves out gets its default; a secret or password left out stays as it is.
client_secret and password may be $VARIABLE (from the environment); $$ stands for a $ at the beginning.

Exit code: 0 done (also with --dry-run, or when nothing changes), 1 failed, 2 wrong arguments or file.
`;

export interface SeedArguments {
  /** Undefined: asked for help. */
  path: string | undefined;
  dryRun: boolean;
  json: boolean;
  writeUsers: boolean;
}

/** The arguments cannot be understood. */
export class UsageError extends AppError {
  constructor(description: string) {
    super('usage', 400, `${description}\nnpm run seed -- --help says how to use it.`);
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'write-users': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError */
export function parseSeedArguments(args: string[]): SeedArguments {
  const { values, positionals } = parse(args);
  const [path, ...more] = positionals;
  if (!values.help && (path === undefined || more.length > 0))
    throw new UsageError('exactly one FILE is needed');
  return {
    path: values.help ? undefined : path,
    dryRun: values['dry-run'],
    json: values.json,
    writeUsers: values['write-users'],
  };
}
