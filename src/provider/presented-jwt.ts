// Owns: JWT access tokens at introspection and revocation. The library stores none and refuses to look at any, so it is
// handed a stand-in for one, and the adapter tells it what the JWT says. Client authentication, policies, pairwise
// subjects and signed answers stay the library's.
import type { JWTPayload } from 'jose';
import type { AdapterPayload } from 'oidc-provider';
import { type Clock, fromEpochSeconds } from '../lib/clock.js';
import { hashOf } from '../lib/ids.js';
import type { RevokedTokenStore } from '../store/ports/index.js';
import { isJwt, type JwtReader } from './jwt-reader.js';
import type { PresentedJwt, RouteName } from './request-scope.js';
import type { KnownToken, TokenStandings } from './token-standing.js';

/** No value of ours looks like it. */
const STAND_IN = 'a.jwt';

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** What the claims of one of our access tokens say; undefined when they are not such a token's. */
export function knownTokenOf({ jti, iat, aud, client_id, grant_id }: JWTPayload): KnownToken | undefined {
  const clientId = text(client_id);
  if (jti === undefined || clientId === undefined) return undefined;
  return { key: hashOf(jti), clientId, grantId: text(grant_id), issuedAt: iat, audience: aud };
}

function payloadOf(claims: JWTPayload, kind: PresentedJwt['kind'], accountId: string | undefined) {
  const { jti, iat, exp, aud, client_id, scope, grant_id, authorization_details, cnf, acr, auth_time } =
    claims;
  const confirmation = (cnf ?? {}) as { jkt?: string; 'x5t#S256'?: string };
  const members = {
    kind,
    jti,
    iat,
    exp,
    aud,
    clientId: client_id,
    scope,
    grantId: grant_id,
    accountId,
    rar: authorization_details,
    extra: acr === undefined && auth_time === undefined ? undefined : { acr, auth_time },
    ...confirmation,
  };
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as AdapterPayload;
}

export interface PresentedJwts {
  /**
   * The form as the library is to see it, and what stands behind the stand-in; undefined when the form goes on as it
   * is: it names no JWT, or, at revocation, one of another kind (RFC 7009 section 2.2.1).
   */
  read(
    route: RouteName,
    form: string,
    reader: JwtReader,
  ): Promise<{ form: string; presented?: PresentedJwt | undefined } | undefined>;
}

export function createPresentedJwts({
  standings,
  revokedTokens,
  clock,
}: {
  standings: TokenStandings;
  revokedTokens: Pick<RevokedTokenStore, 'add'>;
  clock: Clock;
}): PresentedJwts {
  function present(claims: JWTPayload): PresentedJwt | undefined {
    const token = knownTokenOf(claims);
    const { exp } = claims;
    if (!token || exp === undefined) return undefined;
    const kind = token.grantId === undefined ? 'ClientCredentials' : 'AccessToken';
    return {
      id: STAND_IN,
      jti: String(claims.jti),
      kind,
      async find() {
        const { stands, accountId } = await standings.of(token);
        return stands ? payloadOf(claims, kind, accountId) : undefined;
      },
      revoke: () =>
        revokedTokens.add(token.key, {
          clientId: token.clientId,
          revokedAt: clock.now(),
          expiresAt: fromEpochSeconds(exp),
        }),
    };
  }

  return {
    async read(route, form, reader) {
      const params = new URLSearchParams(form);
      const [token, ...more] = params.getAll('token');
      if (token === undefined || more.length > 0 || !isJwt(token)) return undefined;
      const reading = await reader.read(token);
      const isAccessToken = reading.is === 'access_token';
      if (route === 'revocation' && (reading.is === 'id_token' || reading.is === 'other')) return undefined;
      params.set('token', STAND_IN);
      return { form: params.toString(), presented: isAccessToken ? present(reading.claims) : undefined };
    },
  };
}
