// Owns: what operators do with one client: making, finding, changing, switching, deleting it.
// Does not: know its secrets but for the first one (rotation.ts).
import { isDeepStrictEqual } from 'node:util';
import type { Author } from '../audit/service.js';
import { BadRequestError, type FieldProblem, ValidationError } from '../lib/errors.js';
import type { ClientRecord, StoredClient } from '../store/ports/index.js';
import { hasSecrets } from './authentication.js';
import type { ClientServiceDeps } from './deps.js';
import {
  type ClientView,
  describe,
  describeStored,
  differencesOf,
  toClientRecord,
  toClientView,
} from './description.js';
import { type ClientDraft, isMember, parseClient } from './input.js';
import { type Condition, createLocked, noSuchClient } from './locked.js';
import { mergePatch } from './merge-patch.js';
import { createNewClients, type NewClient } from './new-client.js';
import { defaultResponseTypes } from './response-types.js';
import { checkKeysAreThere, dropSeals } from './sealed-secrets.js';
import { checkSubjectsStay, isSectorUnchanged } from './subjects.js';

export interface ClientEditing {
  /** What create would make, judged. @throws ValidationError */
  prepareNew(input: ClientDraft): Promise<NewClient>;
  /**
   * Makes a client; one that is to have a secret and is given none gets one, which is told this once. Without a
   * `client_id` it gets one as well.
   * @throws ValidationError; AppError 409 when there is a client with this id
   */
  create(input: ClientDraft, author: Author): Promise<{ client: ClientView; secret?: string }>;
  /** The client as it is stored at this moment, whoever has just changed it. @throws NotFoundError */
  get(clientId: string): Promise<ClientView>;
  /**
   * Changes a client by a JSON merge patch (RFC 7396) of its description: a member that is null gets its default.
   * The result is judged as a whole. A patch that changes nothing leaves version and audit trail alone.
   *
   * A client that becomes public (`token_endpoint_auth_method: none`), or authenticates by keys of its own from now
   * on, loses its secrets at once. One that is to authenticate by a secret and has none cannot before a rotation; one that
   * has some, but none sealed, is not switched to a use of them as keys.
   * @throws ValidationError; NotFoundError; AppError 412 when the client is not at `version` any more
   */
  update(clientId: string, patch: unknown, author: Author, condition?: Condition): Promise<ClientView>;
  /**
   * Switches a client off or on. One that is off does not exist for apps and browsers, its tokens included; switched on
   * again it has them back. @throws as update
   */
  setActive(clientId: string, isActive: boolean, author: Author, condition?: Condition): Promise<ClientView>;
  /**
   * Deletes a client with its secrets, consents, grants and tokens. It is switched off first, so that it is dead on
   * every instance at once however much there is to delete; whoever is interrupted after that can ask again.
   * @throws NotFoundError; AppError 412 when the client is not at `version` any more
   */
  delete(clientId: string, author: Author, condition?: Condition): Promise<void>;
  /** As delete, within the caller's unit of work: all of it or nothing. */
  deleteInUnit(clientId: string, author: Author): Promise<void>;
}

/** Members by which a document elsewhere has to be looked at. */
const REFERRING = ['subject_type', 'sector_identifier_uri', 'redirect_uris', 'grant_types', 'jwks_uri'];

/** What was judged before the client was locked, and what was wrong with it. */
interface Ahead {
  record?: ClientRecord;
  error?: unknown;
}

const READ_ONLY = new Set(['version', 'created_at', 'updated_at', 'secrets']);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a patch may not touch whatever it says. */
function patchProblems(clientId: string, patch: Record<string, unknown>): FieldProblem[] {
  return Object.keys(patch).flatMap((field) => {
    const refuse = (reason: string) => [{ field, reason }];
    if (READ_ONLY.has(field)) return refuse('is not for you to set');
    // One that is taken away is not seen by whoever judges the result.
    if (patch[field] === null && !isMember(field)) return refuse('is not a known member');
    if (field === 'client_secret') return refuse('is changed by a rotation, not here');
    if (field === 'client_id' && patch[field] !== clientId) return refuse('cannot be changed');
    // Its default would switch on what somebody has switched off.
    if (field === 'is_active' && patch[field] === null) return refuse('must be true or false');
    return [];
  });
}

