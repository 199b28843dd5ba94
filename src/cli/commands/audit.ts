// Owns: `audit`: reading, exporting and verifying the audit trail. Does not: know how it is kept.
import { setTimeout as delay } from 'node:timers/promises';
import { auditEventToJson } from '../../audit/json.js';
import type { AuditHead } from '../../audit/sealing.js';
import { FILTER_HELP, filterOptions, parseMoment, readCount, readFilter } from '../audit/filters.js';
import {
  describeVerification,
  formatEvents,
  formatLines,
  verificationToJson,
  writeAndWait,
} from '../audit/show.js';
import {
  type Arguments,
  defineCommand,
  type ExitCode,
  type Noun,
  type Terminal,
  UsageError,
} from '../command.js';
import { withServices } from '../operator.js';
import { show } from '../output.js';

const POLL_MS = 1_000;
/** Whoever waits for a long command is told about every so many events. */
const TOLD_EVERY = 10_000;

const jsonLines = (events: Parameters<typeof auditEventToJson>[0][]) =>
  events.map((event) => `${JSON.stringify(auditEventToJson(event))}\n`).join('');

/** Says now and then, on standard error, how far a long command has come. */
function createTeller({ stderr }: Pick<Terminal, 'stderr'>) {
  let told = 0;
  return (count: number, text: string) => {
    if (count - told < TOLD_EVERY) return;
    told = count;
    stderr.write(`${text}\n`);
  };
}

const tailOptions = {
  ...filterOptions,
  follow: { type: 'boolean', short: 'f', default: false },
  lines: { type: 'string', short: 'n', default: '20' },
} as const;

async function tail({ values }: Arguments<typeof tailOptions>, terminal: Terminal): Promise<ExitCode> {
  const filter = readFilter(values, terminal.clock);
  const count = readCount(values.lines, '-n', { min: 0, max: 10_000 });
  return withServices(terminal, { readOnly: true }, async ({ auditTrail }): Promise<ExitCode> => {
    const following = auditTrail.tail(filter, count);
    const first = await following.poll();
    if (!values.follow) {
      show(terminal, values.json, { events: first.map(auditEventToJson) }, () => formatEvents(first));
      return 0;
    }
    const format = values.json ? jsonLines : formatLines;
    await writeAndWait(terminal, format(first));
    for (;;) {
      await delay(POLL_MS);
      const events = await following.poll();
      if (events.length > 0) await writeAndWait(terminal, format(events));
    }
  });
}

const searchOptions = {
  ...filterOptions,
  limit: { type: 'string', default: '50' },
  cursor: { type: 'string' },
} as const;

async function search({ values }: Arguments<typeof searchOptions>, terminal: Terminal): Promise<ExitCode> {
  const filter = readFilter(values, terminal.clock);
  const limit = readCount(values.limit, '--limit', { min: 1, max: 200 });
  return withServices(terminal, { readOnly: true }, async ({ auditTrail }): Promise<ExitCode> => {
    const { items, next } = await auditTrail.search({ ...filter, limit, cursor: values.cursor });
    show(terminal, values.json, { events: items.map(auditEventToJson), next: next ?? null }, () =>
      formatEvents(items),
    );
    if (next !== undefined && !values.json) terminal.stderr.write(`There is more: --cursor ${next}\n`);
    return 0;
  });
}

async function exportEvents(
  { values }: Arguments<typeof filterOptions>,
  terminal: Terminal,
): Promise<ExitCode> {
  const filter = readFilter(values, terminal.clock);
  return withServices(terminal, { readOnly: true }, async ({ auditTrail }): Promise<ExitCode> => {
    const tell = createTeller(terminal);
    let count = 0;
    for await (const events of auditTrail.export(filter)) {
      await writeAndWait(terminal, jsonLines(events));
      count += events.length;
      tell(count, `${count} events`);
    }
    return 0;
  });
}

const verifyOptions = { head: { type: 'string' }, since: { type: 'string' } } as const;

