// Owns: by which values apps know a user, and whom such a value means: for operators, and for the user's own copy.
import { sectorOf, UNIONID } from '../clients/subjects.js';
import { NotFoundError } from '../lib/errors.js';
import type { ConsentRecord, JsonObject, Stores } from '../store/ports/index.js';
import type { Subjects } from '../users/subjects.js';

const BATCH = 500;

export interface SubjectNames {
  /** What the app that was agreed to has in place of the id: `sub`, `unionid`; nothing where it has the id alone. */
  of(consent: ConsentRecord): Promise<JsonObject>;
  /**
   * The id of the user whom the client knows by `sub`. Subjects cannot be taken apart: those of everybody who has
   * agreed to the client are made anew, so this takes a second for each hundred thousand of them.
   * @throws NotFoundError when it is the sub of nobody who has agreed to the client
   */
  find(clientId: string, sub: string): Promise<string>;
}

export function createSubjectNames({
  clients,
  consents,
  subjects,
}: {
  clients: Pick<Stores['clients'], 'find'>;
  consents: Pick<Stores['consents'], 'list'>;
  subjects: Subjects;
}): SubjectNames {
  return {
    async of({ clientId, userId, scopes }) {
      const client = await clients.find(clientId);
      const sector = client && sectorOf(client);
      const owner = client?.metadata.owner;
      const hasUnionId = typeof owner === 'string' && scopes.includes(UNIONID);
      return {
        ...(sector !== undefined && { sub: await subjects.pairwise(sector, userId) }),
        ...(hasUnionId && { unionid: await subjects.unionId(owner, userId) }),
      };
    },

    async find(clientId, sub) {
      const client = await clients.find(clientId);
      if (!client) throw new NotFoundError(`there is no client ${clientId}`);
      const sector = sectorOf(client);
      if (sector === undefined) return sub;
      let after: ConsentRecord | undefined;
      for (;;) {
        const page = await consents.list({ clientId, after, limit: BATCH });
        for (const { userId } of page) if ((await subjects.pairwise(sector, userId)) === sub) return userId;
        after = page.at(-1);
        if (!after || page.length < BATCH) {
          throw new NotFoundError(`nobody who has agreed to ${clientId} is known to it by this sub`);
        }
      }
    },
  };
}
