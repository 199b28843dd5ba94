// Owns: what operators do with resource servers: registering, seeing, changing, deleting them.
// Does not: find them for a token request (resource-servers.ts).
import type { Audit, Author } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import {
  AppError,
  BadRequestError,
  type FieldProblem,
  NotFoundError,
  ValidationError,
} from '../lib/errors.js';
import { parseOrRefuse } from '../lib/problems.js';
import type {
  ClientStore,
  ResourceServerStore,
  StoredResourceServer,
  UnitOfWork,
} from '../store/ports/index.js';
import { differencesOf } from './description.js';
import type { Condition } from './locked.js';
import { mergePatch } from './merge-patch.js';
import {
  describeResourceServer,
  type ResourceServerDraft,
  type ResourceServerInput,
  type ResourceServerView,
  resourceServerSchema,
  toRecord,
  toResourceServerView,
} from './resource-server-input.js';
import { adminResource, isResourceScope } from './resource-servers.js';

/** The version that whoever asks for a change has seen; without one it does not matter to them. */
type IfVersion = Pick<Condition, 'version'>;

export interface ResourceServerService {
  /** In the order of their identifiers. */
  list(): Promise<ResourceServerView[]>;
  /** @throws NotFoundError */
  get(identifier: string): Promise<ResourceServerView>;
  /** @throws ValidationError; AppError 409 when there is one with this identifier */
  create(input: ResourceServerDraft, author: Author): Promise<ResourceServerView>;
  /**
   * Changes one by a JSON merge patch (RFC 7396) of its description; null gives a member its default.
   * A change that changes nothing leaves version and audit trail alone. What was issued before stays as it is, but
   * switching one off ends its tokens: none is active any more.
   * @throws ValidationError; NotFoundError; AppError 412 when it is not at `version` any more
   */
  update(
    identifier: string,
    patch: unknown,
    author: Author,
    ifVersion?: IfVersion,
  ): Promise<ResourceServerView>;
  /** Deletes one; its tokens are not active any more. @throws NotFoundError; AppError 412 */
  delete(identifier: string, author: Author, ifVersion?: IfVersion): Promise<void>;
}

const REFUSED = 'the resource server cannot be used';
const READ_ONLY = new Set(['version', 'created_at', 'updated_at']);

const notFound = (identifier: string) => new NotFoundError(`there is no resource server ${identifier}`);

