// Owns: what a token is worth: valid, expired, revoked, wrongly signed or unknown. Access tokens of both forms, and ID
// tokens. Does not: tell anybody (token-validation.ts).
import type { JWTPayload } from 'jose';
import type { Provider } from 'oidc-provider';
import type { ResourceServers } from '../clients/resource-servers.js';
import type { Feature } from '../config/features.js';
import { type Clock, fromEpochSeconds } from '../lib/clock.js';
import { hashOf } from '../lib/ids.js';
import type { JsonObject, Stores } from '../store/ports/index.js';
import { isJwt, type JwtReader } from './jwt-reader.js';
import { knownTokenOf } from './presented-jwt.js';
import { createTokenStandings, isInForce } from './token-standing.js';

export type TokenStatus = 'valid' | 'expired' | 'revoked' | 'bad_signature' | 'unknown';

export interface Verdict {
  status: TokenStatus;
  type?: 'access_token' | 'id_token' | undefined;
  /** Of a token whose signature is bad: the client it names. */
  clientId?: string | undefined;
  /** Epoch seconds. */
  exp?: number | undefined;
  scope?: string | undefined;
}

const KINDS = ['AccessToken', 'ClientCredentials'] as const;

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** The client a JWT of ours is about. */
function clientIn({ client_id: clientId, aud }: JWTPayload): string | undefined {
  return text(clientId) ?? (Array.isArray(aud) ? aud[0] : aud);
}

export interface VerdictDeps {
  config: { features: ReadonlySet<Feature> };
  provider: Provider;
  jwts: JwtReader;
  stores: Pick<Stores, 'artifacts' | 'revokedTokens' | 'clients' | 'users'>;
  resourceServers: Pick<ResourceServers, 'find'>;
  clock: Clock;
}

export function createVerdicts({ config, provider, jwts, stores, resourceServers, clock }: VerdictDeps) {
  const { artifacts, revokedTokens, clients, users } = stores;
  const standings = createTokenStandings({ config, stores, resourceServers });
  const isOver = (exp: number | undefined) => exp === undefined || fromEpochSeconds(exp) <= clock.now();

  const find = (kind: (typeof KINDS)[number], token: string): Promise<unknown> =>
    kind === 'AccessToken' ? provider.AccessToken.find(token) : provider.ClientCredentials.find(token);

  async function ofStored(
    kind: (typeof KINDS)[number],
    token: string,
    payload: JsonObject,
  ): Promise<Verdict> {
    const clientId = String(payload.clientId);
    const exp = Number(payload.exp);
    const about: Omit<Verdict, 'status'> = {
      type: 'access_token',
      clientId,
      exp,
      scope: text(payload.scope),
    };
    if (isOver(exp)) return { ...about, status: 'expired' };
    const { stands } = await standings.of({
      key: hashOf(token),
      clientId,
      grantId: text(payload.grantId),
      audience: payload.aud,
    });
    // What hangs on a session that is over, the library does not find.
    const isFound = stands && (await find(kind, token)) !== undefined;
    return { ...about, status: isFound ? 'valid' : 'revoked' };
  }

  async function ofOpaque(token: string): Promise<Verdict> {
    const key = hashOf(token);
    for (const kind of KINDS) {
      const found = await artifacts.findAnyway(kind, key);
      if (found) return ofStored(kind, token, found.payload);
    }
    const revoked = await revokedTokens.find(key);
    if (!revoked) return { status: 'unknown' };
    const status = revoked.expiresAt <= clock.now() ? 'expired' : 'revoked';
    const exp = Math.floor(revoked.expiresAt.getTime() / 1000);
    return { status, type: 'access_token', clientId: revoked.clientId, exp };
  }

  async function ofAccessToken(claims: JWTPayload): Promise<Verdict> {
    const known = knownTokenOf(claims);
    if (!known) return { status: 'unknown' };
    const { exp } = claims;
    const about = { type: 'access_token', clientId: known.clientId, exp, scope: text(claims.scope) } as const;
    if (isOver(exp)) return { ...about, status: 'expired' };
    return { ...about, status: (await standings.of(known)).stands ? 'valid' : 'revoked' };
  }

  /** An ID token tells of a login in the past: what ends it early is that its client or its user is no more. */
  async function ofIdToken(claims: JWTPayload): Promise<Verdict> {
    const { exp, sub = '' } = claims;
    const clientId = clientIn(claims) ?? '';
    const about = { type: 'id_token', clientId, exp } as const;
    if (isOver(exp)) return { ...about, status: 'expired' };
    const client = await clients.find(clientId);
    const isPublicSubject = client?.metadata.subject_type !== 'pairwise';
    const isUserThere = !isPublicSubject || (await users.find(sub))?.isActive === true;
    const stands = isInForce(client, config.features) && isUserThere;
    return { ...about, status: stands ? 'valid' : 'revoked' };
  }

  /** @throws StoreUnavailableError */
  return async (token: string): Promise<Verdict> => {
    if (!isJwt(token)) return ofOpaque(token);
    const reading = await jwts.read(token);
    switch (reading.is) {
      case 'access_token':
        return ofAccessToken(reading.claims);
      case 'id_token':
        return ofIdToken(reading.claims);
      case 'bad_signature':
        return { status: 'bad_signature', clientId: clientIn(reading.claims) };
      default:
        return { status: 'unknown' };
    }
  };
}