export function createClientEditing(deps: ClientServiceDeps): ClientEditing {
  const { clients, audit, clock, validate, unitOfWork } = deps;
  const { change, current } = createLocked(deps);
  const prepareNew = createNewClients(deps);

  /** The client after `patch`, which has been looked at by itself. */
  function merged(stored: StoredClient, patch: Record<string, unknown>): ClientRecord {
    const before = describeStored(stored);
    // What only followed from the grant types follows the new ones.
    const hasDefault = isDeepStrictEqual(before.response_types, defaultResponseTypes(before.grant_types));
    const base = hasDefault ? { ...before, response_types: undefined } : before;
    return toClientRecord(parseClient(mergePatch(base, patch)));
  }

  /**
   * Has documents elsewhere read before anything is locked: they may take their time. What is wrong, the judgement
   * under the lock says.
   */
  async function lookAhead(clientId: string, patch: Record<string, unknown>): Promise<Ahead> {
    if (!REFERRING.some((member) => member in patch)) return {};
    const stored = await clients.findStored(clientId);
    if (!stored) return {};
    try {
      const record = merged(stored, patch);
      if (isSectorUnchanged(stored, record)) return {};
      return await validate(record, stored).then(
        () => ({ record }),
        (error: unknown) => ({ record, error }),
      );
    } catch {
      return {};
    }
  }

  /** The client after `patch`, judged. */
  async function patched(stored: StoredClient, patch: Record<string, unknown>, ahead: Ahead) {
    const clientId = stored.client_id;
    const problems = patchProblems(clientId, patch);
    if (problems.length > 0) throw new ValidationError('the change is not possible', problems);
    const record = merged(stored, patch);
    checkKeysAreThere(stored, record, clock.now());
    const isSeen = isSectorUnchanged(ahead.record, record);
    if (isSeen && ahead.error !== undefined) throw ahead.error;
    await validate(record, isSeen ? ahead.record : stored);
    await checkSubjectsStay(stored, record, () => clients.isInUse(clientId, clock.now()));
    return record;
  }

  async function remove(clientId: string, author: Author): Promise<void> {
    const stored = await clients.findForUpdate(clientId);
    if (!stored) throw noSuchClient(clientId);
    const remains = await clients.clear(clientId);
    await clients.delete(clientId);
    const { actor, ip, requestId } = author;
    const details = {
      changed: differencesOf(describeStored(stored), undefined),
      ended: { grants: remains.grants, refresh_tokens: remains.refreshTokens, consents: remains.consents },
    };
    await audit.record({ type: 'client.deleted', actor, ip, requestId, clientId, details });
  }

  const editing: ClientEditing = {
    prepareNew,

    async create(input, author) {
      const { secret, write } = await prepareNew(input);
      const work = async () => ({ commit: true, value: toClientView(await write(author)) });
      const client = await unitOfWork.run(work, { atOnce: true });
      return secret === undefined ? { client } : { client, secret };
    },

    async get(clientId) {
      const stored = await clients.findStored(clientId);
      if (!stored) throw noSuchClient(clientId);
      return toClientView(stored);
    },

    async update(clientId, patch, author, condition = {}) {
      if (!isObject(patch)) throw new BadRequestError('the change must be an object with members');
      const ahead = await lookAhead(clientId, patch);
      return change({ clientId, author, ...condition }, async (stored, note) => {
        const before = describeStored(stored);
        const record = await patched(stored, patch, ahead);
        const changed = differencesOf(before, describe(record));
        if (Object.keys(changed).length === 0) return toClientView(stored);
        await clients.save(record);
        await dropSeals(clients, stored, record);
        const secrets = hasSecrets(record) ? [] : stored.secrets.map(({ id, label }) => ({ id, label }));
        await clients.deleteSecrets(
          clientId,
          secrets.map(({ id }) => id),
        );
        const details = secrets.length > 0 ? { changed, secrets_deleted: secrets } : { changed };
        await note({ type: 'client.updated', details });
        return toClientView(await current(clientId));
      });
    },

    setActive: (clientId, isActive, author, condition = {}) =>
      change({ clientId, author, ...condition }, async (stored, note) => {
        if (stored.isActive === isActive) return toClientView(stored);
        const { version: _v, createdAt: _c, updatedAt: _u, secrets: _s, ...record } = stored;
        await clients.save({ ...record, isActive });
        const details = { changed: { is_active: { from: stored.isActive, to: isActive } } };
        await note({ type: isActive ? 'client.enabled' : 'client.disabled', details });
        return toClientView(await current(clientId));
      }),

    async delete(clientId, author, condition = {}) {
      await editing.setActive(clientId, false, author, condition);
      await clients.clear(clientId);
      const work = async () => ({ commit: true, value: await remove(clientId, author) });
      await unitOfWork.run(work, { atOnce: true });
    },

    deleteInUnit: remove,
  };
  return editing;
}
