// Owns: the three shapes of a client and the ways between them: as an operator describes it, as it is stored, as it
// is shown. Does not: check any.
import { isDeepStrictEqual } from 'node:util';
import type { ClientRecord, ClientSecretRecord, StoredClient } from '../store/ports/index.js';
import type { ClientInput } from './input.js';
import { definedOnly } from './metadata.js';
import { defaultResponseTypes } from './response-types.js';

/** A client under the member names of RFC 7591, without secrets. */
export type ClientDescription = Record<string, unknown>;

/** One of a client's secrets, without the secret. */
export interface SecretView {
  id: number;
  label?: string;
  created_at: string;
  expires_at?: string;
  /** To within ten minutes. */
  last_used_at?: string;
  /** It is kept sealed, so that it can be a key. */
  sealed?: true;
}

/** A client as operators see it: its description, and what the service knows of it. */
export interface ClientView extends ClientDescription {
  client_id: string;
  client_name: string;
  redirect_uris: string[];
  token_endpoint_auth_method: string;
  is_active: boolean;
  /** Rises with every change; give it back with a change to be sure that nobody came between. */
  version: number;
  created_at: string;
  updated_at: string;
  /** The oldest first; a public client has none. */
  secrets: SecretView[];
}

/** Old and new value of each member that differs, null for none: for the audit trail. */
export type Differences = Record<string, { from: unknown; to: unknown }>;

/** Members with a column of their own; all others are kept together, as RFC 7591 metadata. */
const COLUMNS = [
  'client_id',
  'client_name',
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'redirect_uris',
  'post_logout_redirect_uris',
  'scope',
  'grant_types',
  'application_type',
] as const satisfies (keyof ClientInput & keyof ClientRecord)[];

/** What is stored elsewhere, or under another name. */
const ELSEWHERE = ['client_secret', 'is_active', 'response_types', 'token_endpoint_auth_method'];

const isOneOf = (names: readonly string[], name: string) => names.includes(name);

/** The description as the store keeps it. */
export function toClientRecord(input: ClientInput): ClientRecord {
  const { is_active: isActive, token_endpoint_auth_method: method, grant_types } = input;
  const members = Object.entries(input);
  const columns = Object.fromEntries(members.filter(([name]) => isOneOf(COLUMNS, name)));
  const further = members.filter(([name]) => !isOneOf(COLUMNS, name) && !isOneOf(ELSEWHERE, name));
  const metadata = definedOnly({
    token_endpoint_auth_method: method === 'none' ? undefined : method,
    ...Object.fromEntries(further),
  });
  const response_types = input.response_types ?? defaultResponseTypes(grant_types);
  return {
    ...(columns as Pick<ClientRecord, (typeof COLUMNS)[number]>),
    response_types,
    isConfidential: method !== 'none',
    isActive,
    metadata,
  };
}

/** The inverse: the client as an operator would describe it. */
export function describe({ isConfidential, isActive, metadata, ...rest }: ClientRecord): ClientDescription {
  const { token_endpoint_auth_method: method = 'client_secret_basic', ...further } = metadata;
  const members = {
    ...rest,
    ...further,
    token_endpoint_auth_method: isConfidential ? method : 'none',
    is_active: isActive,
  };
  return definedOnly(members);
}

export function describeStored(stored: StoredClient): ClientDescription {
  const { createdAt: _c, updatedAt: _u, secrets: _s, version: _v, ...client } = stored;
  return describe(client);
}

export function toSecretView({
  id,
  label,
  createdAt,
  expiresAt,
  lastUsedAt,
  sealed,
}: ClientSecretRecord): SecretView {
  return definedOnly({
    id,
    label,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString(),
    last_used_at: lastUsedAt?.toISOString(),
    sealed: sealed === undefined ? undefined : true,
  }) as unknown as SecretView;
}

export function toClientView(stored: StoredClient): ClientView {
  return {
    ...describeStored(stored),
    version: stored.version,
    created_at: stored.createdAt.toISOString(),
    updated_at: stored.updatedAt.toISOString(),
    secrets: stored.secrets.map(toSecretView),
  } as ClientView;
}

export function differencesOf(
  before: ClientDescription | undefined,
  after: ClientDescription | undefined,
): Differences {
  const names = Object.keys({ ...before, ...after });
  const changed = names.filter((name) => !isDeepStrictEqual(before?.[name], after?.[name]));
  return Object.fromEntries(
    changed.map((name) => [name, { from: before?.[name] ?? null, to: after?.[name] ?? null }]),
  );
}
