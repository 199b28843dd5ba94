// Owns: clients and their secrets in words for a person.
import { isBySecret } from '../../clients/authentication.js';
import { responseTypeWarning } from '../../clients/response-types.js';
import type { ClientView, SecretView } from '../../clients/service.js';
import { formatFields, formatTable, showDate } from '../output.js';

const NOT_FIELDS = new Set(['secrets', 'created_at', 'updated_at', 'version']);

function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map(String);
    return items.length === 0 ? '(none)' : items.join(items.some((item) => item.includes(' ')) ? ', ' : ' ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const dateOf = (text: string | undefined) => showDate(text === undefined ? undefined : new Date(text));

/** The client's members, one a line. */
export function describeClient(client: ClientView): string {
  const members = Object.entries(client).filter(([name]) => !NOT_FIELDS.has(name));
  return formatFields({
    ...Object.fromEntries(members.map(([name, value]) => [name, textOf(value)])),
    secrets: isBySecret(client.token_endpoint_auth_method) ? String(client.secrets.length) : undefined,
    version: String(client.version),
    created_at: dateOf(client.created_at),
    updated_at: dateOf(client.updated_at),
  });
}

/** What an operator should know of a client that was just made or changed; empty: nothing. */
export function describeWarnings(client: ClientView): string {
  const warning = responseTypeWarning(client.response_types as string[]);
  return warning === undefined ? '' : `\nWarning: ${warning}\n`;
}

export function describeClients(clients: ClientView[]): string {
  const rows = clients.map((client) => [
    client.client_id,
    client.client_name,
    client.token_endpoint_auth_method === 'none' ? 'public' : 'confidential',
    client.is_active ? 'active' : 'disabled',
    client.redirect_uris.length === 0 ? '-' : String(client.redirect_uris.length),
    dateOf(client.updated_at),
  ]);
  return formatTable(['CLIENT', 'NAME', 'TYPE', 'STATE', 'REDIRECT URIS', 'CHANGED'], rows, 'no clients');
}

export function describeSecrets(secrets: SecretView[], now: Date): string {
  const rows = secrets.map(({ id, label, created_at, expires_at, last_used_at }) => [
    String(id),
    label ?? '-',
    dateOf(created_at),
    expires_at === undefined ? 'never' : dateOf(expires_at),
    expires_at !== undefined && new Date(expires_at) <= now ? 'ended' : 'valid',
    last_used_at === undefined ? 'never' : dateOf(last_used_at),
  ]);
  return formatTable(['SECRET', 'LABEL', 'CREATED', 'ENDS', 'STATE', 'LAST USED'], rows, 'no secrets');
}

/** A new secret, so that nobody overlooks it. */
export function describeNewSecret(clientId: string, secret: string): string {
  return `
The secret is shown this once and cannot be had again:

  client_id:     ${clientId}
  client_secret: ${secret}
`;
}
