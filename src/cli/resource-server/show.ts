// Owns: resource servers in words for a person.
import type { ResourceServerView } from '../../clients/resource-server-input.js';
import { formatFields, formatTable, showDate } from '../output.js';

const stateOf = ({ is_active: isActive }: ResourceServerView) => (isActive ? 'active' : 'disabled');

export function describeResourceServer(server: ResourceServerView): string {
  const rows = server.scopes.map(({ name, description }) => [
    name,
    description?.en ?? '-',
    description?.zh ?? '-',
  ]);
  const fields = formatFields({
    identifier: server.identifier,
    name: server.name,
    state: stateOf(server),
    access_token_lifetime: `${server.access_token_lifetime} s`,
    access_token_alg: server.access_token_alg,
    client_id: server.client_id ?? '-',
    authorization_details_types: server.authorization_details_types.map(({ type }) => type).join(' ') || '-',
    version: String(server.version),
    created_at: showDate(new Date(server.created_at)),
    updated_at: showDate(new Date(server.updated_at)),
  });
  return `${fields}\n${formatTable(['SCOPE', 'ENGLISH', 'CHINESE'], rows)}`;
}

export function describeResourceServers(servers: readonly ResourceServerView[]): string {
  const rows = servers.map((server) => [
    server.identifier,
    server.name,
    stateOf(server),
    server.access_token_alg,
    `${server.access_token_lifetime} s`,
    server.scopes.map(({ name }) => name).join(' '),
  ]);
  return formatTable(
    ['IDENTIFIER', 'NAME', 'STATE', 'ALG', 'LIFETIME', 'SCOPES'],
    rows,
    'no resource servers',
  );
}
