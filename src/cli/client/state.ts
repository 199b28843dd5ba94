// Owns: `client enable`, `client disable`, `client delete`.

import type { Author } from '../../audit/service.js';
import type { ClientService, ClientView } from '../../clients/service.js';
import { defineCommand, type ExitCode, type Terminal } from '../command.js';
import { withServices } from '../operator.js';
import { confirm, plain, show } from '../output.js';
import { versionOf, versionOption } from './version.js';

const yes = { yes: { type: 'boolean', default: false } } as const;

const named = ({ client_id: id, client_name: name }: ClientView) => `${id} (${plain(name)})`;

interface Change {
  terminal: Terminal;
  clientId: string;
  isYes: boolean;
  /** What it would mean; undefined: nothing that anybody has to be asked about. */
  question: ((client: ClientView) => string) | undefined;
  work(clients: ClientService, author: Author): Promise<ExitCode>;
}

/** Asks about a client that is there, and goes on if it may. */
function asked({ terminal, clientId, isYes, question, work }: Change): Promise<ExitCode> {
  return withServices(terminal, {}, async ({ clients }, author) => {
    const client = await clients.get(clientId);
    if (question && !(await confirm(terminal, question(client), isYes))) return 1;
    return work(clients, author);
  });
}

function switching(verb: 'enable' | 'disable', help: string) {
  const isActive = verb === 'enable';
  return defineCommand({
    verb,
    summary: isActive ? 'switch a client on again' : 'switch a client off: nobody can log in through it',
    usage: isActive ? 'CLIENT_ID' : 'CLIENT_ID [--yes]',
    help,
    options: { ...yes, ...versionOption },
    positionals: { min: 1, max: 1 },
    run({ values, positionals: [clientId = ''] }, terminal) {
      const version = versionOf(values);
      return asked({
        terminal,
        clientId,
        isYes: values.yes,
        question: isActive ? undefined : (client) => `Disable ${named(client)}?`,
        async work(clients, author) {
          const client = await clients.setActive(clientId, isActive, author, { version });
          show(terminal, values.json, client, () => `${verb}d ${named(client)}`);
          return 0;
        },
      });
    },
  });
}

export const disable = switching(
  'disable',
  `
Switches a client off, at once and on every instance: for apps and browsers it does not exist any more, nor do its
tokens. Nothing is lost; enable brings it all back.

  --yes        do not ask
  --version N  only if the client is at this version still
  --json       print the client as one JSON object

Example:
  npm run cli -- client disable my-shop --yes
`,
);

export const enable = switching(
  'enable',
  `
Switches a client on that was switched off.

  --version N  only if the client is at this version still
  --json       print the client as one JSON object

Example:
  npm run cli -- client enable my-shop
`,
);

export const remove = defineCommand({
  verb: 'delete',
  summary: 'delete a client with all its tokens and consents',
  usage: 'CLIENT_ID [--yes]',
  help: `
Deletes a client, its secrets, what users agreed to, and all its tokens, at once and on every instance. It cannot be
taken back; disable can. The audit trail stays.

  --yes        do not ask
  --version N  only if the client is at this version still
  --json       print one JSON object

Example:
  npm run cli -- client delete my-shop --yes
`,
  options: { ...yes, ...versionOption },
  positionals: { min: 1, max: 1 },
  run({ values, positionals: [clientId = ''] }, terminal) {
    const version = versionOf(values);
    return asked({
      terminal,
      clientId,
      isYes: values.yes,
      question: (client) => `Delete ${named(client)} for good?`,
      async work(clients, author) {
        await clients.delete(clientId, author, { version });
        show(terminal, values.json, { client_id: clientId, deleted: true }, () => `deleted ${clientId}`);
        return 0;
      },
    });
  },
});
