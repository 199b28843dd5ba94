// Owns: changing one client while nobody else does. Does not: know what is changed.
import type { AuditEvent, Author } from '../audit/service.js';
import { AppError, NotFoundError } from '../lib/errors.js';
import type { StoredClient } from '../store/ports/index.js';
import type { ClientServiceDeps } from './deps.js';

/** What must hold of a client when it is changed, judged while nobody else can change it. */
export interface Condition {
  /** The version that whoever asks for the change has seen; undefined: it does not matter to them. */
  version?: number | undefined;
  /** Throws when whoever asks may not change the client as it is stored. */
  permit?: ((client: StoredClient) => void) | undefined;
}

export const noSuchClient = (clientId: string) => new NotFoundError(`there is no client ${clientId}`);

/** @throws what `permit` throws; AppError 412 when `client` is not what `version` was read of */
export function checkCondition(client: StoredClient, { version, permit }: Condition): void {
  permit?.(client);
  if (version === undefined || version === client.version) return;
  const message = `client ${client.client_id} was changed meanwhile: it is at version ${client.version}, not ${version}`;
  throw new AppError('precondition_failed', 412, message);
}

type LockedDeps = Pick<ClientServiceDeps, 'clients' | 'unitOfWork' | 'audit'>;

/** Records `event` of this client, by `author`. */
export type Note = (event: Pick<AuditEvent, 'type' | 'details'>) => Promise<void>;

export interface Locked {
  /**
   * One unit of work with the client as it is stored now, which nobody else can change until the unit ends; `first` is
   * done before anything else in it.
   * @throws NotFoundError; AppError 412 when it is another version; what `permit` throws
   */
  change<T>(
    target: { clientId: string; author: Author; first?: () => Promise<void> } & Condition,
    work: (stored: StoredClient, note: Note) => Promise<T>,
  ): Promise<T>;
  /** The client as it is stored now. @throws NotFoundError */
  current(clientId: string): Promise<StoredClient>;
}

export function createLocked({ clients, unitOfWork, audit }: LockedDeps): Locked {
  async function current(clientId: string): Promise<StoredClient> {
    const stored = await clients.findForUpdate(clientId);
    if (!stored) throw noSuchClient(clientId);
    return stored;
  }

  return {
    current,
    change: ({ clientId, author, first, ...condition }, work) =>
      unitOfWork.run(
        async () => {
          await first?.();
          const stored = await current(clientId);
          checkCondition(stored, condition);
          const { actor, ip, requestId } = author;
          const note: Note = (event) => audit.record({ ...event, actor, ip, requestId, clientId });
          return { commit: true, value: await work(stored, note) };
        },
        { atOnce: true },
      ),
  };
}
