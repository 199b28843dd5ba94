// Owns: `apply`: making the clients as a file says.
import { readClientsFile, removalsFor, runDeps } from '../apply/clients-file.js';
import { defineCommand, type ExitCode, type Noun } from '../command.js';
import { withServices } from '../operator.js';
import { confirm, show } from '../output.js';
import { describeResult, resultToJson } from '../seed/report.js';

const flag = { type: 'boolean', default: false } as const;

export const apply: Noun = {
  name: 'apply',
  summary: 'Make the clients as a file describes them.',
  commands: [
    defineCommand({
      verb: '',
      summary: 'make the clients as a file describes them',
      usage: 'FILE [--prune] [--dry-run] [--yes]',
      help: `
Creates and changes clients so that they are as FILE (YAML or JSON, - for standard input) describes them: a list
"clients" of members with RFC 7591 names, as export writes it. The same file again changes nothing. All of a file is
done or nothing: a mistake anywhere is told with its line.

A member that the file leaves out gets its default; secrets left out stay as they are, and a new confidential client
gets one, which is printed once. client_secret may be $VARIABLE (from the environment).

  --prune    delete the clients that the file does not name, with their tokens and consents; those that registered
             themselves stay
  --dry-run  tell what would be done, do nothing (see diff, which says by its exit code whether there is anything)
  --yes      do not ask (--prune)
  --json     print one JSON object

Examples:
  npm run --silent cli -- export > clients.yaml
  npm run cli -- apply clients.yaml
  npm run cli -- apply clients.yaml --prune --dry-run
`,
      options: { prune: flag, 'dry-run': flag, yes: flag },
      positionals: { min: 1, max: 1 },
      async run({ values, positionals: [path = ''] }, terminal) {
        const file = await readClientsFile(path, terminal);
        const dryRun = values['dry-run'];
        return withServices(terminal, { readOnly: dryRun }, async (services, author): Promise<ExitCode> => {
          const { runSeed } = await import('../seed/run.js');
          const removals = values.prune ? await removalsFor(file, services) : [];
          if (removals.length > 0 && !dryRun) {
            const ids = removals.map(({ client_id: id }) => id).join(', ');
            const question = `Delete for good what ${file.name} does not name: ${ids}?`;
            if (!(await confirm(terminal, question, values.yes))) return 1;
          }
          const result = await runSeed(file, runDeps(services), { dryRun, author, removals });
          show(terminal, values.json, resultToJson(result), () => describeResult(result));
          return 0;
        });
      },
    }),
  ],
};
