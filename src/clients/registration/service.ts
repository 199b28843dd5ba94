// Owns: clients that register, read, change and delete themselves. By the rules and through the services of all clients:
// what differs is who asks, and that less may be asked for.
import type { Author } from '../../audit/service.js';
import type { RegistrationPolicies } from '../../config/registration.js';
import { BadRequestError, NotFoundError } from '../../lib/errors.js';
import { constantTimeEqual, hashOf, randomToken } from '../../lib/ids.js';
import type {
  Registration,
  RegistrationStore,
  RegistrationTokenStore,
  StoredClient,
} from '../../store/ports/index.js';
import { hasSecrets, isBySecret } from '../authentication.js';
import { randomClientId } from '../client-id.js';
import type { ClientServiceDeps } from '../deps.js';
import { describe, describeStored, differencesOf, toClientRecord } from '../description.js';
import type { ClientEditing } from '../editing.js';
import { CLIENT_ID, type ClientDraft, parseClient } from '../input.js';
import { createLocked } from '../locked.js';
import { makeSecret } from '../new-secret.js';
import { checkKeysAreThere, dropSeals, usesSecretsAsKeys } from '../sealed-secrets.js';
import { checkSubjectsStay, isSectorUnchanged } from '../subjects.js';
import { clientInformation } from './answer.js';
import { afterUpdate, askedOf, assertUpdateOf } from './members.js';
import { underPolicy } from './policy.js';
import { policyGone, refusedToken, tooMany } from './refusals.js';

type Json = Readonly<Record<string, unknown>>;

/** Where a request comes from. */
type Caller = Pick<Author, 'ip' | 'requestId'>;

/** What was asked of a client under its registration access token. */
export interface Managed {
  clientId: string;
  /** The registration access token. */
  token: string;
}

export interface RegistrationService {
  /** Whether something may be registered with this token now. @throws AppError invalid_token, 401 */
  check(token: string): Promise<void>;
  /**
   * Registers a client with a registration token, of which that takes one use: with the client, or not at all.
   * @returns the client information response, the client's secret and its registration access token in it, told this once
   * @throws AppError invalid_token, 401; access_denied, 403; ValidationError
   * @see https://www.rfc-editor.org/rfc/rfc7591#section-3
   */
  register(token: string, body: Json, caller: Caller): Promise<Json>;
  /** @throws AppError invalid_token, 401 @see https://www.rfc-editor.org/rfc/rfc7592#section-2.1 */
  read(managed: Managed): Promise<Json>;
  /**
   * Makes the client what `body` says: what it leaves out gets its default. The registration access token is replaced; so
   * is the secret where the policy says so, or the client has none that is good.
   * @throws AppError invalid_token, 401; access_denied, 403; BadRequestError; ValidationError
   * @see https://www.rfc-editor.org/rfc/rfc7592#section-2.2
   */
  update(managed: Managed, body: Json, caller: Caller): Promise<Json>;
  /** Deletes the client with all that hangs on it. @throws AppError invalid_token, 401 */
  remove(managed: Managed, caller: Caller): Promise<void>;
}

export interface RegistrationDeps extends ClientServiceDeps {
  registrations: RegistrationStore;
  registrationTokens: RegistrationTokenStore;
  editing: Pick<ClientEditing, 'prepareNew' | 'deleteInUnit'>;
  policies: RegistrationPolicies;
}

