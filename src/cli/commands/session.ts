// Owns: `session`: browsers that are logged in, and logging them out.
import type { Author } from '../../audit/service.js';
import type { EndedSession, SessionService } from '../../grants/sessions.js';
import { sessionToJson } from '../../grants/shapes.js';
import { NotFoundError } from '../../lib/errors.js';
import { type Arguments, defineCommand, type Noun, type Terminal, UsageError } from '../command.js';
import { nextLine, PAGE_HELP, pageOptions, pageRequest, sessionTable } from '../lists.js';
import { withServices } from '../operator.js';
import { confirm, formatFields, formatTable, plain, show } from '../output.js';

const listOptions = { ...pageOptions, user: { type: 'string' }, client: { type: 'string' } } as const;
const endOptions = {
  user: { type: 'string' },
  everybody: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

async function list({ values }: Arguments<typeof listOptions>, terminal: Terminal) {
  const page = pageRequest(values);
  await withServices(terminal, { readOnly: true }, async ({ sessions, users }) => {
    const userId = values.user === undefined ? undefined : await users.identify(values.user);
    const { items, next } = await sessions.list({ ...page, userId, clientId: values.client });
    const json = { sessions: items.map(sessionToJson), ...(next !== undefined && { next }) };
    show(terminal, values.json, json, () => `${sessionTable(items)}${nextLine(next)}`);
  });
  return 0 as const;
}

/** As many of `uids` as are still there when their turn comes. */
async function endAll(sessions: SessionService, uids: readonly string[], author: Author) {
  const ended: EndedSession[] = [];
  for (const uid of uids) {
    try {
      ended.push(await sessions.end(uid, author));
    } catch (error) {
      // It was there a moment ago: somebody logged out meanwhile.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return ended;
}

async function endEverybody({ values }: Arguments<typeof endOptions>, terminal: Terminal) {
  const question = 'Everybody is logged out, and every token of every app dies, now. Go on?';
  if (!(await confirm(terminal, question, values.yes))) return 0 as const;
  const ended = await withServices(terminal, {}, ({ users }, author) =>
    users.endEverybody(author, ({ sessions, grants }) =>
      terminal.stderr.write(`\r${sessions} sessions and ${grants} grants ended`),
    ),
  );
  terminal.stderr.write('\n');
  show(terminal, values.json, ended, () =>
    formatFields({ sessions: `${ended.sessions}`, grants: `${ended.grants}` }),
  );
  return 0 as const;
}

async function end(args: Arguments<typeof endOptions>, terminal: Terminal) {
  const { values, positionals } = args;
  const { user, everybody } = values;
  if (everybody && user === undefined && positionals.length === 0) return endEverybody(args, terminal);
  if (everybody) throw new UsageError('--everybody is everybody: say no user and no session');
  if ((user === undefined) === (positionals.length === 0)) {
    throw new UsageError('say which session, or --user USER for all of a user, or --everybody');
  }
  await withServices(terminal, { withKeys: true }, async ({ sessions, users }, author) => {
    const found = user === undefined ? [] : await users.sessions(await users.identify(user));
    const uids = user === undefined ? positionals : found.map(({ uid }) => uid);
    // Of a list in which something is wrong nothing is done.
    if (user === undefined) for (const uid of uids) await sessions.get(uid);
    const question = `${uids.length} sessions of ${plain(user ?? 'several users')} end now. Go on?`;
    if ((user !== undefined || uids.length > 1) && !(await confirm(terminal, question, values.yes))) return;
    const ended = await endAll(sessions, uids, author);
    const json = ended.map(({ uid, userId, clientIds, grants }) => ({
      uid,
      user_id: userId ?? null,
      clients: clientIds,
      grants,
    }));
    show(terminal, values.json, { ended: json }, () =>
      formatTable(
        ['ENDED', 'USER', 'GRANTS', 'APPS'],
        ended.map(({ uid, userId, clientIds, grants }) => [
          uid,
          userId ?? '-',
          String(grants),
          clientIds.join(' ') || '-',
        ]),
        'no session',
      ),
    );
  });
  return 0 as const;
}

export const session: Noun = {
  name: 'session',
  summary: 'Browsers that are logged in here.',
  commands: [
    defineCommand({
      verb: 'list',
      summary: 'sessions of people, the latest first',
      usage: '[--user USER] [--client CLIENT] [--limit N] [--cursor TEXT] [--json]',
      help: `Sessions in which somebody is logged in and that have not expired, the latest first.

  --user USER     of this user: id, e-mail address or phone number
  --client CLIENT in which this app takes part
${PAGE_HELP}

Examples:
  npm run cli -- session list
  npm run cli -- session list --user 10000001
  npm run --silent cli -- session list --client some-app --limit 200 --json`,
      options: listOptions,
      positionals: { min: 0, max: 0 },
      run: list,
    }),
    defineCommand({
      verb: 'end',
      summary: 'log a browser out',
      usage: 'SESSION… | --user USER | --everybody [--yes] [--json]',
      help: `Ends sessions as a logout does: the browser is logged out, and with it dies what its apps were given for as
long as the user is logged in. What they were given beyond that (offline_access) stays; "user revoke" ends that,
too. Apps that registered for back-channel logout are told. More than one at once is asked about.

  --user USER  all sessions of this user: id, e-mail address or phone number
  --everybody  all sessions of all users, and beyond that every token of every app, offline_access included: after a
               backup was restored, or when the database was stolen; apps are not told. Consents stay
  --yes        do not ask

Examples:
  npm run cli -- session end zS3bq0pXo4m1
  npm run cli -- session end --user 10000001 --yes
  npm run cli -- session end --everybody`,
      options: endOptions,
      positionals: { min: 0, max: 100 },
      run: end,
    }),
  ],
};
