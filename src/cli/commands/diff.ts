// Owns: `diff`: in what the clients differ from a file.
import { readClientsFile, removalsFor, runDeps } from '../apply/clients-file.js';
import { defineCommand, type ExitCode, type Noun } from '../command.js';
import { withServices } from '../operator.js';
import { show } from '../output.js';
import { describeResult, isNothing, resultToJson } from '../seed/report.js';

export const diff: Noun = {
  name: 'diff',
  summary: 'Say in what the clients differ from a file.',
  commands: [
    defineCommand({
      verb: '',
      summary: 'say in what the clients differ from a file',
      usage: 'FILE [--prune]',
      help: `
Says what apply would do with FILE (- for standard input), old and new values, and does nothing. Exit code 0: nothing
to do; 1: there are differences.

  --prune  clients that the file does not name are differences, too
  --json   print one JSON object

Example:
  npm run cli -- diff clients.yaml --prune
`,
      options: { prune: { type: 'boolean', default: false } },
      positionals: { min: 1, max: 1 },
      async run({ values, positionals: [path = ''] }, terminal) {
        const file = await readClientsFile(path, terminal);
        return withServices(terminal, { readOnly: true }, async (services, author): Promise<ExitCode> => {
          const { runSeed } = await import('../seed/run.js');
          const removals = values.prune ? await removalsFor(file, services) : [];
          const result = await runSeed(file, runDeps(services), { dryRun: true, author, removals });
          show(terminal, values.json, resultToJson(result), () => describeResult(result));
          return isNothing(result) ? 0 : 1;
        });
      },
    }),
  ],
};
