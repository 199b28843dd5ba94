// Owns: `janitor`: cleaning now instead of when the server does.
import { setTimeout as delay } from 'node:timers/promises';
import type { Janitor, JanitorReport } from '../../janitor/service.js';
import { AppError } from '../../lib/errors.js';
import { type Arguments, defineCommand, type Noun, type Terminal } from '../command.js';
import { withServices } from '../operator.js';
import { formatTable, show } from '../output.js';

/** How long another instance that is cleaning is waited for; it holds the lock for a batch at a time. */
const BUSY = { attempts: 40, pauseMs: 250 };

/** One whole sweep. @throws AppError while another instance does nothing else */
async function sweep(janitor: Janitor, { stderr }: Pick<Terminal, 'stderr'>): Promise<JanitorReport> {
  const deleted: JanitorReport['deleted'] = {};
  const progress = (kind: string, count: number) => {
    deleted[kind] = (deleted[kind] ?? 0) + count;
    stderr.write(`${kind}: ${deleted[kind]} deleted\n`);
  };
  for (let attempt = 1; attempt <= BUSY.attempts; attempt += 1) {
    const report = await janitor.runOnce({ progress });
    // What was deleted before another instance came in between counts, too.
    if (report.outcome === 'done') return { ...report, deleted };
    if (report.outcome === 'failed') throw report.error;
    if (attempt === 1) stderr.write('Another instance is cleaning; waiting for it.\n');
    await delay(BUSY.pauseMs);
  }
  throw new AppError('janitor_busy', 503, 'another instance is cleaning all the time; try again');
}

async function run({ values }: Arguments<Record<never, never>>, terminal: Terminal) {
  await withServices(terminal, {}, async ({ janitor }) => {
    const { deleted, ms } = await sweep(janitor, terminal);
    show(terminal, values.json, { deleted, ms }, () =>
      formatTable(
        ['KIND', 'DELETED'],
        Object.entries(deleted).map(([kind, count]) => [kind, String(count)]),
      ),
    );
  });
  return 0 as const;
}

export const janitor: Noun = {
  name: 'janitor',
  summary: 'Deleting what has expired.',
  commands: [
    defineCommand({
      verb: 'run',
      summary: 'delete all that has expired, now',
      usage: '[--json]',
      help: `One sweep of everything that has expired by now, also beside servers that run: only one process deletes at a
time, and this one waits for its turn. Progress goes to standard error, the counts by kind to standard output.
Servers clean by themselves (JANITOR_INTERVAL_SECONDS); this is for those that are told not to, for a timer, or for
a backlog. Expired audit events go, too: see AUDIT_RETENTION_DAYS.

Examples:
  npm run cli -- janitor run
  npm run --silent cli -- janitor run --json`,
      options: {},
      positionals: { min: 0, max: 0 },
      run,
    }),
  ],
};
