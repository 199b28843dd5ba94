// How clients prove who they are at the token endpoint, and what they are told when they cannot.
import { expect } from 'chai';
import { SECRET, startApp, type TestApp } from '../support/app.js';
import { register } from '../support/relying-party.js';
import * as endpoint from '../support/token-endpoint.js';
import { basic, byCode } from '../support/token-endpoint.js';

// Printable, but in need of form-encoding before it goes into a Basic header.
const ODD_SECRET = '50%:+/&=?~"<>{}|^`secret-with-odd-characters';

describe('client authentication', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await register(app, { client_id: 'other' });
    await register(app, { client_id: 'post-only', token_endpoint_auth_method: 'client_secret_post' });
    await register(app, { client_id: 'no-refresh', grant_types: ['authorization_code'] });
    await register(app, { client_id: 'odd.secret', client_secret: ODD_SECRET });
  });
  after(() => app.close());

  const sendForm = (fields: Record<string, string>, headers?: Record<string, string>) =>
    endpoint.sendForm(app, fields, headers);
  const expectError = (answer: endpoint.Answer, error: string, status?: number) =>
    endpoint.expectTokenError(app, answer, error, status);

  it('challenges a wrong secret in a Basic header with 401 and WWW-Authenticate', async () => {
    const answer = await sendForm(byCode('x'), { authorization: basic('web-app', 'wrong') });
    expectError(answer, 'invalid_client', 401);
    expect(answer.headers.get('www-authenticate')).to.match(/^Basic realm=/);
  });

  const wrong: Record<string, [Record<string, string>, Record<string, string>]> = {
    'an unknown client in a Basic header': [{ authorization: basic('nobody', SECRET) }, {}],
    'the secret of another client': [{ authorization: basic('odd.secret', SECRET) }, {}],
    'a confidential client without its secret': [{}, { client_id: 'web-app' }],
    'a confidential client with an empty secret': [{}, { client_id: 'post-only', client_secret: '' }],
    'a wrong secret in the form': [{}, { client_id: 'post-only', client_secret: 'wrong' }],
    'an unknown client in the form': [{}, { client_id: 'nobody', client_secret: SECRET }],
    'a public client with a secret': [{}, { client_id: 'spa', client_secret: SECRET }],
  };
  for (const [who, [headers, fields]] of Object.entries(wrong)) {
    it(`answers ${who} with invalid_client`, async () => {
      expectError(await sendForm(byCode('x', fields), headers), 'invalid_client', 401);
    });
  }

  it('accepts the secret of a confidential client in the header and in the form alike', async () => {
    // The library holds the two methods to be one; what a client is registered with is a default.
    const posted = await sendForm(byCode('x', { client_id: 'web-app', client_secret: SECRET }), {});
    expectError(posted, 'invalid_grant');
    expectError(await sendForm(byCode('x'), { authorization: basic('post-only', SECRET) }), 'invalid_grant');
  });

  it('says the same of an unknown client as of a wrong secret', async () => {
    const headers = (id: string) => ({ authorization: basic(id, 'wrong') });
    const known = await sendForm(byCode('x'), headers('web-app'));
    const unknown = await sendForm(byCode('x'), headers('nobody'));
    expect(unknown.body).to.deep.equal(known.body);
    expect(unknown.headers.get('www-authenticate')).to.equal(known.headers.get('www-authenticate'));
  });

  it('refuses a request without any client', async () => {
    const answer = await sendForm(byCode('x'), {});
    expect(answer.body.error).to.be.oneOf(['invalid_client', 'invalid_request']);
    expectError(answer, String(answer.body.error), answer.body.error === 'invalid_client' ? 401 : 400);
  });

  it('refuses a request that authenticates twice', async () => {
    const fields = { client_id: 'web-app', client_secret: SECRET };
    expectError(await sendForm(byCode('x', fields)), 'invalid_request');
  });

  it('refuses a client_id in the form that is not the one in the header', async () => {
    const answer = await sendForm(byCode('x', { client_id: 'other' }));
    expectError(answer, String(answer.body.error), answer.status);
    expect(answer.status).to.be.oneOf([400, 401]);
  });

  it('form-decodes the parts of a Basic header (RFC 6749 §2.3.1)', async () => {
    const authorization = basic('odd.secret', encodeURIComponent(ODD_SECRET));
    expectError(await sendForm(byCode('nonsense'), { authorization }), 'invalid_grant');
  });

  it('refuses a grant type that the client is not registered for', async () => {
    const fields = { grant_type: 'refresh_token', refresh_token: 'x' };
    const answer = await sendForm(fields, { authorization: basic('no-refresh', SECRET) });
    expectError(answer, 'unauthorized_client');
  });

  it('accepts an old secret beside a new one while both are valid', async () => {
    const secretHash = await app.services.hasher.hash('the-second-secret-of-the-other-client');
    await app.services.stores.clients.addSecret('other', { secretHash });
    for (const secret of [SECRET, 'the-second-secret-of-the-other-client']) {
      const authorization = basic('other', secret);
      expectError(await sendForm(byCode('nonsense'), { authorization }), 'invalid_grant');
    }
    const expired = {
      secretHash: await app.services.hasher.hash('expired-secret'),
      expiresAt: new Date(0),
    };
    await app.services.stores.clients.addSecret('other', expired);
    const authorization = basic('other', 'expired-secret');
    expectError(await sendForm(byCode('nonsense'), { authorization }), 'invalid_client', 401);
  });
});
