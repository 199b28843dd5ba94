// openid-client registers itself, logs a user in, refreshes, changes and deletes itself.
import { expect } from 'chai';
import * as client from 'openid-client';
import {
  type Json,
  manage,
  newToken,
  REDIRECT,
  startRegistrationApp,
  updateOf,
} from '../registration/support.js';
import { Agent } from '../support/agent.js';
import { type TestApp, USER } from '../support/app.js';
import { jwksOf, makeClientKey } from '../support/client-keys.js';
import { logIn } from '../support/relying-party.js';

describe('openid-client that registers itself', () => {
  let app: TestApp;

  before(async () => {
    app = await startRegistrationApp();
  });
  after(() => app.close());

  async function register(
    metadata: Partial<client.ClientMetadata>,
    auth?: client.ClientAuth,
  ): Promise<client.Configuration> {
    const options = { initialAccessToken: await newToken(app), execute: [client.allowInsecureRequests] };
    const asked = {
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      ...metadata,
    };
    return client.dynamicClientRegistration(new URL(app.issuer), asked, auth, options);
  }

  async function wholeLogin(config: client.Configuration): Promise<void> {
    const params = { scope: 'openid email offline_access', prompt: 'consent' };
    const { tokens, claims } = await logIn({ app, config, redirectUri: REDIRECT }, new Agent(), params);
    expect(claims.sub).to.equal(USER.id);
    const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    expect(info.email).to.equal(USER.email);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.access_token).not.to.equal(tokens.access_token);
  }

  for (const method of ['client_secret_basic', 'client_secret_post', 'none']) {
    it(`logs in by ${method}`, async () => {
      await wholeLogin(await register({ token_endpoint_auth_method: method }));
    });
  }

  it('logs in by private_key_jwt', async () => {
    const key = await makeClientKey('ES256');
    const auth = client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid });
    const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks: jwksOf(key) as never };
    await wholeLogin(await register(metadata, auth));
  });

  it('goes on after it has changed itself, and is gone once it has deleted itself', async () => {
    const config = await register({});
    const metadata = config.clientMetadata() as Json;
    const { status, body } = await manage('PUT', metadata, {
      body: updateOf(metadata, { client_name: 'Changed' }),
    });
    expect(status).to.equal(200);
    await wholeLogin(config);
    expect((await manage('DELETE', body)).status).to.equal(204);
    const refused = await client.refreshTokenGrant(config, 'x').catch((error: Error) => error);
    expect((refused as client.ResponseBodyError).error).to.equal('invalid_client');
  });

  it('is told why it is refused', async () => {
    const refused = await register({ redirect_uris: ['http://rp.example/'] }).catch((error: Error) => error);
    expect((refused as client.ResponseBodyError).error).to.equal('invalid_redirect_uri');
  });
});
