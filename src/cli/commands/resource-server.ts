// Owns: `resource-server`: the APIs that access tokens are issued for.
import type { ResourceServerDraft } from '../../clients/resource-server-input.js';
import { versionOf, versionOption } from '../client/version.js';
import { defineCommand, type Noun, UsageError } from '../command.js';
import { withServices } from '../operator.js';
import { confirm, show } from '../output.js';
import { detailsTypesIn } from '../resource-server/details-types.js';
import { MEMBERS_HELP, memberOptions, membersOf, switchOptions } from '../resource-server/members.js';
import { describeResourceServer, describeResourceServers } from '../resource-server/show.js';

const create = defineCommand({
  verb: 'create',
  summary: 'register an API that access tokens are issued for',
  usage: 'IDENTIFIER --name TEXT --scope SCOPE … [options]',
  help: `
Registers an API by its identifier, an absolute URI: clients send it as resource (RFC 8707), and it is the audience of
the tokens. Clients get tokens for it that are registered for scopes of it (client update --scope).

${MEMBERS_HELP}
  --json                print one JSON object

Example:
  npm run cli -- resource-server create https://api.example/orders --name "Orders" \\
    --scope orders.read --scope-en "orders.read=See your orders" --scope-zh "orders.read=查看你的订单"
`,
  options: memberOptions,
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [identifier = ''] }, terminal) {
    const types = await detailsTypesIn(values['details-types'], terminal);
    const draft = { identifier, ...membersOf(values), ...types } as ResourceServerDraft;
    const made = await withServices(terminal, {}, ({ resourceServers }, author) =>
      resourceServers.create(draft, author),
    );
    show(terminal, values.json, made, () => describeResourceServer(made));
    return 0;
  },
});

const list = defineCommand({
  verb: 'list',
  summary: 'list the APIs that access tokens are issued for',
  usage: '',
  help: `
Lists resource servers in the order of their identifiers. The Admin API, which is built in, is not among them.

  --json  print one JSON object: resource_servers

Example:
  npm run cli -- resource-server list
`,
  options: {},
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const servers = await withServices(terminal, { readOnly: true }, ({ resourceServers }) =>
      resourceServers.list(),
    );
    show(terminal, values.json, { resource_servers: servers }, () => describeResourceServers(servers));
    return 0;
  },
});

const showOne = defineCommand({
  verb: 'show',
  summary: 'show one of them',
  usage: 'IDENTIFIER',
  help: `
Shows a resource server and its scopes.

  --json  print one JSON object

Example:
  npm run cli -- resource-server show https://api.example/orders
`,
  options: {},
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [identifier = ''] }, terminal) {
    const server = await withServices(terminal, { readOnly: true }, ({ resourceServers }) =>
      resourceServers.get(identifier),
    );
    show(terminal, values.json, server, () => describeResourceServer(server));
    return 0;
  },
});

const update = defineCommand({
  verb: 'update',
  summary: 'change one of them, or switch it off or on',
  usage: 'IDENTIFIER [options]',
  help: `
Changes what the options say; everything else stays as it is. --scope lists all scopes there are to be. Tokens that were
issued stay as they are, but those for a resource server that is switched off are not active any more.

${MEMBERS_HELP}
  --no-client           it does not ask about tokens
  --disable | --enable  switch it off, or on again
  --version N           only if it is at this version still
  --json                print one JSON object

Examples:
  npm run cli -- resource-server update https://api.example/orders --lifetime 5m
  npm run cli -- resource-server update https://api.example/orders --disable
`,
  options: { ...memberOptions, ...switchOptions, ...versionOption },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [identifier = ''] }, terminal) {
    const asked = versionOf(values);
    const types = await detailsTypesIn(values['details-types'], terminal);
    const server = await withServices(terminal, {}, async ({ resourceServers }, author) => {
      const before = await resourceServers.get(identifier);
      const patch = { ...membersOf(values, before.scopes as Parameters<typeof membersOf>[1]), ...types };
      if (Object.keys(patch).length === 0) throw new UsageError('say what to change');
      // What was read is what is changed.
      return resourceServers.update(identifier, patch, author, { version: asked ?? before.version });
    });
    show(terminal, values.json, server, () => describeResourceServer(server));
    return 0;
  },
});

const remove = defineCommand({
  verb: 'delete',
  summary: 'delete one of them',
  usage: 'IDENTIFIER [--yes]',
  help: `
Deletes a resource server. Its tokens are not active any more; an API that does not ask about them takes those it has
until they expire.

  --yes        do not ask
  --version N  only if it is at this version still
  --json       print one JSON object

Example:
  npm run cli -- resource-server delete https://api.example/orders --yes
`,
  options: { yes: { type: 'boolean', default: false }, ...versionOption },
  positionals: { min: 1, max: 1 },
  run({ values, positionals: [identifier = ''] }, terminal) {
    const version = versionOf(values);
    return withServices(terminal, {}, async ({ resourceServers }, author) => {
      await resourceServers.get(identifier);
      if (!(await confirm(terminal, `Delete ${identifier} for good?`, values.yes))) return 1;
      await resourceServers.delete(identifier, author, { version });
      show(terminal, values.json, { identifier, deleted: true }, () => `deleted ${identifier}`);
      return 0;
    });
  },
});

export const resourceServer: Noun = {
  name: 'resource-server',
  summary: 'The APIs that access tokens are issued for (RFC 8707).',
  commands: [create, list, showOne, update, remove],
};
