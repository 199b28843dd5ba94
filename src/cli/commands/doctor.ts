// Owns: `doctor`: looking for what is wrong, changing nothing.
import { loadConfig } from '../../config/load.js';
import { type Arguments, defineCommand, type Noun, type Terminal, UsageError } from '../command.js';
import { describeFindings, findingsToJson, isFine } from '../findings/report.js';
import { examineHandoff } from '../handoff/run.js';
import { show } from '../output.js';
import { readSecret } from '../secret-input.js';

const options = {
  'cookie-stdin': { type: 'boolean', default: false },
  'ticket-stdin': { type: 'boolean', default: false },
} as const;

const HELP = `
Tries the Link²Ur site that the configuration names, as docs/login-handoff.md describes it, and says what is
wrong, one line for each thing it looks at. It changes nothing, at the site or here.

  --cookie-stdin  read the value of a session cookie (LINK2UR_SESSION_COOKIE) of somebody who is logged in at
                  the site from standard input, and try the site as that user (LOGIN_STRATEGY=session)
  --ticket-stdin  read a ticket that the site signed from standard input, and check it (LOGIN_STRATEGY=ticket);
                  one that has expired by now will do
  --json          print one JSON object instead of lines
  --help          show this

Cookies and tickets are read from standard input and never from the command line, where others can see them.

Examples:
  npm run cli -- doctor handoff
  npm run cli -- doctor handoff --cookie-stdin < cookie.txt
  pbpaste | npm run --silent cli -- doctor handoff --ticket-stdin --json
`;

async function run({ values }: Arguments<typeof options>, terminal: Terminal) {
  if (values['cookie-stdin'] && values['ticket-stdin']) {
    throw new UsageError('--cookie-stdin and --ticket-stdin cannot be used together');
  }
  const { issuer, isLoopback, login, siteLogoutUrl, eventsToken } = loadConfig(terminal.env());
  if (values['cookie-stdin'] && login.strategy !== 'session') {
    throw new UsageError(`--cookie-stdin is for LOGIN_STRATEGY=session, and it is ${login.strategy}`);
  }
  if (values['ticket-stdin'] && login.strategy !== 'ticket') {
    throw new UsageError(`--ticket-stdin is for LOGIN_STRATEGY=ticket, and it is ${login.strategy}`);
  }
  const cookie = values['cookie-stdin'] ? await readSecret(terminal.stdin, 'cookie') : undefined;
  // A cookie's value may hold =, but a pasted NAME=VALUE would only look like a session that has ended.
  if (login.strategy === 'session' && cookie?.startsWith(`${login.sessionCookie}=`)) {
    throw new UsageError(`give the value of the cookie alone, without ${login.sessionCookie}=`);
  }
  const ticket = values['ticket-stdin'] ? await readSecret(terminal.stdin, 'ticket') : undefined;
  const report = await examineHandoff(
    { issuer, isLoopback, login, siteLogoutUrl, eventsToken, cookie, ticket },
    { clock: terminal.clock },
  );
  const { findings, strategy } = report;
  show(terminal, values.json, findingsToJson({ issuer, strategy }, findings), () =>
    describeFindings(`Login hand-off (${strategy}) of ${issuer}`, findings),
  );
  return isFine(findings) ? 0 : 1;
}

const SELF_HELP = `
Looks at the service that the settings describe, changes nothing, and says what is wrong, one line for each thing:
the settings themselves, and those that should not stay in production; the data folder and who may read it; the
database, its migrations, the site's users table, its clock; Redis; whether the keys open; and whether the issuer
answers and is what it should be (a warning when nobody answers: the server may not be running). Exit code 1 when
something failed.

Examples:
  npm run cli -- doctor
  npm run --silent cli -- doctor --json
`;

async function examine({ values }: Arguments<Record<never, never>>, terminal: Terminal) {
  // Loaded only here: the others need none of it.
  const { examineService } = await import('../doctor/run.js');
  const findings = await examineService(terminal.env(), terminal);
  show(terminal, values.json, findingsToJson({}, findings), () => describeFindings('Link²Ur OP', findings));
  return isFine(findings) ? 0 : 1;
}

export const doctor: Noun = {
  name: 'doctor',
  summary: 'Look for what is wrong; change nothing.',
  commands: [
    defineCommand({
      verb: '',
      summary: 'look at settings, stores, keys and the running server',
      usage: '[--json]',
      help: SELF_HELP,
      options: {},
      positionals: { min: 0, max: 0 },
      run: examine,
    }),
    defineCommand({
      verb: 'handoff',
      summary: 'try the Link²Ur site that logs users in',
      usage: '[--cookie-stdin | --ticket-stdin] [--json]',
      help: HELP,
      options,
      positionals: { min: 0, max: 0 },
      run,
    }),
  ],
};
