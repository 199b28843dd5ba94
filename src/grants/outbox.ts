// Owns: writing down which logout tokens are to be sent. Does not: send them (the provider does).

import type { Clock } from '../lib/clock.js';
import { randomToken } from '../lib/ids.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { ClientStore, LogoutDeliveryStore } from '../store/ports/index.js';
import type { TellApp } from './telling.js';

/** What the seal of a delivery's subject is bound to. */
export const subjectContext = (deliveryId: string) => `logout_delivery:${deliveryId}`;

/**
 * @param giveUpMs how long it is tried to deliver
 * @param begin starts sending
 */
export function createLogoutOutbox({
  deliveries,
  clients,
  encryption,
  clock,
  giveUpMs,
  begin,
}: {
  deliveries: Pick<LogoutDeliveryStore, 'beginUnit' | 'add'>;
  clients: Pick<ClientStore, 'find'>;
  encryption: Pick<KeyEncryption, 'seal'>;
  clock: Clock;
  giveUpMs: number;
  begin(): void;
}): TellApp {
  return {
    async note({ userId, clientId, sids, requestId, auditedAs }) {
      // First of all: when anything below fails, what ended the logins is undone, too.
      await deliveries.beginUnit();
      const client = await clients.find(clientId);
      if (!client?.isActive || client.metadata.backchannel_logout_uri === undefined) return;
      const isBySession = client.metadata.backchannel_logout_session_required === true;
      const now = clock.now();
      for (const sid of isBySession ? sids : [undefined]) {
        const id = randomToken(12);
        await deliveries.add({
          id,
          clientId,
          // Nothing names in clear whoever is forgotten.
          userId: auditedAs === undefined ? userId : undefined,
          auditedAs,
          subjectSealed: await encryption.seal(userId, subjectContext(id)),
          sid,
          requestId,
          createdAt: now,
          nextAttemptAt: now,
          giveUpAt: new Date(now.getTime() + giveUpMs),
        });
      }
    },
    begin,
  };
}
