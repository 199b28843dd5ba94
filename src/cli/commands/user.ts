// Owns: `user`: looking at what is held of a user. Does not: end any of it (user-end.ts).
import { consentToJson, sessionToJson, userToJson } from '../../grants/shapes.js';
import { type Arguments, defineCommand, type Noun, type Terminal, UsageError } from '../command.js';
import { consentTable, sessionTable } from '../lists.js';
import { withServices } from '../operator.js';
import { formatFields, show, showDate } from '../output.js';
import { forgetUser, revokeUser } from './user-end.js';
import { userRoleCommand } from './user-role.js';

const USER = 'USER is the id; an e-mail address or phone number will do, too.';

const bySubject = { sub: { type: 'string' }, client: { type: 'string' } } as const;

async function overview({ values, positionals }: Arguments<typeof bySubject>, terminal: Terminal) {
  const { sub, client } = values;
  const [named] = positionals;
  if ((sub === undefined) !== (client === undefined)) throw new UsageError('--sub and --client go together');
  if ((sub === undefined) === (named === undefined)) throw new UsageError('give USER, or --sub and --client');
  await withServices(terminal, { readOnly: true }, async ({ users }) => {
    const isBySubject = sub !== undefined && client !== undefined;
    const who = isBySubject ? await users.findBySubject(client, sub) : (named ?? '');
    const { userId, user, counts, lastUsedAt } = await users.show(await users.identify(who));
    const json = {
      user_id: userId,
      user: user ? userToJson(user) : null,
      counts: {
        sessions: counts.sessions,
        consents: counts.consents,
        grants: counts.grants,
        refresh_tokens: counts.refreshTokens,
      },
      last_used_at: lastUsedAt?.toISOString() ?? null,
    };
    show(terminal, values.json, json, () =>
      formatFields({
        User: userId,
        Name: user ? user.name : '(the site has no such user)',
        'E-mail': user?.email && `${user.email}${user.isVerified ? '' : ' (not verified)'}`,
        Phone: user?.phone,
        Active: user && (user.isActive ? 'yes' : 'no: cannot log in'),
        Language: user?.languagePreference,
        Sessions: String(counts.sessions),
        Consents: String(counts.consents),
        Grants: `${counts.grants}, with ${counts.refreshTokens} refresh tokens`,
        'Last use': showDate(lastUsedAt),
      }),
    );
  });
  return 0 as const;
}

async function sessions({ values, positionals }: Arguments<Record<never, never>>, terminal: Terminal) {
  await withServices(terminal, { readOnly: true }, async ({ users }) => {
    const found = await users.sessions(await users.identify(positionals[0] ?? ''));
    show(terminal, values.json, { sessions: found.map(sessionToJson) }, () => sessionTable(found));
  });
  return 0 as const;
}

async function consents({ values, positionals }: Arguments<Record<never, never>>, terminal: Terminal) {
  await withServices(terminal, { readOnly: true }, async ({ users }) => {
    const found = await users.consents(await users.identify(positionals[0] ?? ''));
    show(terminal, values.json, { consents: found.map(consentToJson) }, () => consentTable(found));
  });
  return 0 as const;
}

async function exportAll({ values, positionals }: Arguments<Record<never, never>>, terminal: Terminal) {
  await withServices(terminal, { readOnly: true }, async ({ users }) => {
    const everything = await users.export(await users.identify(positionals[0] ?? ''));
    show(terminal, values.json, everything, () => JSON.stringify(everything, null, 2));
  });
  return 0 as const;
}

const one = { options: {}, positionals: { min: 1, max: 1 }, usage: 'USER [--json]' } as const;

export const user: Noun = {
  name: 'user',
  summary: 'People: what is held of them here, and ending it. Who they are is the business of the site.',
  commands: [
    defineCommand({
      options: bySubject,
      positionals: { min: 0, max: 1 },
      usage: 'USER [--json]  or  --sub SUB --client CLIENT [--json]',
      verb: 'show',
      summary: 'a user in brief: who it is, and how much there is of them',
      help: `Who the user is, how many sessions, consents and grants of theirs work now, and when one was last used.
${USER}

  --sub SUB --client CLIENT  whom the app knows by this sub: among those who have agreed to it, for a pairwise one

Examples:
  npm run cli -- user show 10000001
  npm run cli -- user show --sub nIZ8dLs… --client my-shop
  npm run --silent cli -- user show zhangsan@example.com --json`,
      run: overview,
    }),
    defineCommand({
      ...one,
      verb: 'sessions',
      summary: 'the browsers a user is logged in with',
      help: `The user's sessions that have not expired, the latest first, and the apps that take part in each.
${USER}

Examples:
  npm run cli -- user sessions 10000001
  npm run --silent cli -- user sessions 10000001 --json`,
      run: sessions,
    }),
    defineCommand({
      ...one,
      verb: 'consents',
      summary: 'the apps a user agreed to',
      help: `What the user agreed to, app by app, the latest used first: what /account/apps shows them.
${USER}

Examples:
  npm run cli -- user consents 10000001
  npm run --silent cli -- user consents +8613800138000 --json`,
      run: consents,
    }),
    userRoleCommand,
    revokeUser,
    forgetUser,
    defineCommand({
      ...one,
      verb: 'export',
      summary: 'all we hold of a user, as JSON',
      help: `All that is held of the user, as one JSON object: what apps may be told, consents, sessions, grants, refresh
tokens (never their values) and audit events. docs/operations.md describes each member. For people it is indented;
with --json it is one line. ${USER}

Examples:
  npm run --silent cli -- user export 10000001 > 10000001.json
  npm run --silent cli -- user export zhangsan@example.com --json`,
      run: exportAll,
    }),
  ],
};