function readHead(text: string | undefined): AuditHead | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,15}):([\w-]{43})$/.exec(text) ?? [];
  if (!seq || !hash || Number(seq) < 1)
    throw new UsageError('--head wants what `audit verify` or the log called the head: SEQ:HASH');
  return { seq: Number(seq), hash };
}

async function verify({ values }: Arguments<typeof verifyOptions>, terminal: Terminal): Promise<ExitCode> {
  const expectedHead = readHead(values.head);
  const since = values.since === undefined ? undefined : parseMoment(values.since, '--since', terminal.clock);
  return withServices(terminal, { withKeys: true }, async ({ auditTrail }): Promise<ExitCode> => {
    const tell = createTeller(terminal);
    const result = await auditTrail.verify({
      since,
      expectedHead,
      onProgress: ({ blocks, events, of }) => tell(events, `${events} events, block ${blocks} of ${of}`),
    });
    show(terminal, values.json, verificationToJson(result), () => describeVerification(result));
    return result.ok ? 0 : 1;
  });
}

export const audit: Noun = {
  name: 'audit',
  summary: 'Read, export and verify the audit trail: who did what, when and from where.',
  commands: [
    defineCommand({
      verb: 'tail',
      summary: 'the newest events, and with --follow those to come',
      usage: '[-n COUNT] [--follow] [filters] [--json]',
      help: `
Shows the newest events, the oldest of them first.

  -n, --lines COUNT  how many (20)
  -f, --follow       goes on with what happens from now on, until it is interrupted; with --json, one object a line
${FILTER_HELP}

Examples:
  npm run cli -- audit tail --follow
  npm run --silent cli -- audit tail -f -n 0 --json --type login.failed | jq .ip
`,
      options: tailOptions,
      positionals: { min: 0, max: 0 },
      run: tail,
    }),
    defineCommand({
      verb: 'search',
      summary: 'events that match, the newest first',
      usage: '[filters] [--limit COUNT] [--cursor CURSOR] [--json]',
      help: `
Finds events, the newest first. Filters given together must all be met.

${FILTER_HELP}
  --limit COUNT   how many at most, up to 200 (50)
  --cursor CURSOR goes on where the page before ended

Examples:
  npm run cli -- audit search --user 10000001 --since 7d
  npm run cli -- audit search --request 5fJx0xk2Qn1w
`,
      options: searchOptions,
      positionals: { min: 0, max: 0 },
      run: search,
    }),
    defineCommand({
      verb: 'export',
      summary: 'events as JSON lines, the oldest first',
      usage: '[filters]',
      help: `
Writes events to standard output, one JSON object a line, the oldest first: everything that matches, to keep
elsewhere for longer than AUDIT_RETENTION_DAYS or to load into another tool. Long exports say on standard error
how far they have come.

${FILTER_HELP}

Examples:
  npm run --silent cli -- audit export --since 2026-11-01 --until 2026-12-01 > november.jsonl
  npm run --silent cli -- audit export --type client.updated | jq -c '[.at, .actor, .details]'
`,
      options: filterOptions,
      positionals: { min: 0, max: 0 },
      run: exportEvents,
    }),
    defineCommand({
      verb: 'verify',
      summary: 'find events that were altered, removed or added afterwards',
      usage: '[--head SEQ:HASH] [--since WHEN] [--json]',
      help: `
Compares every event with its digest in the chain of blocks, and every block with the one before it, after putting
what is new into a block. Exit code 1 when something was altered, removed or added since it was put into a block,
ten seconds after it happened. Events older than AUDIT_RETENTION_DAYS may be gone.

  --head SEQ:HASH  the head as an earlier verify or the log (event audit.head) told it: also finds that the end of
                   the chain was cut off, or all of it made anew
  --since WHEN     only what was sealed since then: 2026-11-22, 2026-11-22T08:00:00Z, or how long ago: 2h, 7d

It needs KEY_ENCRYPTION_KEY, as the server does: whoever has only the database cannot make a chain that fits.

Examples:
  npm run cli -- audit verify
  npm run --silent cli -- audit verify --json --head "$(cat head.txt)"
`,
      options: verifyOptions,
      positionals: { min: 0, max: 0 },
      run: verify,
    }),
  ],
};
