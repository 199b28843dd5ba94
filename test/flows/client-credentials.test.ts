// Client credentials: a service that asks in its own name.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { postToken, SECRET, startApp, type TestApp, userinfo } from '../support/app.js';

const SERVICE = {
  client_id: 'service',
  client_name: 'A service',
  client_secret: 'service-secret-of-the-test-suite-0001',
  grant_types: ['client_credentials'],
};
const CREDENTIALS = { client_id: SERVICE.client_id, client_secret: SERVICE.client_secret };

describe('client credentials', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await app.services.clients.apply(clientInputSchema.parse(SERVICE), 'operator:test');
  });

  after(() => app.close());

  const ask = (extra: Record<string, string> = {}) =>
    postToken(app.issuer, { grant_type: 'client_credentials', ...CREDENTIALS, ...extra });

  async function introspect(token: string, credentials: Record<string, string>) {
    const response = await fetch(`${app.issuer}/api/oauth/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ token, ...credentials }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  it('give an access token for the client itself, and no refresh token or ID token', async () => {
    const { status, body, headers } = await ask();
    expect(status).to.equal(200);
    expect(body).to.have.all.keys('access_token', 'token_type', 'expires_in');
    expect(headers.get('cache-control')).to.equal('no-store');
    const told = await introspect(body.access_token ?? '', CREDENTIALS);
    expect(told).to.include({ active: true, client_id: SERVICE.client_id, token_type: 'Bearer' });
    expect(told).not.to.have.any.keys('sub', 'username');
  });

  it('give a token that tells nothing about any user, and another client nothing at all', async () => {
    const { body } = await ask();
    expect((await userinfo(app.issuer, body.access_token ?? '')).status).to.be.oneOf([401, 403]);
    const other = { client_id: 'web-app', client_secret: SECRET };
    expect(await introspect(body.access_token ?? '', other)).to.deep.equal({ active: false });
  });

  it('need the right secret', async () => {
    const { status, body } = await ask({ client_secret: 'wrong' });
    expect([status, body.error]).to.deep.equal([401, 'invalid_client']);
  });

  it('are refused to a client that was not given the grant type', async () => {
    const { status, body } = await postToken(app.issuer, { grant_type: 'client_credentials' });
    expect([status, body.error]).to.deep.equal([400, 'unauthorized_client']);
  });

  it('are refused, and its tokens with them, once the client is disabled', async () => {
    const { body } = await ask();
    const disabled = { ...SERVICE, is_active: false };
    await app.services.clients.apply(clientInputSchema.parse(disabled), 'operator:test');
    expect((await ask()).body.error).to.equal('invalid_client');
    expect((await userinfo(app.issuer, body.access_token ?? '')).status).to.equal(401);
    await app.services.clients.apply(clientInputSchema.parse(SERVICE), 'operator:test');
  });

  it('leave a code-less client without redirect URIs and response types', () => {
    expect(clientInputSchema.parse(SERVICE).redirect_uris).to.deep.equal([]);
    const needsUris = clientInputSchema.safeParse({ ...SERVICE, grant_types: ['authorization_code'] });
    expect(needsUris.error?.issues[0]?.path).to.deep.equal(['redirect_uris']);
    const isPublic = { ...SERVICE, client_secret: undefined, token_endpoint_auth_method: 'none' };
    expect(clientInputSchema.safeParse(isPublic).error?.issues[0]?.path).to.deep.equal(['grant_types']);
  });
});
