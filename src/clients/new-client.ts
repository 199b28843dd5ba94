// Owns: making a client that was not there: judging it, and its first secret. Does not: open the unit of work.
import type { Author } from '../audit/service.js';
import { AppError } from '../lib/errors.js';
import type { StoredClient } from '../store/ports/index.js';
import { hasSecrets } from './authentication.js';
import { randomClientId } from './client-id.js';
import type { ClientServiceDeps } from './deps.js';
import { describe, differencesOf, toClientRecord } from './description.js';
import { type ClientDraft, parseClient } from './input.js';
import { createLocked } from './locked.js';
import { makeSecret } from './new-secret.js';

/** A client that only needs to be written: whatever can be refused or takes long is done. */
export interface NewClient {
  clientId: string;
  /** The secret that was made for it. */
  secret: string | undefined;
  /**
   * Writes the client, within the caller's unit of work. @throws AppError 409 when there is one with this id
   * @param more when its secret ends (default: never), and what else the audit trail is to tell
   */
  write(
    author: Author,
    more?: { secretExpiresAt?: Date | undefined; details?: Record<string, unknown> },
  ): Promise<StoredClient>;
}

/** What judges a new client, and makes its secret. The function throws ValidationError. */
export function createNewClients(deps: ClientServiceDeps): (input: ClientDraft) => Promise<NewClient> {
  const { clients, audit, validate } = deps;
  const { current } = createLocked(deps);

  return async (input) => {
    const { client_id: clientId = randomClientId(), ...rest } = input;
    const described = parseClient({ ...rest, client_id: clientId });
    const record = toClientRecord(described);
    await validate(record);
    const { client_secret: given } = described;
    const made = hasSecrets(record) ? await makeSecret(deps, record, { given }) : undefined;
    return {
      clientId,
      secret: given === undefined ? made?.secret : undefined,
      async write({ actor, ip, requestId }, { secretExpiresAt, details } = {}) {
        const sealed = await made?.seal?.();
        if (!(await clients.create(record))) {
          throw new AppError('conflict', 409, `there is a client ${clientId} already`);
        }
        if (made) {
          const { secretHash } = made;
          await clients.addSecret(clientId, { secretHash, sealed, expiresAt: secretExpiresAt });
        }
        const about = {
          changed: differencesOf(undefined, describe(record)),
          ...(made && { secret: given === undefined ? 'generated' : 'given' }),
          ...details,
        };
        await audit.record({ type: 'client.created', actor, ip, requestId, clientId, details: about });
        // Read while it can still be undone: whoever is told that it failed may try again.
        return current(clientId);
      },
    };
  };
}
