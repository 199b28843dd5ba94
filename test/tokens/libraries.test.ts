// Libraries of others, unmodified, with JWT access tokens, signed introspection and revocation.
import { expect } from 'chai';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { SECRET, startApp, type TestApp } from '../support/app.js';
import { relyingParty } from '../support/relying-party.js';
import { API, BATCH, ORDERS_API, seedResourceServers } from '../support/resource-server.js';

const HTTP = { [oauth.allowInsecureRequests]: true };

describe('tokens for an API, with libraries of others', () => {
  let app: TestApp;
  let server: oauth.AuthorizationServer;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'introspection_jwt' } });
    await seedResourceServers(app);
    const issuer = new URL(app.issuer);
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, HTTP));
  });
  after(() => app.close());

  async function obtain(): Promise<[client.Configuration, string]> {
    const auth = client.ClientSecretBasic(BATCH.client_secret);
    const { config } = await relyingParty(app, { clientId: BATCH.client_id, auth });
    const tokens = await client.clientCredentialsGrant(config, { scope: 'orders.read', resource: API });
    return [config, tokens.access_token];
  }

  it('oauth4webapi accepts one at the API it is for, and at no other', async () => {
    const [, token] = await obtain();
    const request = () =>
      new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request(), API, HTTP);
    expect(claims).to.include({ client_id: BATCH.client_id, scope: 'orders.read' });
    const elsewhere = oauth.validateJwtAccessToken(server, request(), 'https://other.example', HTTP);
    expect(await elsewhere.catch((error: Error) => error.name)).to.equal('OperationProcessingError');
  });

  it('oauth4webapi understands a signed answer, and its signature', async () => {
    const [, token] = await obtain();
    const asServer = { client_id: ORDERS_API.client_id, introspection_signed_response_alg: 'RS256' };
    const response = await oauth.introspectionRequest(
      server,
      asServer,
      oauth.ClientSecretPost(SECRET),
      token,
      { ...HTTP, requestJwtResponse: true },
    );
    const told = await oauth.processIntrospectionResponse(server, asServer, response);
    await oauth.validateApplicationLevelSignature(server, response, HTTP);
    expect(told).to.include({ active: true, aud: API });
  });

  it('openid-client asks about one and takes it back', async () => {
    const [config, token] = await obtain();
    expect(await client.tokenIntrospection(config, token)).to.include({ active: true, aud: API });
    await client.tokenRevocation(config, token);
    expect(await client.tokenIntrospection(config, token)).to.deep.equal({ active: false });
  });
});
