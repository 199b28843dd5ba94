// Owns: `client list` and `client show`.
import { isBySecret } from '../../clients/authentication.js';
import { defineCommand } from '../command.js';
import { withServices } from '../operator.js';
import { show } from '../output.js';
import { atMostOne } from './members.js';
import { describeClient, describeClients, describeSecrets } from './show.js';
import { wholeNumber } from './version.js';

const MOST = '200';

const flag = { type: 'boolean', default: false } as const;

/** True, false, or undefined when neither was asked for. */
const either = (yes: boolean, no: boolean) => (yes ? true : no ? false : undefined);

export const list = defineCommand({
  verb: 'list',
  summary: 'list clients',
  usage: '[--query TEXT] [--active | --disabled] [--public | --confidential] [--grant-type TYPE]',
  help: `
Lists clients in the order of their ids.

  --query TEXT               those with TEXT in their id or name, in any case
  --active | --disabled      those that are switched on, or off
  --public | --confidential  those that do not authenticate, or do
  --grant-type TYPE          those that may use it, such as client_credentials
  --limit N                  at most so many (default and most: ${MOST})
  --cursor CURSOR            go on where another list ended
  --json                     print one JSON object: clients, and next (a cursor) when there are more

Examples:
  npm run cli -- client list
  npm run cli -- client list --query shop --disabled
`,
  options: {
    query: { type: 'string' },
    active: flag,
    disabled: flag,
    public: flag,
    confidential: flag,
    'grant-type': { type: 'string' },
    limit: { type: 'string', default: MOST },
    cursor: { type: 'string' },
  },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    atMostOne(values, 'active', 'disabled');
    atMostOne(values, 'public', 'confidential');
    const query = {
      q: values.query,
      isActive: either(values.active, values.disabled),
      isConfidential: either(values.confidential, values.public),
      grantType: values['grant-type'],
      limit: wholeNumber(values.limit, '--limit'),
      cursor: values.cursor,
    };
    const { items, next } = await withServices(terminal, { readOnly: true }, ({ clients }) =>
      clients.list(query),
    );
    show(terminal, values.json, { clients: items, ...(next && { next }) }, () => describeClients(items));
    if (next && !values.json) terminal.stderr.write(`There are more: --cursor ${next}\n`);
    return 0;
  },
});

export const showOne = defineCommand({
  verb: 'show',
  summary: 'show a client',
  usage: 'CLIENT_ID',
  help: `
Shows a client's settings and its secrets, but for the secrets themselves: nobody can have those again.

  --json  print one JSON object

Example:
  npm run cli -- client show my-shop
`,
  options: {},
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [clientId = ''] }, terminal) {
    const client = await withServices(terminal, { readOnly: true }, ({ clients }) => clients.get(clientId));
    show(terminal, values.json, client, () => {
      const has = isBySecret(client.token_endpoint_auth_method);
      const secrets = has ? `\n${describeSecrets(client.secrets, terminal.clock.now())}` : '';
      return `${describeClient(client)}${secrets}`;
    });
    return 0;
  },
});
