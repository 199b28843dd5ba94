// Owns: oauth_resource_server. The guarantees are on the port.
import type {
  DetailsType,
  ResourceScope,
  ResourceServerStore,
  StoredResourceServer,
} from '../ports/index.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

/** Any number that nothing else in this database locks: 'l2ur'. */
const RESOURCE_SERVERS_LOCK = 0x6c327572;

interface ResourceServerRow {
  identifier: string;
  name: string;
  scopes: ResourceScope[];
  access_token_seconds: number;
  alg: string;
  client_id: string | null;
  is_active: boolean;
  authorization_details_types: DetailsType[];
  version: number;
  created_at: Date;
  updated_at: Date;
}

const LIST = statement(
  'resource_server_list',
  `SELECT identifier, name, scopes, access_token_seconds, alg, client_id, is_active,
     authorization_details_types, version, created_at, updated_at
   FROM oauth_resource_server ORDER BY identifier COLLATE "C"`,
);
const LOCK = statement('resource_server_lock', 'SELECT pg_advisory_xact_lock($1)::text');
const CREATE = statement(
  'resource_server_create',
  `INSERT INTO oauth_resource_server
     (identifier, name, scopes, access_token_seconds, alg, client_id, is_active, created_at, updated_at,
      authorization_details_types)
   VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $8, $9::jsonb) ON CONFLICT (identifier) DO NOTHING`,
);
const SAVE = statement(
  'resource_server_save',
  `UPDATE oauth_resource_server SET name = $2, scopes = $3::jsonb, access_token_seconds = $4, alg = $5,
     client_id = $6, is_active = $7, updated_at = $8, authorization_details_types = $9::jsonb, version = version + 1
   WHERE identifier = $1`,
);
const DELETE = statement('resource_server_delete', 'DELETE FROM oauth_resource_server WHERE identifier = $1');

function toStored(row: ResourceServerRow): StoredResourceServer {
  return {
    identifier: row.identifier,
    name: row.name,
    scopes: row.scopes,
    accessTokenSeconds: row.access_token_seconds,
    alg: row.alg,
    clientId: row.client_id ?? undefined,
    isActive: row.is_active,
    detailsTypes: row.authorization_details_types,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function createResourceServerStore(database: Database): ResourceServerStore {
  const list = async () => (await database.read<ResourceServerRow>(LIST, [])).map(toStored);
  const values = (record: Parameters<ResourceServerStore['save']>[0], at: Date) => [
    record.identifier,
    record.name,
    JSON.stringify(record.scopes),
    record.accessTokenSeconds,
    record.alg,
    record.clientId,
    record.isActive,
    at,
    JSON.stringify(record.detailsTypes),
  ];
  return {
    list,
    async listForUpdate() {
      // Two statements: the second sees what was committed while the first waited.
      await database.use(LOCK, [RESOURCE_SERVERS_LOCK]);
      return list();
    },
    create: async (record, at) => (await database.write(CREATE, values(record, at))) === 1,
    async save(record, at) {
      await database.write(SAVE, values(record, at));
    },
    delete: async (identifier) => (await database.write(DELETE, [identifier])) === 1,
  };
}
