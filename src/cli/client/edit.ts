// Owns: `client create` and `client update`.
import { isBySecret } from '../../clients/authentication.js';
import type { ClientDraft } from '../../clients/input.js';
import { defineCommand, UsageError } from '../command.js';
import { withServices } from '../operator.js';
import { show } from '../output.js';
import { readSecret } from '../secret-input.js';
import { STDIN } from '../seed/text.js';
import { MEMBERS_HELP, memberOptions, membersInFile, membersOf } from './members.js';
import { describeClient, describeNewSecret, describeWarnings } from './show.js';
import { versionOf, versionOption } from './version.js';

export const create = defineCommand({
  verb: 'create',
  summary: 'make a client (an app that logs in with Link²Ur)',
  usage: '[CLIENT_ID] --name TEXT --redirect-uri URI … [options]',
  help: `
Makes a client. Without CLIENT_ID it gets one. A confidential client gets a secret, which is printed once.

${MEMBERS_HELP}
  --secret-stdin                   read the secret from standard input instead of making one
  --json                           print one JSON object; a new secret is its client_secret

Examples:
  npm run cli -- client create my-shop --name "My shop" --redirect-uri https://shop.example/callback \\
    --scope "openid profile email"
  npm run cli -- client create my-spa --name "My SPA" --public --redirect-uri https://spa.example/callback
  npm run --silent cli -- client create --file client.yaml --json
`,
  options: { ...memberOptions, 'secret-stdin': { type: 'boolean', default: false } },
  positionals: { min: 0, max: 1 },
  async run({ values, positionals: [clientId] }, terminal) {
    if (values['secret-stdin'] && values.file === STDIN) {
      throw new UsageError('--secret-stdin and --file - cannot both read standard input');
    }
    const members = { ...(await membersInFile(values, terminal)), ...membersOf(values) };
    const secret = values['secret-stdin'] ? await readSecret(terminal.stdin, 'secret') : undefined;
    const input = {
      ...members,
      ...(clientId !== undefined && { client_id: clientId }),
      ...(secret !== undefined && { client_secret: secret }),
    } as ClientDraft;
    const made = await withServices(terminal, {}, ({ clients }, author) => clients.create(input, author));
    const json = made.secret === undefined ? made.client : { ...made.client, client_secret: made.secret };
    const { client_id: id } = made.client;
    show(
      terminal,
      values.json,
      json,
      () =>
        `${describeClient(made.client)}${describeWarnings(made.client)}${made.secret === undefined ? '' : describeNewSecret(id, made.secret)}`,
    );
    return 0;
  },
});

export const update = defineCommand({
  verb: 'update',
  summary: 'change a client',
  usage: 'CLIENT_ID [options]',
  help: `
Changes what the options or the file say; everything else stays as it is. A list is replaced as a whole. Secrets are
changed by rotate-secret. A client that becomes public loses its secrets; one that becomes confidential has none
before rotate-secret gives it one.

${MEMBERS_HELP};
                                   in a file, null takes a member away
  --unset MEMBER                   take a member away, such as logo_uri; repeated
  --version N                      only if the client is at this version still
  --json                           print the client as one JSON object

Examples:
  npm run cli -- client update my-shop --name "My new shop"
  npm run cli -- client update my-shop --redirect-uri https://a.example/cb --redirect-uri https://b.example/cb
  npm run cli -- client update my-shop --unset logo_uri --version 4
`,
  options: { ...memberOptions, unset: { type: 'string', multiple: true }, ...versionOption },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [clientId = ''] }, terminal) {
    const version = versionOf(values);
    const set = membersOf(values);
    const unset = values.unset ?? [];
    const twice = unset.find((member) => member in set);
    if (twice !== undefined) throw new UsageError(`${twice} cannot be set and taken away`);
    const removals = Object.fromEntries(unset.map((member) => [member, null]));
    const patch = { ...(await membersInFile(values, terminal)), ...set, ...removals };
    if (Object.keys(patch).length === 0) throw new UsageError('say what to change');
    const client = await withServices(terminal, {}, ({ clients }, author) =>
      clients.update(clientId, patch, author, { version }),
    );
    show(terminal, values.json, client, () => {
      const needsSecret = isBySecret(client.token_endpoint_auth_method) && client.secrets.length === 0;
      const hint = needsSecret ? `\nIt has no secret yet: client rotate-secret ${client.client_id}\n` : '';
      return `${describeClient(client)}${describeWarnings(client)}${hint}`;
    });
    return 0;
  },
});
