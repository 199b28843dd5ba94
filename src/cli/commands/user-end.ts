// Owns: `user revoke` and `user forget`: what cannot be taken back, and is asked about.
import { type Arguments, defineCommand, type Terminal } from '../command.js';
import { withServices } from '../operator.js';
import { confirm, formatFields, plain, show } from '../output.js';

const revokeOptions = { client: { type: 'string' }, yes: { type: 'boolean', default: false } } as const;
const forgetOptions = { yes: { type: 'boolean', default: false } } as const;

/** Keys are read: the apps are told by tokens this provider signs. */
const CHANGING = { withKeys: true } as const;

async function revoke({ values, positionals }: Arguments<typeof revokeOptions>, terminal: Terminal) {
  await withServices(terminal, CHANGING, async ({ users }, author) => {
    const { userId, user, counts } = await users.show(await users.identify(positionals[0] ?? ''));
    const who = `${userId}${user ? ` (${plain(user.name)})` : ''}`;
    const what =
      values.client === undefined
        ? `${counts.sessions} sessions, ${counts.grants} grants and ${counts.consents} consents of user ${who} end now.`
        : `All that ${plain(values.client)} holds of user ${who} ends now.`;
    if (!(await confirm(terminal, `${what} Go on?`, values.yes))) return;
    const revoked = await users.revoke(userId, { clientId: values.client }, author);
    const json = {
      user_id: userId,
      clients: revoked.clientIds,
      sessions: revoked.sessions,
      grants: revoked.grants,
      consents: revoked.consents,
    };
    show(terminal, values.json, json, () =>
      formatFields({
        'Sessions ended': String(revoked.sessions),
        'Grants ended': String(revoked.grants),
        'Consents withdrawn': String(revoked.consents),
        Apps: revoked.clientIds.join(' ') || '-',
      }),
    );
  });
  return 0 as const;
}

async function forget({ values, positionals }: Arguments<typeof forgetOptions>, terminal: Terminal) {
  await withServices(terminal, CHANGING, async ({ users }, author) => {
    const { userId, user } = await users.show(await users.identify(positionals[0] ?? ''));
    const who = `${userId}${user ? ` (${plain(user.name)})` : ''}`;
    const question = `Everything of user ${who} ends and is deleted here for good. Go on?`;
    if (!(await confirm(terminal, question, values.yes))) return;
    terminal.stderr.write('Looking through all there is; this may take a while.\n');
    const forgotten = await users.forget(userId, author);
    const json = {
      user_id: userId,
      sessions: forgotten.sessions,
      consents: forgotten.consents,
      grants: forgotten.grants,
      refresh_tokens: forgotten.refreshTokens,
      artifacts: forgotten.artifacts,
      ...forgotten.others,
      audit_events: forgotten.auditEvents,
    };
    show(terminal, values.json, json, () =>
      formatFields({
        'Sessions deleted': String(forgotten.sessions),
        'Consents deleted': String(forgotten.consents),
        'Grants deleted': `${forgotten.grants}, with ${forgotten.refreshTokens} refresh tokens`,
        'Codes, tokens, logins deleted': String(forgotten.artifacts),
        ...Object.fromEntries(
          Object.entries(forgotten.others).map(([kind, count]) => [`${kind} deleted`, String(count)]),
        ),
        'Audit events without a name': String(forgotten.auditEvents),
      }),
    );
  });
  return 0 as const;
}

export const revokeUser = defineCommand({
  verb: 'revoke',
  summary: 'end all that a user’s apps hold, or what one app holds',
  usage: 'USER [--client CLIENT] [--yes] [--json]',
  help: `Everything the user's apps hold dies now: sessions, grants with all their tokens and codes, logins that are half
way. Consents are withdrawn, too: whoever logs in next is asked again. With --client, all that one app holds of the
user: their other apps go on, and so does their session. Apps that registered for back-channel logout are told.
The user can log in again; to keep somebody out, deactivate them at the site. Every instance knows within a second.
USER is the id; an e-mail address or phone number will do, too.

  --client CLIENT  only what this app holds
  --yes            do not ask

Examples:
  npm run cli -- user revoke 10000001
  npm run cli -- user revoke 10000001 --client some-app --yes`,
  options: revokeOptions,
  positionals: { min: 1, max: 1 },
  run: revoke,
});

export const forgetUser = defineCommand({
  verb: 'forget',
  summary: 'end everything of a user and delete it',
  usage: 'USER [--yes] [--json]',
  help: `Ends all that "user revoke" ends, and deletes it: sessions, consents, grants, tokens, codes and logins that are
half way are gone and not only dead. The audit trail stays, under a pseudonym that leads back to nobody, without
addresses. The row of the user belongs to the site and is left alone; delete the user there, before or after. If it
is interrupted, run it again: doing it twice does no harm. Backups are not changed: docs/operations.md says more.
USER is the id; an e-mail address or phone number will do, too, while the site knows the user.

  --yes   do not ask

Examples:
  npm run cli -- user forget 10000001
  npm run --silent cli -- user forget 10000001 --yes --json`,
  options: forgetOptions,
  positionals: { min: 1, max: 1 },
  run: forget,
});
