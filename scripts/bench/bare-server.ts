// The baseline: the library alone, as fast as it goes. An in-memory map, the clients known from the start with
// their secrets in clear, users without passwords, login and consent without a page. Environment: PORT, USERS.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type JWK, Provider } from 'oidc-provider';
import { makeEphemeralKeys, SIGNING_ALGS } from '../../src/keys/signing-keys.js';
import { randomToken } from '../../src/lib/ids.js';
import { claimsByScope, SCOPES } from '../../src/provider/claims.js';
import { userClaims } from '../../src/users/claims.js';
import { createMapAdapterFactory } from './bare-adapter.js';
import { fullUsers, lightUsers, SERVICE_CLIENT, WEB_CLIENT } from './dataset.js';

const port = Number(process.env.PORT);
const count = Number(process.env.USERS);
const users = [...lightUsers(count), ...fullUsers(count)];
const usersById = new Map(users.map((user) => [user.id, user]));
const idsByEmail = new Map(users.map(({ id, email }) => [email, id]));

const cookie = { httpOnly: true, overwrite: true, sameSite: 'lax', signed: true } as const;
const ownOnly = (_ctx: unknown, client: { clientId: string }, token: { clientId?: string | undefined }) =>
  token.clientId === client.clientId;

const provider = new Provider(`http://localhost:${port}`, {
  adapter: createMapAdapterFactory(),
  claims: claimsByScope(),
  clients: [WEB_CLIENT, SERVICE_CLIENT].map((client) => ({
    ...client,
    redirect_uris: [...client.redirect_uris],
    grant_types: [...client.grant_types],
    response_types: [...client.response_types],
  })),
  cookies: { keys: [randomToken()], long: cookie, short: cookie },
  enabledJWA: { idTokenSigningAlgValues: [...SIGNING_ALGS] },
  features: {
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    introspection: { enabled: true, allowedPolicy: ownOnly },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: { enabled: false },
    revocation: { enabled: true, allowedPolicy: ownOnly },
    rpInitiatedLogout: { enabled: true },
    userinfo: { enabled: true },
  },
  findAccount: (_ctx, sub) => {
    const user = usersById.get(sub);
    return user && { accountId: sub, claims: () => ({ ...userClaims(user, {}), sub }) };
  },
  formats: { bitsOfOpaqueRandomness: 256 },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  jwks: { keys: (await makeEphemeralKeys()).signing as (JWK & { kty: string })[] },
  pkce: { required: () => false },
  responseTypes: ['code'],
  rotateRefreshToken: () => true,
  scopes: SCOPES,
  subjectTypes: ['public'],
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 300,
    ClientCredentials: 3600,
    Grant: 30 * 86_400,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 30 * 86_400,
    Session: 14 * 86_400,
  },
});

/** Answers whatever is asked at once: the user named in login_hint logs in, and agrees to everything. */
async function interact(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);
  if (prompt.name === 'login') {
    const accountId = idsByEmail.get(String(params.login_hint)) ?? '';
    return provider.interactionFinished(req, res, { login: { accountId } });
  }
  const accountId = session?.accountId ?? '';
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant = known ?? new provider.Grant({ accountId, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope));
  await provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
}

const callback = provider.callback();
createServer((req, res) => {
  if (!req.url?.startsWith('/interaction/')) return callback(req, res);
  return interact(req, res).catch((error) => res.writeHead(500).end(String(error)));
}).listen(port, '127.0.0.1');