export function createResourceServerService({
  resourceServers: store,
  clients,
  unitOfWork,
  audit,
  clock,
  issuer,
}: {
  resourceServers: ResourceServerStore;
  clients: Pick<ClientStore, 'find'>;
  unitOfWork: UnitOfWork;
  audit: Audit;
  clock: Clock;
  issuer: string;
}): ResourceServerService {
  /** A unit of work in which nobody else changes any of them: a scope is one resource's. */
  const alone = <T>(work: (all: StoredResourceServer[]) => Promise<T>) =>
    unitOfWork.run(async () => ({ commit: true, value: await work(await store.listForUpdate()) }), {
      atOnce: true,
    });

  async function check(input: ResourceServerInput, others: readonly StoredResourceServer[]): Promise<void> {
    const problems: FieldProblem[] = [];
    if (input.identifier === adminResource(issuer)) {
      problems.push({ field: 'identifier', reason: 'is the Admin API' });
    }
    if (input.identifier === issuer)
      problems.push({ field: 'identifier', reason: 'is this provider itself' });
    for (const [index, { name }] of input.scopes.entries()) {
      const other = others.find(({ scopes }) => scopes.some((scope) => scope.name === name));
      // Clients are registered for a scope by its name alone.
      if (other && isResourceScope(name)) {
        problems.push({
          field: `scopes[${index}].name`,
          reason: `is a scope of ${other.identifier} already`,
        });
      }
    }
    for (const [index, { type }] of input.authorization_details_types.entries()) {
      const isTwice = input.authorization_details_types.findIndex((one) => one.type === type) < index;
      const other = others.find(({ detailsTypes }) => detailsTypes.some((one) => one.type === type));
      const field = `authorization_details_types[${index}].type`;
      if (isTwice) problems.push({ field, reason: 'is listed twice' });
      else if (other) problems.push({ field, reason: `is a type of ${other.identifier} already` });
    }
    if (input.client_id !== undefined) {
      const client = await clients.find(input.client_id);
      if (!client) problems.push({ field: 'client_id', reason: 'there is no such client' });
      else if (!client.isConfidential) {
        problems.push({ field: 'client_id', reason: 'must be a client that can authenticate' });
      }
    }
    if (problems.length > 0) throw new ValidationError(REFUSED, problems);
  }

  function chosen(all: readonly StoredResourceServer[], identifier: string, { version }: IfVersion) {
    const stored = all.find((one) => one.identifier === identifier);
    if (!stored) throw notFound(identifier);
    if (version === undefined || version === stored.version) return stored;
    const message = `${identifier} was changed meanwhile: it is at version ${stored.version}, not ${version}`;
    throw new AppError('precondition_failed', 412, message);
  }

  function patched(stored: StoredResourceServer, patch: Record<string, unknown>): ResourceServerInput {
    const problems = Object.keys(patch).flatMap((field) => {
      if (READ_ONLY.has(field)) return [{ field, reason: 'is not for you to set' }];
      if (field === 'identifier' && patch[field] !== stored.identifier)
        return [{ field, reason: 'cannot be changed' }];
      // Its default would switch on what somebody has switched off.
      if (field === 'is_active' && patch[field] === null) return [{ field, reason: 'must be true or false' }];
      return [];
    });
    if (problems.length > 0) throw new ValidationError('the change is not possible', problems);
    return parseOrRefuse(resourceServerSchema, mergePatch(describeResourceServer(stored), patch), REFUSED);
  }

  function note(type: string, { actor, ip, requestId }: Author, details: Record<string, unknown>) {
    return audit.record({ type: `resource_server.${type}`, actor, ip, requestId, details });
  }

  async function current(identifier: string): Promise<StoredResourceServer> {
    const stored = (await store.list()).find((one) => one.identifier === identifier);
    if (!stored) throw notFound(identifier);
    return stored;
  }

  const differences = (before: ResourceServerInput | undefined, after: ResourceServerInput | undefined) =>
    differencesOf({ ...before }, { ...after });

  return {
    list: async () => (await store.list()).map(toResourceServerView),
    get: async (identifier) => toResourceServerView(await current(identifier)),

    create(draft, author) {
      const input = parseOrRefuse(resourceServerSchema, draft, REFUSED);
      const { identifier } = input;
      return alone(async (all) => {
        if (all.some((one) => one.identifier === identifier)) {
          throw new AppError('conflict', 409, `there is a resource server ${identifier} already`);
        }
        await check(input, all);
        await store.create(toRecord(input), clock.now());
        await note('created', author, { identifier, changed: differences(undefined, input) });
        return toResourceServerView(await current(identifier));
      });
    },

    update(identifier, patch, author, ifVersion = {}) {
      if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
        throw new BadRequestError('the change must be an object with members');
      }
      return alone(async (all) => {
        const stored = chosen(all, identifier, ifVersion);
        const input = patched(stored, { ...patch });
        const changed = differences(describeResourceServer(stored), input);
        if (Object.keys(changed).length === 0) return toResourceServerView(stored);
        const others = all.filter((one) => one !== stored);
        await check(input, others);
        await store.save(toRecord(input), clock.now());
        await note('updated', author, { identifier, changed });
        return toResourceServerView(await current(identifier));
      });
    },

    delete: (identifier, author, ifVersion = {}) =>
      alone(async (all) => {
        const stored = chosen(all, identifier, ifVersion);
        await store.delete(identifier);
        const changed = differences(describeResourceServer(stored), undefined);
        await note('deleted', author, { identifier, changed });
      }),
  };
}
