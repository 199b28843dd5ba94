// Owns: creating and changing clients: validation, secrets, audit. Does not: speak HTTP or know the library.
import { isDeepStrictEqual } from 'node:util';
import type { Audit } from '../audit/service.js';
import { AppError } from '../lib/errors.js';
import type { Hasher } from '../lib/hasher.js';
import type { ClientRecord, ClientStore, StoredClient } from '../store/ports/index.js';
import type { ClientInput } from './input.js';
import { generateSecret } from './secrets.js';

/** A client under the member names of RFC 7591, without secrets. */
export type ClientDescription = Record<string, unknown>;

export interface ClientChange {
  client_id: string;
  action: 'created' | 'updated' | 'unchanged';
  /** Names of the members that differ from what is stored; `client_secret` when it gets another. */
  changed: string[];
  before: ClientDescription | undefined;
  after: ClientDescription;
  /** Whether the client gets a secret that nobody gave: a confidential client needs one. */
  generatesSecret: boolean;
  /** The new secret, in clear, when one was made; it can never be had again. */
  generatedSecret?: string;
}

/** A change that only needs to be written: whatever can be refused or takes long is done. */
export interface PreparedClient {
  change: ClientChange;
  /** Writes the change, if there is one. @throws AppError when somebody else set secrets meanwhile */
  write(actor: string): Promise<void>;
}

export interface ClientService {
  /** What `apply` would do; changes nothing. @throws ValidationError */
  plan(input: ClientInput): Promise<ClientChange>;
  /** As plan, ready to be written: for writing several together, in one unit of work. */
  prepare(input: ClientInput): Promise<PreparedClient>;
  /** Creates the client or makes it as described; the same description twice changes nothing. */
  apply(input: ClientInput, actor: string): Promise<ClientChange>;
}

/** The description as the store keeps it. */
export function toClientRecord(input: ClientInput): ClientRecord {
  const {
    client_secret: _secret,
    is_active: isActive,
    token_endpoint_auth_method: method,
    id_token_signed_response_alg,
    default_max_age,
    require_auth_time,
    contacts,
    require_pkce,
    ...rest
  } = input;
  const metadata = {
    ...(method === 'none' ? {} : { token_endpoint_auth_method: method }),
    ...(id_token_signed_response_alg === undefined ? {} : { id_token_signed_response_alg }),
    ...(default_max_age === undefined ? {} : { default_max_age }),
    ...(require_auth_time === undefined ? {} : { require_auth_time }),
    ...(contacts === undefined ? {} : { contacts }),
    ...(require_pkce === undefined ? {} : { require_pkce }),
  };
  const hasCodes = input.grant_types.includes('authorization_code');
  const response_types = input.response_types ?? (hasCodes ? ['code'] : []);
  return { ...rest, response_types, isConfidential: method !== 'none', isActive, metadata };
}

/** The inverse: the client as an operator would describe it. */
function describe({ isConfidential, isActive, metadata, ...rest }: ClientRecord): ClientDescription {
  const { token_endpoint_auth_method: method = 'client_secret_basic', ...further } = metadata;
  const members = {
    ...rest,
    ...further,
    token_endpoint_auth_method: isConfidential ? method : 'none',
    is_active: isActive,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function describeStored({ createdAt: _c, updatedAt: _u, secrets: _s, ...client }: StoredClient) {
  return describe(client);
}

function secretIds(client: StoredClient | undefined): number[] {
  return (client?.secrets ?? []).map(({ id }) => id);
}

export function createClientService({
  clients,
  hasher,
  audit,
  validate,
}: {
  clients: ClientStore;
  hasher: Pick<Hasher, 'hash' | 'compare'>;
  audit: Audit;
  /** The library's own validation; throws for a client it would reject at run time. */
  validate: (client: ClientRecord) => Promise<void>;
}): ClientService {
  async function hasSecret(stored: StoredClient, secret: string): Promise<boolean> {
    for (const { secretHash } of stored.secrets) {
      if (await hasher.compare(secret, secretHash, `client-service|${stored.client_id}`)) return true;
    }
    return false;
  }

  async function compare(input: ClientInput) {
    const record = toClientRecord(input);
    await validate(record);
    const stored = await clients.find(input.client_id);
    const secret = input.client_secret;
    const needsNewSecret = record.isConfidential && (stored?.secrets.length ?? 0) === 0;
    const isSecretChanged = secret !== undefined && !(stored && (await hasSecret(stored, secret)));
    const before = stored && describeStored(stored);
    const after = describe(record);
    const names = Object.keys({ ...before, ...after });
    const changed = names.filter((name) => !isDeepStrictEqual(before?.[name], after[name]));
    if (isSecretChanged || needsNewSecret) changed.push('client_secret');
    const action = !stored ? 'created' : changed.length > 0 ? 'updated' : 'unchanged';
    const generatesSecret = needsNewSecret && secret === undefined;
    const change: ClientChange = {
      client_id: input.client_id,
      action,
      changed,
      before,
      after,
      generatesSecret,
    };
    return { record, stored, change, isSecretChanged };
  }

  async function prepare(input: ClientInput): Promise<PreparedClient> {
    const { record, stored, change, isSecretChanged } = await compare(input);
    const { client_id: clientId, client_secret: given } = input;
    const generatedSecret = change.generatesSecret ? generateSecret() : undefined;
    const secret = generatedSecret ?? (isSecretChanged ? given : undefined);
    const secretHash = secret === undefined ? undefined : await hasher.hash(secret);

    return {
      change: generatedSecret === undefined ? change : { ...change, generatedSecret },
      async write(actor) {
        if (change.action === 'unchanged') return;
        await clients.save(record);
        if (secretHash !== undefined) {
          // Asked after `save`, which waits for whoever else writes this client: a secret that somebody has
          // just been given must not die unnoticed.
          if (!isDeepStrictEqual(secretIds(await clients.find(clientId)), secretIds(stored))) {
            throw new AppError('conflict', 409, `client ${clientId} was changed meanwhile; run it again`);
          }
          // What the description says is the secret: earlier ones end here.
          await clients.replaceSecrets(clientId, secretHash);
        }
        const details = { changed: change.changed };
        await audit.record({ type: `client.${change.action}`, actor, clientId, details });
      },
    };
  }

  return {
    plan: async (input) => (await compare(input)).change,
    prepare,
    async apply(input, actor) {
      const { change, write } = await prepare(input);
      await write(actor);
      return change;
    },
  };
}
