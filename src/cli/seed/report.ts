// Owns: telling what a seed run did, or would do. Never shows a password, nor a secret that was given.
import type { ClientChange } from '../../clients/service.js';
import type { UserChange } from '../../users/service.js';
import type { SeedResult } from './run.js';

type Change = ClientChange | UserChange;

/** A value on one line, with whatever could steer a terminal spelled out. */
function show(value: unknown): string {
  if (value === undefined) return '(none)';
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** What becomes of a secret, in place of the secret. */
function secretNote(change: Change): string {
  if ('generatesSecret' in change && change.generatesSecret) return '(generated)';
  return change.action === 'created' ? '(set)' : '(changed)';
}

/** Old and new value of each member that changes; `before` and `after` hold no secrets. */
function differences(change: Change): string[] {
  const { before, after, changed } = change;
  return changed.map((member) => {
    if (member === 'client_secret' || member === 'password') return `  ${member}: ${secretNote(change)}`;
    const value = show(after[member]);
    return before ? `  ${member}: ${show(before[member])} → ${value}` : `  ${member}: ${value}`;
  });
}

function summary(subject: string, change: Change, dryRun: boolean): string[] {
  const { action, changed } = change;
  if (action === 'unchanged') return [`unchanged ${subject}`];
  const verb = dryRun ? `would ${action === 'created' ? 'create' : 'update'}` : action;
  const members = action === 'updated' ? `: ${changed.join(', ')}` : '';
  return [`${verb} ${subject}${members}`, ...(dryRun ? differences(change) : [])];
}

/** Whether the file and what is stored agree. */
export function isNothing({ clients, users, removed }: SeedResult): boolean {
  return removed.length === 0 && [...clients, ...users].every(({ action }) => action === 'unchanged');
}

function secretsBlock(clients: ClientChange[]): string[] {
  const made = clients.filter(({ generatedSecret }) => generatedSecret !== undefined);
  if (made.length === 0) return [];
  return [
    '',
    'Generated secrets. They are shown this once and cannot be had again:',
    ...made.flatMap(({ client_id, generatedSecret }) => [
      '',
      `  client_id:     ${client_id}`,
      `  client_secret: ${generatedSecret}`,
    ]),
  ];
}

/** The result in lines for a person. */
export function describeResult(result: SeedResult): string {
  const { clients, users, removed, dryRun } = result;
  return [
    ...removed.map((id) => `${dryRun ? 'would delete' : 'deleted'} client ${id}`),
    ...clients.flatMap((change) => summary(`client ${change.client_id}`, change, dryRun)),
    ...users.flatMap((change) => summary(`user ${change.id}`, change, dryRun)),
    ...(isNothing(result) ? ['nothing to change'] : []),
    ...secretsBlock(clients),
  ].join('\n');
}

function toJson({ action, changed, before, after }: Change) {
  const pairs = changed
    .filter((member) => member in after || (before && member in before))
    .map((member) => [member, { from: before?.[member] ?? null, to: after[member] ?? null }]);
  return { action, changed, differences: Object.fromEntries(pairs) };
}

/** The result for a program. A generated secret is the client's `client_secret`. */
export function resultToJson(result: SeedResult): Record<string, unknown> {
  return {
    dry_run: result.dryRun,
    nothing_to_change: isNothing(result),
    clients: result.clients.map((change) => ({
      client_id: change.client_id,
      ...toJson(change),
      ...(change.generatedSecret === undefined ? {} : { client_secret: change.generatedSecret }),
    })),
    deleted: result.removed,
    users: result.users.map((change) => ({ id: change.id, ...toJson(change) })),
  };
}
