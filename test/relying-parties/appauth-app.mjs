// A native app with AppAuth: opens the system's browser, waits on a loopback port, exchanges the code, refreshes, revokes.
// Its last line of output says how far it came.
import { register } from 'node:module';

register('./appauth-hooks.mjs', import.meta.url);
const {
  AuthorizationNotifier,
  AuthorizationRequest,
  AuthorizationServiceConfiguration,
  BaseTokenRequestHandler,
  RevokeTokenRequest,
  TokenRequest,
} = await import('@openid/appauth');
const { NodeBasedHandler, NodeCrypto, NodeRequestor } = await import(
  '@openid/appauth/built/src/node_support/index.js'
);

const [issuer, clientId, port] = process.argv.slice(2);
const redirect_uri = `http://127.0.0.1:${port}/callback`;
const requestor = new NodeRequestor();
const configuration = await AuthorizationServiceConfiguration.fetchFromIssuer(issuer, requestor);

const notifier = new AuthorizationNotifier();
const handler = new NodeBasedHandler(Number(port));
handler.setAuthorizationNotifier(notifier);
const authorized = new Promise((resolve, reject) => {
  notifier.setAuthorizationListener((request, response, error) =>
    response ? resolve({ request, response }) : reject(new Error(error?.error)),
  );
});
handler.performAuthorizationRequest(
  configuration,
  new AuthorizationRequest(
    {
      client_id: clientId,
      redirect_uri,
      scope: 'openid profile offline_access',
      response_type: AuthorizationRequest.RESPONSE_TYPE_CODE,
      extras: { prompt: 'consent', access_type: 'offline' },
    },
    new NodeCrypto(),
  ),
);
const { request, response } = await authorized;
const tokens = new BaseTokenRequestHandler(requestor);
const first = await tokens.performTokenRequest(
  configuration,
  new TokenRequest({
    client_id: clientId,
    redirect_uri,
    grant_type: 'authorization_code',
    code: response.code,
    extras: { code_verifier: request.internal?.code_verifier ?? '' },
  }),
);
const second = await tokens.performTokenRequest(
  configuration,
  new TokenRequest({
    client_id: clientId,
    redirect_uri,
    grant_type: 'refresh_token',
    refresh_token: first.refreshToken,
  }),
);
const isRevoked = await tokens.performRevokeTokenRequest(
  configuration,
  new RevokeTokenRequest({ client_id: clientId, token: second.refreshToken }),
);
const userinfo = await requestor
  .xhr({
    url: configuration.userInfoEndpoint,
    method: 'GET',
    dataType: 'json',
    headers: { Authorization: `Bearer ${second.accessToken}` },
  })
  .then(
    () => 'still alive',
    () => 'refused',
  );
process.stdout.write(
  `\n${JSON.stringify({
    hasIdToken: typeof first.idToken === 'string',
    isNew: second.accessToken !== first.accessToken && second.refreshToken !== first.refreshToken,
    isRevoked,
    userinfo,
  })}\n`,
);
process.exit(0);
