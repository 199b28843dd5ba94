// Owns: the arguments of the demo.
import { parseArgs } from 'node:util';
import { AppError } from '../src/lib/errors.js';

const LOGINS = ['session', 'ticket', 'local'] as const;

/** Who asks for the password: the site, which shares its session or signs tickets, or the provider itself. */
export type DemoLogin = (typeof LOGINS)[number];

export const DEMO_HELP = `Usage: npm run demo [-- --login session|ticket|local]

Starts a provider, a stand-in for the Link²Ur site and a demo app on this machine, with a user to log in as.

  --login session  people log in at the site; the provider asks the site whose session a browser has (default)
  --login ticket   people log in at the site; the site signs a ticket for the provider
  --login local    people log in at the provider; there is no site
  --help           show this
`;

/** The arguments cannot be understood. */
export class DemoUsageError extends AppError {
  constructor(description: string) {
    super('usage', 400, `${description}\n\n${DEMO_HELP.trimEnd()}`);
  }
}

function parse(args: string[]) {
  try {
    const options = {
      login: { type: 'string', default: 'session' },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new DemoUsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws DemoUsageError */
export function parseDemoArguments(args: string[]): { login: DemoLogin; help: boolean } {
  const { login: given, help } = parse(args);
  const login = LOGINS.find((name) => name === given);
  if (!login) throw new DemoUsageError(`--login is one of ${LOGINS.join(', ')}, not "${given}"`);
  return { login, help };
}
