// Owns: who keeps sealed values besides the key service: for sealing them under another key-encryption key.
import { auditKeyContext } from '../audit/keys.js';
import { secretContext } from '../clients/sealed-secrets.js';
import { subjectContext } from '../grants/outbox.js';
import type { SealedHolder } from '../keys/reseal.js';
import type { ClientStore, LogoutDeliveryStore, SealedKeyStore, Stores } from '../store/ports/index.js';
import { subjectKeyContext } from '../users/subjects.js';

const keyHolder = (name: string, keys: SealedKeyStore, contextOf: (kid: string) => string): SealedHolder => ({
  name,
  list: async () =>
    (await keys.list()).map(({ kid, sealed }) => ({ id: kid, sealed, context: contextOf(kid) })),
  replace: (kid, from, to) => keys.replaceSealed(kid, from, to),
});

/** The keys of the audit chain, and what subjects are derived from: the values derived do not change. */
export function sealedKeyHolders(stores: Pick<Stores, 'auditKeys' | 'subjectKeys'>): SealedHolder[] {
  return [
    keyHolder('audit_keys', stores.auditKeys, auditKeyContext),
    keyHolder('subject_keys', stores.subjectKeys, subjectKeyContext),
  ];
}

/** Client secrets that are keys. */
export function clientSecretHolder(clients: ClientStore): SealedHolder {
  return {
    name: 'client_secrets',
    list: async () =>
      (await clients.listSealedSecrets()).map(({ id, clientId, secretHash, sealed }) => ({
        id: `${id} ${clientId}`,
        sealed,
        context: secretContext(clientId, secretHash),
      })),
    async replace(name, from, to) {
      const [id, clientId = ''] = name.split(' ');
      // One that was ended meanwhile needs no seal any more.
      await clients.replaceSealedSecret({ id: Number(id), clientId }, from, to);
      return true;
    },
  };
}

/** Whom logout tokens are about that are yet to be delivered. */
export function deliveryHolder(deliveries: LogoutDeliveryStore): SealedHolder {
  return {
    name: 'logout_deliveries',
    list: async () =>
      (await deliveries.listSealed()).map(({ id, subjectSealed }) => ({
        id,
        sealed: subjectSealed,
        context: subjectContext(id),
      })),
    async replace(id, from, to) {
      // One that was delivered meanwhile holds nothing any more.
      await deliveries.replaceSealed(id, from, to);
      return true;
    },
  };
}
