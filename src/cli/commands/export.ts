// Owns: `export`: the clients as a file that apply understands.
import type { ClientView } from '../../clients/service.js';
import { everyClient } from '../client/all.js';
import { defineCommand, type Noun, UsageError } from '../command.js';
import { withServices } from '../operator.js';

const FORMATS = ['yaml', 'json'];

/** What the service knows by itself, or nobody may know. */
const LEFT_OUT = new Set(['version', 'created_at', 'updated_at', 'secrets']);

const FIRST = ['client_id', 'client_name'];

/** The members in an order that does not depend on anything. */
function toEntry(client: ClientView): Record<string, unknown> {
  const rest = Object.keys(client)
    .filter((name) => !LEFT_OUT.has(name) && !FIRST.includes(name))
    .sort();
  return Object.fromEntries([...FIRST, ...rest].map((name) => [name, client[name]]));
}

export const exportClients: Noun = {
  name: 'export',
  summary: 'Print the clients as a file for apply.',
  commands: [
    defineCommand({
      verb: '',
      summary: 'print the clients as a file for apply, without secrets',
      usage: '[--format yaml|json]',
      help: `
Prints every client as apply reads it, in the order of the ids: the same clients give the same text. Secrets are not in
it, nor the client that the service makes for its own account page, nor clients that registered themselves.

  --format FORMAT  yaml (default) or json
  --json           the same as --format json

Examples:
  npm run --silent cli -- export > clients.yaml
  npm run --silent cli -- export --format json | jq '.clients[].client_id'
`,
      options: { format: { type: 'string' } },
      positionals: { min: 0, max: 0 },
      async run({ values }, terminal) {
        const format = values.format ?? (values.json ? 'json' : 'yaml');
        if (!FORMATS.includes(format)) throw new UsageError('--format must be yaml or json');
        if (values.json && format !== 'json') throw new UsageError('--json and --format yaml contradict');
        const clients = await withServices(terminal, { readOnly: true }, (services) => everyClient(services));
        const content = { clients: clients.map(toEntry) };
        const { stringify } = await import('yaml');
        const text =
          format === 'json' ? JSON.stringify(content, null, 2) : stringify(content, { lineWidth: 0 });
        terminal.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
        return 0;
      },
    }),
  ],
};
