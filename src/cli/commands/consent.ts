// Owns: `consent`: what people agreed to, and taking it back for them.
import { consentToJson } from '../../grants/shapes.js';
import { NotFoundError } from '../../lib/errors.js';
import { type Arguments, defineCommand, type Noun, type Terminal } from '../command.js';
import { consentTable, nextLine, PAGE_HELP, pageOptions, pageRequest } from '../lists.js';
import { withServices } from '../operator.js';
import { confirm, formatFields, plain, show } from '../output.js';

const listOptions = { ...pageOptions, user: { type: 'string' }, client: { type: 'string' } } as const;
const revokeOptions = { yes: { type: 'boolean', default: false } } as const;

async function list({ values }: Arguments<typeof listOptions>, terminal: Terminal) {
  const page = pageRequest(values);
  await withServices(terminal, { readOnly: true }, async ({ clients, consents, users }) => {
    const userId = values.user === undefined ? undefined : await users.identify(values.user);
    if (values.client !== undefined) await clients.get(values.client);
    const { items, next } = await consents.page({ ...page, userId, clientId: values.client });
    const json = { consents: items.map(consentToJson), ...(next !== undefined && { next }) };
    show(terminal, values.json, json, () => `${consentTable(items)}${nextLine(next)}`);
  });
  return 0 as const;
}

async function revoke({ values, positionals }: Arguments<typeof revokeOptions>, terminal: Terminal) {
  const [given = '', clientId = ''] = positionals;
  await withServices(terminal, { withKeys: true }, async ({ consents, users }, author) => {
    const userId = await users.identify(given);
    const question = `All that ${plain(clientId)} holds of user ${userId} ends now. Go on?`;
    if (!(await confirm(terminal, question, values.yes))) return;
    const withdrawn = await consents.withdraw({ ...author, userId, clientId });
    if (!withdrawn) throw new NotFoundError(`user ${userId} has given nothing to a client of this id`);
    show(terminal, values.json, { user_id: userId, client_id: clientId, ...withdrawn }, () =>
      formatFields({
        'Consents withdrawn': String(withdrawn.consents),
        'Grants ended': String(withdrawn.grants),
        'Sessions without the app': String(withdrawn.sessions),
      }),
    );
  });
  return 0 as const;
}

export const consent: Noun = {
  name: 'consent',
  summary: 'What people agreed to share with apps.',
  commands: [
    defineCommand({
      verb: 'list',
      summary: 'consents, by user and app',
      usage: '[--user USER] [--client CLIENT] [--limit N] [--cursor TEXT] [--json]',
      help: `What people agreed to, by user and app. Apps of our own (is_first_party) ask nobody, so none are listed for them.

  --user USER     of this user: id, e-mail address or phone number
  --client CLIENT given to this app
${PAGE_HELP}

Examples:
  npm run cli -- consent list --client some-app
  npm run --silent cli -- consent list --limit 200 --json`,
      options: listOptions,
      positionals: { min: 0, max: 0 },
      run: list,
    }),
    defineCommand({
      verb: 'revoke',
      summary: 'take an agreement back, with all the app was given',
      usage: 'USER CLIENT [--yes] [--json]',
      help: `Does what the user does at /account/apps: the agreement is gone, every token the app has of the user is dead, and
no session of the user takes part in the app any more. The app is told, if it registered for back-channel logout.
USER is the id; an e-mail address or phone number will do, too.

  --yes   do not ask

Examples:
  npm run cli -- consent revoke 10000001 some-app
  npm run --silent cli -- consent revoke 10000001 some-app --yes --json`,
      options: revokeOptions,
      positionals: { min: 2, max: 2 },
      run: revoke,
    }),
  ],
};
