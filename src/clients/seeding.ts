// Owns: making a client as a description says, whether it exists or not: what seed files and `apply` do.
import { isDeepStrictEqual } from 'node:util';
import type { Author } from '../audit/service.js';
import { AppError } from '../lib/errors.js';
import type { StoredClient } from '../store/ports/index.js';
import { hasSecrets } from './authentication.js';
import type { ClientServiceDeps } from './deps.js';
import {
  type ClientDescription,
  describe,
  describeStored,
  differencesOf,
  toClientRecord,
} from './description.js';
import type { ClientInput } from './input.js';
import { makeSecret } from './new-secret.js';
import { dropSeals, isNewestAKey, usesSecretsAsKeys } from './sealed-secrets.js';
import { checkSubjectsStay } from './subjects.js';

export interface ClientChange {
  client_id: string;
  action: 'created' | 'updated' | 'unchanged';
  /** Names of the members that differ from what is stored; `client_secret` when it gets another. */
  changed: string[];
  before: ClientDescription | undefined;
  after: ClientDescription;
  /** Whether the client gets a secret that nobody gave: one that is new, or becomes confidential, needs one. */
  generatesSecret: boolean;
  /** The new secret, in clear, when one was made; it can never be had again. */
  generatedSecret?: string;
}

/** A change that only needs to be written: whatever can be refused or takes long is done. */
export interface PreparedClient {
  change: ClientChange;
  /** Writes the change, if there is one; in a unit of work. @throws AppError when it was changed meanwhile */
  write(author: string | Author): Promise<void>;
}

export interface ClientSeeding {
  /** What `apply` would do; changes nothing. @throws ValidationError */
  plan(input: ClientInput): Promise<ClientChange>;
  /** As plan, ready to be written: for writing several together, in one unit of work. */
  prepare(input: ClientInput): Promise<PreparedClient>;
  /** Creates the client or makes it as described; the same description twice changes nothing. */
  apply(input: ClientInput, author: string | Author): Promise<ClientChange>;
}

/** What a plan was made for must be what is stored when it is carried out. */
const stateOf = (client: StoredClient | undefined) =>
  client && { settings: describeStored(client), secrets: client.secrets.map(({ id }) => id) };

export function createClientSeeding(deps: ClientServiceDeps): ClientSeeding {
  const { clients, hasher, audit, clock, validate, unitOfWork } = deps;

  async function hasSecret(stored: StoredClient, secret: string, isKey: boolean): Promise<boolean> {
    for (const { secretHash, sealed } of stored.secrets) {
      if (isKey && sealed === undefined) continue;
      if (await hasher.compare(secret, secretHash, `client-service|${stored.client_id}`)) return true;
    }
    return false;
  }

  async function compare(input: ClientInput) {
    const record = toClientRecord(input);
    const stored = await clients.find(input.client_id);
    await validate(record, stored);
    await checkSubjectsStay(stored, record, () => clients.isInUse(input.client_id, clock.now()));
    const secret = input.client_secret;
    const isKey = usesSecretsAsKeys(record);
    const lacksKeys =
      isKey && stored && !usesSecretsAsKeys(stored) && !isNewestAKey(stored.secrets, clock.now());
    // One that operators have left without a secret is left so: what `export` wrote changes nothing.
    const needsNewSecret = hasSecrets(record) && (!stored || !hasSecrets(stored) || lacksKeys === true);
    const isSecretChanged = secret !== undefined && !(stored && (await hasSecret(stored, secret, isKey)));
    const before = stored && describeStored(stored);
    const after = describe(record);
    const differences = differencesOf(before, after);
    const changed = Object.keys(differences);
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
    return { record, stored, change, isSecretChanged, differences };
  }

  async function prepare(input: ClientInput): Promise<PreparedClient> {
    const { record, stored, change, isSecretChanged, differences } = await compare(input);
    const { client_id: clientId, client_secret: given } = input;
    const isNew = change.generatesSecret || isSecretChanged;
    const made = isNew ? await makeSecret(deps, record, { given }) : undefined;
    const generatedSecret = change.generatesSecret ? made?.secret : undefined;

    async function writeSettings(): Promise<void> {
      const current = await clients.findForUpdate(clientId);
      // A setting or a secret that somebody has just made must not go unnoticed.
      const isAsPlanned = isDeepStrictEqual(stateOf(current), stateOf(stored));
      if (isAsPlanned && stored) await clients.save(record);
      else if (!isAsPlanned || !(await clients.create(record))) {
        throw new AppError('conflict', 409, `client ${clientId} was changed meanwhile; run it again`);
      }
    }

    return {
      change: generatedSecret === undefined ? change : { ...change, generatedSecret },
      async write(author) {
        if (change.action === 'unchanged') return;
        const sealed = await made?.seal?.();
        await writeSettings();
        // What the description says is the secret: earlier ones end here. Who authenticates otherwise has none.
        if (made) await clients.replaceSecrets(clientId, made.secretHash, sealed);
        if (stored && !made) await dropSeals(clients, stored, record);
        const old = stored?.secrets.map(({ id }) => id) ?? [];
        if (!hasSecrets(record) && old.length > 0) await clients.deleteSecrets(clientId, old);
        const by = typeof author === 'string' ? { actor: author } : author;
        const details = {
          changed: differences,
          ...(made && { secret: 'replaced' }),
        };
        await audit.record({ type: `client.${change.action}`, ...by, clientId, details });
      },
    };
  }

  return {
    plan: async (input) => (await compare(input)).change,
    prepare,
    async apply(input, author) {
      const { change, write } = await prepare(input);
      if (change.action === 'unchanged') return change;
      const work = async () => ({ commit: true, value: await write(author) });
      await unitOfWork.run(work, { atOnce: true });
      return change;
    },
  };
}
