// Owns: what operators see of clients that registered themselves, and how they end that they change themselves.
import type { Author } from '../../audit/service.js';
import { BadRequestError, NotFoundError } from '../../lib/errors.js';
import type { Registration, RegistrationStore } from '../../store/ports/index.js';
import type { ClientServiceDeps } from '../deps.js';
import { CLIENT_ID } from '../input.js';
import { createLocked } from '../locked.js';

const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;

/** A registration as operators see it. */
export interface RegistrationView {
  client_id: string;
  policy: string;
  /** The id of the registration token it came by. */
  registration_token: string;
  registered_at: string;
  /** Whether the client can change itself. */
  is_manageable: boolean;
  /** When that ends; absent: with the client. */
  manageable_until?: string;
}

export interface RegistrationOversight {
  /** In the order of the clients' ids. @throws BadRequestError for a cursor that none of our pages gave */
  list(query?: {
    limit?: number | undefined;
    cursor?: string | undefined;
  }): Promise<{ items: RegistrationView[]; next?: string }>;
  /**
   * Ends the registration access token of a client at once: it stays as it is, and operators' to change.
   * @throws NotFoundError when there is no such client, or it has none
   */
  revokeAccess(clientId: string, author: Author): Promise<void>;
}

type OversightDeps = Pick<ClientServiceDeps, 'clients' | 'unitOfWork' | 'audit' | 'clock'> & {
  registrations: RegistrationStore;
};

export function createRegistrationOversight(deps: OversightDeps): RegistrationOversight {
  const { registrations, clock } = deps;
  const { change } = createLocked(deps);

  const toView = ({ clientId, policy, tokenId, registeredAt, key, expiresAt }: Registration) => ({
    client_id: clientId,
    policy,
    registration_token: tokenId,
    registered_at: registeredAt.toISOString(),
    is_manageable: key !== undefined && !(expiresAt && expiresAt <= clock.now()),
    ...(key !== undefined && expiresAt && { manageable_until: expiresAt.toISOString() }),
  });

  return {
    async list({ limit = DEFAULT_LIMIT, cursor } = {}) {
      if (limit < 1 || limit > MAX_LIMIT) throw new BadRequestError(`limit must be 1 to ${MAX_LIMIT}`);
      const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
      if (after !== undefined && !CLIENT_ID.test(after)) {
        throw new BadRequestError('the cursor is not one of ours');
      }
      // One more tells whether there is a next page.
      const found = await registrations.list({ after, limit: limit + 1 });
      const items = found.slice(0, limit).map(toView);
      const last = items.at(-1);
      const isMore = found.length > limit && last !== undefined;
      return isMore ? { items, next: Buffer.from(last.client_id).toString('base64url') } : { items };
    },

    revokeAccess: (clientId, author) =>
      change({ clientId, author }, async (_stored, note) => {
        const registration = await registrations.find(clientId);
        if (registration?.key === undefined) {
          throw new NotFoundError(`client ${clientId} has no registration access token`);
        }
        await registrations.saveToken(clientId, undefined);
        await note({ type: 'client.registration_revoked', details: { policy: registration.policy } });
      }),
  };
}
