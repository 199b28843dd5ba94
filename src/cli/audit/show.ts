// Owns: how audit events and what a verification found are shown.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { AuditVerification } from '../../audit/findings.js';
import type { JsonObject, StoredAuditEvent } from '../../store/ports/index.js';
import type { Terminal } from '../command.js';
import { formatTable, plain, showDate } from '../output.js';

const MAX_DETAILS = 160;

function detailsOf({ scope, details }: StoredAuditEvent): string {
  const parts = [scope && `scope=${scope}`, details && JSON.stringify(details)];
  const text = parts.filter(Boolean).join(' ');
  return text.length > MAX_DETAILS ? `${text.slice(0, MAX_DETAILS)}…` : text;
}

const cells = (event: StoredAuditEvent): string[] => [
  showDate(event.at),
  event.type,
  event.actor,
  event.userId ?? '-',
  event.clientId ?? '-',
  event.ip ?? '-',
  event.requestId ?? '-',
  detailsOf(event),
];

export function formatEvents(events: StoredAuditEvent[]): string {
  const headings = ['WHEN', 'TYPE', 'ACTOR', 'USER', 'CLIENT', 'FROM', 'REQUEST', 'DETAILS'];
  return formatTable(headings, events.map(cells), 'no events');
}

const WIDTHS = [20, 24, 20, 8, 16, 15, 22];

/** Lines as they come, in columns as far as may be. */
export function formatLines(events: StoredAuditEvent[]): string {
  const line = (event: StoredAuditEvent) =>
    cells(event)
      .map((cell, column) => plain(cell).padEnd(WIDTHS[column] ?? 0))
      .join('  ')
      .trimEnd();
  return events.map((event) => `${line(event)}\n`).join('');
}

export function verificationToJson(result: AuditVerification): JsonObject {
  const { ok, events, pruned, blocks, head, problems, problemCount } = result;
  return {
    ok,
    events,
    pruned,
    blocks,
    head: head ?? null,
    problem_count: problemCount,
    problems: problems.map(({ kind, eventId, block, message }) => ({
      kind,
      ...(eventId !== undefined && { event_id: eventId }),
      ...(block !== undefined && { block }),
      message,
    })),
  };
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

export function describeVerification(result: AuditVerification): string {
  const { ok, events, pruned, blocks, head, problems, problemCount } = result;
  const lines = [
    ...problems.map(({ kind, message }) => `${kind}: ${message}`),
    ...(problemCount > problems.length ? [`and ${problemCount - problems.length} more`] : []),
    `${counted(events, 'event')} in ${counted(blocks, 'block')} as they were${
      pruned > 0 ? `; ${counted(pruned, 'event')} old enough to go, and gone` : ''
    }`,
    ...(head ? [`head: ${head.seq}:${head.hash}`] : []),
    ok ? 'ok' : counted(problemCount, 'finding'),
  ];
  return lines.map((line) => `${plain(line)}\n`).join('');
}

/** Writes, and waits while whoever reads is slower than we are. */
export async function writeAndWait({ stdout }: Pick<Terminal, 'stdout'>, text: string): Promise<void> {
  if (stdout.write(text) === false && 'once' in stdout) await once(stdout as unknown as Writable, 'drain');
}
