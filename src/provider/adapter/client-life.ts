// Owns: telling whether what hangs on a client alone, and on no grant, still has the client it was made for.
import type { ClientStore, JsonObject, StoredArtifact } from '../../store/ports/index.js';

export function createClientLife({ clients }: { clients: Pick<ClientStore, 'find'> }) {
  return {
    /** When the client came to be: one that is made anew under the id of another is not the same. */
    async since(clientId: unknown): Promise<JsonObject> {
      const client = await clients.find(String(clientId));
      return { clientSince: client?.createdAt.getTime() };
    },

    /** Whether its client is switched off, gone, or another than it was. */
    async isOver({ payload }: Pick<StoredArtifact, 'payload'>): Promise<boolean> {
      const client = await clients.find(String(payload.clientId));
      if (!client?.isActive) return true;
      return payload.clientSince !== undefined && payload.clientSince !== client.createdAt.getTime();
    },
  };
}
