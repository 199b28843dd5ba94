// Owns: logout deliveries as operators see them: what became of them, sending them again, forgetting whom they name.
// Does not: send any.
import type { Audit, Author } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import { AppError, NotFoundError } from '../lib/errors.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type {
  DeliveryState,
  LogoutDeliveryStore,
  Page,
  Resending,
  StoredDelivery,
  UnitOfWork,
} from '../store/ports/index.js';
import { subjectContext } from './outbox.js';
import { dateIn, type PageRequest, pageOf } from './pages.js';
import type { TellApp } from './telling.js';

export interface DeliveryService {
  /** A client's deliveries of the last 30 days, the latest first. @throws BadRequestError for a bad page request */
  list(
    clientId: string,
    filter: PageRequest & { state?: DeliveryState | undefined },
  ): Promise<Page<StoredDelivery>>;
  /**
   * Sends again, with a fresh token: these deliveries whatever became of them, or all that failed or were given up.
   * Those that are being sent at this moment are left alone. Tells which are sent again.
   * @throws NotFoundError for an id that is none of the client's
   * @throws AppError (409) when the user of one of `ids` is gone or was forgotten: nothing is sent then
   */
  resend(clientId: string, which: Resending, author: Author): Promise<string[]>;
  /** Takes a user's name from everything that is stored of deliveries; how many there were. */
  forget(userId: string, pseudonym: string): Promise<number>;
}

const isLost = ({ userId, subjectSealed }: StoredDelivery) => (userId ?? subjectSealed) === undefined;

export function createDeliveryService({
  deliveries,
  encryption,
  unitOfWork,
  audit,
  clock,
  giveUpMs,
  tell,
}: {
  deliveries: LogoutDeliveryStore;
  encryption: Pick<KeyEncryption, 'open'>;
  unitOfWork: UnitOfWork;
  audit: Audit;
  clock: Clock;
  /** How long it is tried to deliver. */
  giveUpMs: number;
  tell: Pick<TellApp, 'begin'>;
}): DeliveryService {
  async function assertCanBeSent(clientId: string, ids: readonly string[]): Promise<void> {
    const found = await deliveries.find(clientId, ids);
    const unknown = ids.filter((id) => !found.some((delivery) => delivery.id === id));
    if (unknown.length > 0) throw new NotFoundError(`no delivery to this client: ${unknown.join(', ')}`);
    const lost = found.filter(isLost).map(({ id }) => id);
    if (lost.length === 0) return;
    throw new AppError('conflict', 409, `the user it was about is not known any more: ${lost.join(', ')}`);
  }

  return {
    list: (clientId, { state, ...page }) =>
      pageOf(
        page,
        (after, limit) =>
          deliveries.list({
            clientId,
            state,
            limit,
            after: after && { createdAt: dateIn(after[0]), id: after[1] },
          }),
        ({ createdAt, id }) => [createdAt.toISOString(), id],
      ),

    async resend(clientId, which, author) {
      if (which !== 'failed') await assertCanBeSent(clientId, which.ids);
      const again = await unitOfWork.run(async () => {
        const at = clock.now();
        const giveUpAt = new Date(at.getTime() + giveUpMs);
        const ids = await deliveries.resend(clientId, which, { at, giveUpAt });
        const details = { deliveries: ids.length, ...(ids.length <= 20 && { ids }) };
        const event = { ...author, type: 'backchannel_logout.resent', clientId, details };
        return { commit: true, value: ids, ...(ids.length > 0 && { last: () => audit.record(event) }) };
      });
      tell.begin();
      return again;
    },

    async forget(userId, pseudonym) {
      // Those of a user whom the site has deleted: only the seal tells whose they are.
      const nameless = await deliveries.listSealed({ nameless: true });
      const others: string[] = [];
      for (const { id, subjectSealed } of nameless) {
        const subject = await encryption.open(subjectSealed, subjectContext(id)).catch(() => undefined);
        if (subject === userId) others.push(id);
      }
      return deliveries.forget(userId, pseudonym, others);
    },
  };
}
