// Owns: creating and changing clients: validation, secrets, audit. Does not: speak HTTP or know the library.
import { isDeepStrictEqual } from 'node:util';
import type { Audit } from '../audit/service.js';
import type { Hasher } from '../lib/hasher.js';
import type { ClientRecord, ClientStore, StoredClient } from '../store/ports/index.js';
import type { ClientInput } from './input.js';
import { generateSecret } from './secrets.js';

export interface ClientChange {
  client_id: string;
  action: 'created' | 'updated' | 'unchanged';
  /** Names of the members that differ from what is stored. */
  changed: string[];
  /** The new secret, in clear, when one was made; it can never be had again. */
  generatedSecret?: string;
}

export interface ClientService {
  /** What `apply` would do; changes nothing. */
  plan(input: ClientInput): Promise<ClientChange>;
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
  return { ...rest, isConfidential: method !== 'none', isActive, metadata };
}

function changedMembers(next: ClientRecord, stored: StoredClient): string[] {
  const names = Object.keys(next) as (keyof ClientRecord)[];
  return names.filter((name) => !isDeepStrictEqual(next[name], stored[name]));
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
    const changed = stored ? changedMembers(record, stored) : Object.keys(record);
    if (isSecretChanged || needsNewSecret) changed.push('client_secret');
    const action = !stored ? 'created' : changed.length > 0 ? 'updated' : 'unchanged';
    return {
      record,
      change: { client_id: input.client_id, action, changed } as ClientChange,
      isSecretChanged,
      needsNewSecret,
    };
  }

  return {
    plan: async (input) => (await compare(input)).change,

    async apply(input, actor) {
      const { record, change, isSecretChanged, needsNewSecret } = await compare(input);
      if (change.action === 'unchanged') return change;
      await clients.save(record);
      const generatedSecret =
        needsNewSecret && input.client_secret === undefined ? generateSecret() : undefined;
      const secret = generatedSecret ?? (isSecretChanged ? input.client_secret : undefined);
      // What the description says is the secret: earlier ones end here.
      if (secret !== undefined) await clients.replaceSecrets(input.client_id, await hasher.hash(secret));
      await audit.record({
        type: `client.${change.action}`,
        actor,
        clientId: input.client_id,
        details: { changed: change.changed },
      });
      return generatedSecret === undefined ? change : { ...change, generatedSecret };
    },
  };
}
