// Apps that register themselves with a certificate, where a policy lets them.
import { expect } from 'chai';
import type { TestApp } from '../support/app.js';
import { makeCertificate } from '../support/mutual-tls/certificates.js';
import { CERTIFICATE_HEADER, headersFor, VERIFICATION_HEADER } from '../support/mutual-tls/proxy.js';
import {
  ask,
  FEATURES,
  type Json,
  manage,
  newToken,
  REDIRECT,
  registered,
  startRegistrationApp,
  updateOf,
} from './support.js';

const CERTIFIED = {
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_san_dns: 'pay.app.example',
  tls_client_certificate_bound_access_tokens: true,
};

describe('registration with certificates', () => {
  let app: TestApp;

  before(async () => {
    app = await startRegistrationApp({
      env: {
        OAUTH_FEATURES: `${FEATURES},mtls`,
        TRUST_PROXY: '1',
        OAUTH_MTLS_PROXIES: '127.0.0.1,::1',
        OAUTH_MTLS_CERTIFICATE_HEADER: CERTIFICATE_HEADER,
        OAUTH_MTLS_VERIFICATION_HEADER: VERIFICATION_HEADER,
        OAUTH_REGISTRATION_POLICIES: JSON.stringify({ banks: { auth_methods: ['tls_client_auth'] } }),
      },
    });
  });
  after(() => app.close());

  const errorAs = async ({ client_id }: Json, dns: string) => {
    const { x509 } = makeCertificate({ names: { dns: [dns] } });
    const fields = {
      client_id,
      grant_type: 'authorization_code',
      code: 'x'.repeat(43),
      redirect_uri: REDIRECT,
    };
    const response = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'POST',
      headers: headersFor(x509.raw),
      body: new URLSearchParams(fields),
    });
    return ((await response.json()) as Json).error;
  };

  it('works, and the client is who has the certificate', async () => {
    const client = await registered(app, CERTIFIED, { policy: 'banks' });
    expect(client).to.deep.include(CERTIFIED).and.not.have.property('client_secret');
    expect(await errorAs(client, 'pay.app.example')).to.equal('invalid_grant');
    expect(await errorAs(client, 'app.example')).to.equal('invalid_client');
  });

  it('is what no other policy lets anybody do', async () => {
    const { status, body } = await ask(
      app,
      { redirect_uris: [REDIRECT], ...CERTIFIED },
      { token: await newToken(app) },
    );
    expect([status, body.error]).to.deep.equal([400, 'invalid_client_metadata']);
  });

  it('can be renamed by the client, but not taken off its tokens', async () => {
    const client = await registered(app, CERTIFIED, { policy: 'banks' });
    const changes = {
      tls_client_auth_san_dns: undefined,
      tls_client_auth_san_uri: 'urn:x',
      tls_client_certificate_bound_access_tokens: false,
    };
    const { status, body } = await manage('PUT', client, { body: updateOf(client, changes) });
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body).to.include({
      tls_client_auth_san_uri: 'urn:x',
      tls_client_certificate_bound_access_tokens: true,
    });
    expect(body).not.to.have.property('tls_client_auth_san_dns');
  });
});