export function createRegistrationService(deps: RegistrationDeps): RegistrationService {
  const { clients, registrations, registrationTokens, editing, policies } = deps;
  const { unitOfWork, hasher, audit, clock, validate } = deps;
  const { current } = createLocked(deps);

  /** When something ends that is made now; undefined: never. */
  const endOf = (seconds: number) =>
    seconds === 0 ? undefined : new Date(clock.now().getTime() + seconds * 1000);

  async function tokenOf(token: string) {
    const stored = await registrationTokens.find(hashOf(token));
    if (!stored || stored.usesLeft < 1 || stored.expiresAt <= clock.now()) throw refusedToken();
    return stored;
  }

  function policyOf({ policy: name }: { policy: string }) {
    const policy = policies.get(name);
    if (!policy) throw policyGone();
    return policy;
  }

  function isRight({ key, expiresAt }: Registration, token: string): boolean {
    if (key === undefined || (expiresAt && expiresAt <= clock.now())) return false;
    return constantTimeEqual(key, hashOf(token));
  }

  /** The client and its registration as they are stored, if the token is good for it. @throws AppError 401 */
  async function authenticated({ clientId, token }: Managed, find = clients.findStored) {
    if (!CLIENT_ID.test(clientId)) throw refusedToken();
    const registration = await registrations.find(clientId);
    if (!registration || !isRight(registration, token)) throw refusedToken();
    const client = await find(clientId);
    if (!client?.isActive) throw refusedToken();
    return { client, registration };
  }

  /**
   * Work on the client that nobody else changes meanwhile; the token is looked at again with the client locked.
   * @param first what is to be done in the same unit of work before
   */
  function locked<T>(
    managed: Managed,
    work: (client: StoredClient) => Promise<T>,
    first?: () => Promise<void>,
  ): Promise<T> {
    return unitOfWork.run(
      async () => {
        await first?.();
        const client = await current(managed.clientId).catch((error) => {
          throw error instanceof NotFoundError ? refusedToken() : error;
        });
        await authenticated(managed, async () => client);
        return { commit: true, value: await work(client) };
      },
      { atOnce: true },
    );
  }

  const isLive = ({ expiresAt }: { expiresAt?: Date | undefined }) => !expiresAt || expiresAt > clock.now();

  async function assertSecret({ client_id: clientId, secrets }: StoredClient, given: unknown): Promise<void> {
    for (const { secretHash } of typeof given === 'string' ? secrets.filter(isLive) : []) {
      if (await hasher.compare(String(given), secretHash, `client-service|${clientId}`)) return;
    }
    throw new BadRequestError('client_secret is not the secret of this client');
  }

  const actorOf = (clientId: string) => `client:${clientId}`;

  return {
    async check(token) {
      await tokenOf(token);
    },

    async register(token, body, caller) {
      const admission = await tokenOf(token);
      const policy = policyOf(admission);
      const clientId = randomClientId();
      const asked = underPolicy({ client_name: clientId, ...askedOf(body) }, policy);
      const { secret, write } = await editing.prepareNew({ ...asked, client_id: clientId } as ClientDraft);
      const accessToken = randomToken();
      const secretExpiresAt = endOf(policy.client_secret_lifetime);
      const stored = await unitOfWork.run(
        async () => {
          if (!(await registrationTokens.use(hashOf(token), clock.now()))) throw refusedToken();
          if ((await registrations.countForUpdate(admission.policy)) >= policy.max_clients) throw tooMany();
          const author = { ...caller, actor: `registration-token:${admission.id}` };
          const details = { registration: { policy: admission.policy, token: admission.id } };
          const client = await write(author, { secretExpiresAt, details });
          await registrations.create({
            clientId,
            policy: admission.policy,
            tokenId: admission.id,
            registeredAt: clock.now(),
            key: hashOf(accessToken),
            expiresAt: endOf(policy.registration_access_token_lifetime),
          });
          return { commit: true, value: client };
        },
        { atOnce: true },
      );
      return clientInformation(stored, { secret, secretExpiresAt, token: accessToken });
    },

    async read(managed) {
      const { client } = await authenticated(managed);
      return clientInformation(client, { token: managed.token });
    },

    async update(managed, body, caller) {
      const { clientId } = managed;
      const { client: before, registration } = await authenticated(managed);
      assertUpdateOf(clientId, body);
      if (body.client_secret !== undefined) await assertSecret(before, body.client_secret);
      const policy = policyOf(registration);
      const asked = underPolicy({ client_name: clientId, ...askedOf(body) }, policy);
      const intended = toClientRecord(parseClient(afterUpdate(describeStored(before), asked)));
      // A sector document is read before anything is locked.
      await validate(intended, before);
      const needsKey = usesSecretsAsKeys(intended) && !usesSecretsAsKeys(before);
      const needsSecret = needsKey || policy.rotate_client_secret || !before.secrets.some(isLive);
      const isNewSecret = needsSecret && isBySecret(asked.token_endpoint_auth_method);
      // bcrypt takes its time: nobody waits for that.
      const made = isNewSecret ? await makeSecret(deps, intended, {}) : undefined;
      const secretExpiresAt = endOf(policy.client_secret_lifetime);
      const accessToken = randomToken();
      let sealed: string | undefined;
      const seal = async () => {
        sealed = await made?.seal?.();
      };

      const change = async (stored: StoredClient) => {
        const described = describeStored(stored);
        const record = toClientRecord(parseClient(afterUpdate(described, asked)));
        if (!made?.seal) checkKeysAreThere(stored, record, clock.now());
        await validate(record, isSectorUnchanged(intended, record) ? intended : stored);
        await checkSubjectsStay(stored, record, () => clients.isInUse(clientId, clock.now()));
        const changed = differencesOf(described, describe(record));
        if (Object.keys(changed).length > 0) await clients.save(record);
        const ended = made || !hasSecrets(record) ? stored.secrets : [];
        await clients.deleteSecrets(
          clientId,
          ended.map(({ id }) => id),
        );
        if (made) {
          const { secretHash } = made;
          await clients.addSecret(clientId, {
            secretHash,
            sealed,
            expiresAt: secretExpiresAt,
          });
        } else await dropSeals(clients, stored, record);
        const expiresAt = endOf(policy.registration_access_token_lifetime);
        await registrations.saveToken(clientId, { key: hashOf(accessToken), expiresAt });
        const details = {
          changed,
          ...(made && { secret: 'generated' }),
          ...(ended.length > 0 && { secrets_deleted: ended.map(({ id, label }) => ({ id, label })) }),
        };
        await audit.record({
          ...caller,
          type: 'client.updated',
          actor: actorOf(clientId),
          clientId,
          details,
        });
        return current(clientId);
      };
      const after = await locked(managed, change, seal);
      return clientInformation(after, { secret: made?.secret, secretExpiresAt, token: accessToken });
    },

    async remove(managed, caller) {
      // Nothing is locked for whoever has no token.
      await authenticated(managed);
      const author = { ...caller, actor: actorOf(managed.clientId) };
      await locked(managed, ({ client_id: clientId }) => editing.deleteInUnit(clientId, author));
    },
  };
}
