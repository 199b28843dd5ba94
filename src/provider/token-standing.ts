// Owns: whether an access token that is what it claims to be still counts: deny list, grant, client, user, resource.
// Does not: look at signatures or at the time.
import { featureProblems } from '../clients/needed-features.js';
import type { ResourceServers } from '../clients/resource-servers.js';
import type { Feature } from '../config/features.js';
import { toEpochSeconds } from '../lib/clock.js';
import type { StoredClient, Stores } from '../store/ports/index.js';

/** What is known of an access token. */
export interface KnownToken {
  /** What it is on the deny list under: the hash of its jti if it is a JWT, of itself if not. */
  key: string;
  clientId: string;
  grantId?: string | undefined;
  /** Epoch seconds. */
  issuedAt?: number | undefined;
  audience?: unknown;
}

export interface Standing {
  /** Nothing speaks against the token. */
  stands: boolean;
  /** Whom it was given for, as far as that is still known. */
  accountId?: string | undefined;
}

export interface TokenStandings {
  /** Asks the database, for it may have been revoked a moment ago. @throws StoreUnavailableError */
  of(token: KnownToken): Promise<Standing>;
}

/** Whether a client is there for anybody: switched on, and nothing that it needs is off. */
export const isInForce = (
  client: StoredClient | undefined,
  features: ReadonlySet<Feature>,
): client is StoredClient => client?.isActive === true && featureProblems(client, features).length === 0;

const FALLEN: Standing = { stands: false };

export function createTokenStandings({
  config: { features },
  stores,
  resourceServers,
}: {
  config: { features: ReadonlySet<Feature> };
  stores: Pick<Stores, 'revokedTokens' | 'clients' | 'users'>;
  resourceServers: Pick<ResourceServers, 'find'>;
}): TokenStandings {
  /** Whether `client` is the one the token was issued to: one may have been made anew under the same id. */
  const isSame = (client: StoredClient | undefined, { grantId, issuedAt }: KnownToken) =>
    isInForce(client, features) &&
    (grantId !== undefined || issuedAt === undefined || toEpochSeconds(client.createdAt) <= issuedAt);

  return {
    async of(token) {
      const { key, clientId, grantId, audience } = token;
      const { isRevoked, grant } = await stores.revokedTokens.standingOf(key, grantId);
      if (isRevoked || (grant && grant.clientId !== clientId)) return FALLEN;
      if (!isSame(await stores.clients.find(clientId), token)) return FALLEN;
      if (grant && (await stores.users.find(grant.userId))?.isActive !== true) return FALLEN;
      if (typeof audience === 'string' && !(await resourceServers.find(audience))) return FALLEN;
      return { stands: true, accountId: grant?.userId };
    },
  };
}
