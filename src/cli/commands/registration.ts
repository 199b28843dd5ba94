// Owns: `registration`: the clients that registered themselves.
import { defineCommand, type Noun } from '../command.js';
import { nextLine, PAGE_HELP, pageOptions, pageRequest } from '../lists.js';
import { withServices } from '../operator.js';
import { confirm, show } from '../output.js';
import { describeRegistrations } from '../registration/show.js';

const list = defineCommand({
  verb: 'list',
  summary: 'list the clients that registered themselves',
  usage: '[options]',
  help: `
Lists the clients that registered themselves, in the order of their ids: under which policy, by which registration
token, and whether they can still change themselves.

${PAGE_HELP}
  --json          print one JSON object: items, next

Example:
  npm run cli -- registration list
`,
  options: pageOptions,
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const page = await withServices(terminal, { readOnly: true }, ({ registrations }) =>
      registrations.list(pageRequest(values)),
    );
    show(terminal, values.json, page, () => describeRegistrations(page.items) + nextLine(page.next));
    return 0;
  },
});

const revoke = defineCommand({
  verb: 'revoke',
  summary: 'end that a client can change itself',
  usage: 'CLIENT_ID [--yes]',
  help: `
Ends a client's registration access token at once (RFC 7592): it goes on as it is, and only operators change it. For a
client that should end as well there are client disable and client delete.

  --yes   do not ask
  --json  print one JSON object

Example:
  npm run cli -- registration revoke cR6sVnN2 --yes
`,
  options: { yes: { type: 'boolean', default: false } },
  positionals: { min: 1, max: 1 },
  run({ values, positionals: [clientId = ''] }, terminal) {
    return withServices(terminal, {}, async ({ registrations }, author) => {
      if (!(await confirm(terminal, `Revoke the registration access token of ${clientId}?`, values.yes)))
        return 1;
      await registrations.revokeAccess(clientId, author);
      show(terminal, values.json, { client_id: clientId, revoked: true }, () => `revoked for ${clientId}`);
      return 0;
    });
  },
});

export const registration: Noun = {
  name: 'registration',
  summary: 'The clients that registered themselves (RFC 7591, RFC 7592).',
  commands: [list, revoke],
};
