// Owns: `client deliveries` and `client resend`: which logout tokens an app was sent, and sending them again.
import type { Author } from '../../audit/service.js';
import { deliveryToJson } from '../../grants/shapes.js';
import { DELIVERY_STATES, type DeliveryState, type StoredDelivery } from '../../store/ports/index.js';
import { defineCommand, UsageError } from '../command.js';
import { nextLine, PAGE_HELP, pageOptions, pageRequest } from '../lists.js';
import { withServices } from '../operator.js';
import { formatTable, show, showDate } from '../output.js';

function stateIn(text: string | undefined): DeliveryState | undefined {
  const state = DELIVERY_STATES.find((one) => one === text);
  if (text !== undefined && state === undefined) {
    throw new UsageError(`--state must be one of ${DELIVERY_STATES.join(', ')}`);
  }
  return state;
}

function table(deliveries: readonly StoredDelivery[]): string {
  return formatTable(
    ['DELIVERY', 'USER', 'STATE', 'MADE', 'ATTEMPTS', 'LAST', 'NEXT', 'WHY'],
    deliveries.map((delivery) => [
      delivery.id,
      delivery.userId ?? delivery.auditedAs ?? '-',
      delivery.state,
      showDate(delivery.createdAt),
      String(delivery.attempts),
      showDate(delivery.lastAttemptAt),
      showDate(delivery.nextAttemptAt),
      delivery.lastError ?? '-',
    ]),
    'no delivery',
  );
}

export const deliveries = defineCommand({
  verb: 'deliveries',
  summary: 'logout tokens sent to a client, or to be sent',
  usage: 'CLIENT_ID [--state STATE] [--limit N] [--cursor TEXT] [--json]',
  help: `
Lists what a client was told, or is to be told, by back-channel logout: the last 30 days, the latest first.

  --state STATE   pending (not tried yet), failed (tried in vain, tried again), sent, or given_up
${PAGE_HELP}
  --json          print one JSON object: deliveries, and next (a cursor) when there are more

Examples:
  npm run cli -- client deliveries my-shop
  npm run cli -- client deliveries my-shop --state failed
`,
  options: { ...pageOptions, state: { type: 'string' } },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [clientId = ''] }, terminal) {
    const filter = { ...pageRequest(values), state: stateIn(values.state) };
    await withServices(terminal, { readOnly: true }, async ({ clients, deliveries: service }) => {
      await clients.get(clientId);
      const { items, next } = await service.list(clientId, filter);
      const json = { deliveries: items.map(deliveryToJson), ...(next !== undefined && { next }) };
      show(terminal, values.json, json, () => `${table(items)}${nextLine(next)}`);
    });
    return 0;
  },
});

export const resend = defineCommand({
  verb: 'resend',
  summary: 'send logout tokens to a client again',
  usage: 'CLIENT_ID (DELIVERY… | --failed) [--json]',
  help: `
Has logout tokens sent again at once, each made anew, and tried for another day if need be: those that are named,
whatever became of them, or all that failed or were given up. The service sends them, within seconds if it runs.

  --failed  all of the client's that failed or were given up
  --json    print one JSON object: resent, the ids

Examples:
  npm run cli -- client resend my-shop --failed
  npm run cli -- client resend my-shop Yd0w5Sc2pH0qRt1u
`,
  options: { failed: { type: 'boolean', default: false } },
  positionals: { min: 1, max: 101 },
  async run({ values, positionals: [clientId = '', ...ids] }, terminal) {
    if (values.failed === ids.length > 0) throw new UsageError('say which deliveries, or --failed for all');
    await withServices(terminal, {}, async ({ clients, deliveries: service }, author: Author) => {
      await clients.get(clientId);
      const resent = await service.resend(clientId, values.failed ? 'failed' : { ids }, author);
      show(terminal, values.json, { resent }, () =>
        resent.length === 0
          ? 'nothing is to be sent again'
          : `${resent.length} sent again: ${resent.join(' ')}`,
      );
    });
    return 0;
  },
});
