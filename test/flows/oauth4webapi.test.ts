// The same login by hand, step by step, with oauth4webapi: every response goes through its validation.
import { expect } from 'chai';
import * as oauth from 'oauth4webapi';
import { Agent } from '../support/agent.js';
import {
  REDIRECT_URI,
  SECRET,
  SPA_CLIENT,
  startApp,
  type TestApp,
  USER,
  WEB_CLIENT,
} from '../support/app.js';
import { register } from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

const insecure = { [oauth.allowInsecureRequests]: true };
const LOGGED_OUT = 'https://rp.example/logged-out';

interface Party {
  client: oauth.Client;
  auth: oauth.ClientAuth;
  redirectUri: string;
}

describe('oauth4webapi', () => {
  let app: TestApp;
  let as: oauth.AuthorizationServer;

  before(async () => {
    app = await startApp();
    await register(app, { client_id: 'web-post', token_endpoint_auth_method: 'client_secret_post' });
    await register(app, {
      ...SPA_CLIENT,
      client_id: 'browser-app',
      post_logout_redirect_uris: [LOGGED_OUT],
    });
    const issuer = new URL(app.issuer);
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  });

  after(() => app.close());

  const parties: Record<string, Party> = {
    client_secret_basic: {
      client: { client_id: WEB_CLIENT.client_id },
      auth: oauth.ClientSecretBasic(SECRET),
      redirectUri: REDIRECT_URI,
    },
    client_secret_post: {
      client: { client_id: 'web-post' },
      auth: oauth.ClientSecretPost(SECRET),
      redirectUri: REDIRECT_URI,
    },
    none: {
      client: { client_id: 'browser-app' },
      auth: oauth.None(),
      redirectUri: SPA_CLIENT.redirect_uris[0] ?? '',
    },
  };

  async function authorize({ client, redirectUri }: Party, agent: Agent, extra: Record<string, string> = {}) {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(as.authorization_endpoint ?? '');
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid profile email phone offline_access',
      prompt: 'consent',
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...extra,
    }).toString();
    const callback = destination(await walk(agent, app.issuer, url.href));
    return { answer: () => oauth.validateAuthResponse(as, client, callback, state), verifier, nonce };
  }

  for (const [method, party] of Object.entries(parties)) {
    it(`logs in, reads UserInfo, refreshes, revokes and logs out with ${method}`, async () => {
      const { client, auth, redirectUri } = party;
      const agent = new Agent();
      const { answer, verifier, nonce } = await authorize(party, agent);

      const tokens = await oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(
          as,
          client,
          auth,
          answer(),
          redirectUri,
          verifier,
          insecure,
        ),
        { expectedNonce: nonce, requireIdToken: true },
      );
      const claims = oauth.getValidatedIdTokenClaims(tokens);
      expect(claims?.sub).to.equal(USER.id);

      const userInfo = await oauth.processUserInfoResponse(
        as,
        client,
        USER.id,
        await oauth.userInfoRequest(as, client, tokens.access_token, insecure),
      );
      expect(userInfo).to.include({ name: '张三', email: USER.email, phone_number: USER.phone });

      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token ?? '', insecure),
      );
      expect(refreshed.refresh_token).not.to.equal(tokens.refresh_token);

      const revoked = await oauth.revocationRequest(as, client, auth, refreshed.access_token, insecure);
      await oauth.processRevocationResponse(revoked);
      const after = await oauth.userInfoRequest(as, client, refreshed.access_token, insecure);
      expect(after.status).to.equal(401);

      const endSession = new URL(as.end_session_endpoint ?? '');
      endSession.search = new URLSearchParams({
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: LOGGED_OUT,
      }).toString();
      expect(destination(await walk(agent, app.issuer, endSession.href)).href).to.equal(LOGGED_OUT);

      const silent = await authorize(party, agent, { prompt: 'none' });
      expect(silent.answer)
        .to.throw(oauth.AuthorizationResponseError)
        .with.property('error', 'login_required');
    });
  }
});
