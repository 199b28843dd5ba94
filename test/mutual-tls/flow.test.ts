// Mutual TLS (RFC 8705) behind a proxy: whole flows of apps known by a certificate, and of tokens bound to one.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { Agent } from '../support/agent.js';
import { REDIRECT_URI, startApp, type TestApp, USER } from '../support/app.js';
import { TV } from '../support/device.js';
import { type Certified, jwkOf, makeCertificate, type Subject } from '../support/mutual-tls/certificates.js';
import { type MutualTlsProxy, openMutualTlsProxy, proxyVariables } from '../support/mutual-tls/proxy.js';
import { answerOf, askAs, certifiedParty, logInWith, userInfo } from '../support/mutual-tls/requests.js';
import { claimsOf, oauthError, prepare, register, relyingParty } from '../support/relying-party.js';
import { API, seedResourceServers } from '../support/resource-server.js';
import { destination, walk } from '../support/walk.js';

const SUBJECT: Subject = [
  ['C', 'GB'],
  ['O', 'Tea Shop'],
  ['CN', 'payments'],
];
const thumbprint = ({ x509 }: Certified) => createHash('sha256').update(x509.raw).digest('base64url');

describe('mutual TLS', () => {
  let proxy: MutualTlsProxy;
  let app: TestApp;
  let mine: Certified;
  let renewed: Certified;
  let others: Certified;
  let selfSigned: Certified;

  before(async () => {
    proxy = await openMutualTlsProxy();
    const variables = proxyVariables(proxy);
    app = await startApp({
      env: { ...variables, OAUTH_FEATURES: `${variables.OAUTH_FEATURES},device_flow` },
    });
    proxy.target = Number(new URL(app.issuer).port);
    mine = makeCertificate({ subject: SUBJECT, issuer: proxy.ca });
    renewed = makeCertificate({ subject: SUBJECT, issuer: proxy.ca });
    others = makeCertificate({ subject: [['CN', 'somebody else']], issuer: proxy.ca });
    selfSigned = makeCertificate({ subject: [['CN', 'whoever']] });
    const bound = { client_secret: undefined, tls_client_certificate_bound_access_tokens: true };
    const byName = {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=payments,O=Tea Shop,C=GB',
    };
    const grant_types = ['authorization_code', 'refresh_token', 'client_credentials'];
    await seedResourceServers(app);
    const scope = 'openid profile offline_access orders.read';
    await register(app, { client_id: 'by-ca', ...bound, ...byName, grant_types, scope });
    await register(app, {
      client_id: 'unbound',
      ...bound,
      ...byName,
      grant_types,
      tls_client_certificate_bound_access_tokens: false,
    });
    const own = {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [jwkOf(selfSigned)] },
    };
    await register(app, { client_id: 'self-signed', ...bound, ...own, grant_types });
    await register(app, { client_id: 'public', ...bound, token_endpoint_auth_method: 'none' });
    const bank = { ...byName, profile: 'fapi2', grant_types: ['authorization_code', 'refresh_token'] };
    await register(app, { client_id: 'bank', ...bound, ...bank });
    await register(app, { client_id: 'bank-with-proofs', client_secret: undefined, ...bank });
  });
  after(async () => {
    await app.close();
    await proxy.close();
  });
  afterEach(() => {
    proxy.form = 'rfc9440';
  });

  it('is advertised, with the endpoints at the origin that asks for certificates', async () => {
    const metadata = (await relyingParty(app)).config.serverMetadata();
    expect(metadata.token_endpoint_auth_methods_supported).to.include.members([
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ]);
    expect(metadata.tls_client_certificate_bound_access_tokens).to.equal(true);
    const paths = Object.entries(metadata.mtls_endpoint_aliases ?? {}).map(([name, url]) => [
      name,
      String(url).replace(proxy.origin, ''),
    ]);
    expect(Object.fromEntries(paths)).to.deep.equal({
      token_endpoint: '/api/oauth/token',
      device_authorization_endpoint: '/api/oauth/device_authorization',
      userinfo_endpoint: '/api/oauth/userinfo',
      revocation_endpoint: '/api/oauth/revoke',
      introspection_endpoint: '/api/oauth/introspect',
      pushed_authorization_request_endpoint: '/api/oauth/par',
    });
    expect(metadata.issuer).to.equal(app.issuer);
    expect(metadata.token_endpoint).to.equal(`${app.issuer}/api/oauth/token`);
  });

  for (const form of ['rfc9440', 'nginx'] as const) {
    it(`logs in by a certificate of a CA, with tokens that need it (${form})`, async () => {
      proxy.form = form;
      const rp = await certifiedParty(app, proxy, 'by-ca', mine);
      const tokens = await logInWith(rp, { params: { scope: 'openid offline_access', prompt: 'consent' } });
      const { sub } = claimsOf(tokens);
      expect(sub).to.equal(USER.id);
      expect((await client.fetchUserInfo(rp.config, tokens.access_token, sub)).sub).to.equal(sub);
      const told = await client.tokenIntrospection(rp.config, tokens.access_token);
      expect(told).to.deep.include({ active: true, cnf: { 'x5t#S256': thumbprint(mine) } });

      for (const [name, certificate] of Object.entries({ renewed, others, none: undefined })) {
        const { status, body, headers } = await userInfo(proxy, tokens.access_token, certificate);
        expect([status, body.error], name).to.deep.equal([401, 'invalid_token']);
        expect(headers.get('www-authenticate'), name).to.include('invalid_token');
      }

      // A client that authenticates is known anyway: its refresh token outlives a renewed certificate.
      const next = await certifiedParty(app, proxy, 'by-ca', renewed);
      const refreshed = await client.refreshTokenGrant(next.config, tokens.refresh_token ?? '');
      expect((await userInfo(proxy, refreshed.access_token, renewed)).status).to.equal(200);
      expect((await userInfo(proxy, refreshed.access_token, mine)).status).to.equal(401);
      const stolen = await certifiedParty(app, proxy, 'by-ca', others);
      const refused = await oauthError(
        client.refreshTokenGrant(stolen.config, refreshed.refresh_token ?? ''),
      );
      expect([refused.status, refused.error]).to.deep.equal([401, 'invalid_client']);
    });

    it(`logs in by a certificate of its own (${form})`, async () => {
      proxy.form = form;
      const rp = await certifiedParty(app, proxy, 'self-signed', selfSigned);
      const tokens = await logInWith(rp);
      expect((await userInfo(proxy, tokens.access_token, selfSigned)).status).to.equal(200);
      const again = makeCertificate({ subject: [['CN', 'whoever']] });
      for (const certificate of [again, mine, undefined]) {
        const { status, body } = await askAs(proxy, 'self-signed', certificate);
        expect([status, body.error]).to.deep.equal([401, 'invalid_client']);
      }
    });
  }

  it('takes certificates from the address of the client, and knows nobody when it has none', async () => {
    let body = JSON.stringify({ keys: [jwkOf(selfSigned)] });
    const server = createServer((_req, res) =>
      res.writeHead(200, { 'content-type': 'application/json' }).end(body),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const jwks_uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const fields = {
      client_secret: undefined,
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      jwks_uri,
    };
    const unfit = [
      '<html>',
      '{"keys":{}}',
      JSON.stringify({ keys: [{ ...jwkOf(selfSigned), x5c: [7] }] }),
      '{"keys":[]}',
    ];
    try {
      await register(app, { client_id: 'by-uri', ...fields });
      expect((await askAs(proxy, 'by-uri', selfSigned)).status).to.equal(200);
      expect((await askAs(proxy, 'by-uri', mine)).status).to.equal(401);
      for (const [index, text] of unfit.entries()) {
        body = text;
        await register(app, { client_id: `unfit-${index}`, ...fields });
        const answer = await askAs(proxy, `unfit-${index}`, selfSigned);
        expect([answer.status, answer.body.error], text).to.deep.equal([401, 'invalid_client']);
        expect(answer.body.error_uri).to.include('#invalid_client');
      }
    } finally {
      server.close();
    }
  });

  it('is a way to authenticate without binding tokens, too', async () => {
    const { status, body } = await askAs(proxy, 'unbound', mine);
    expect(status, JSON.stringify(body)).to.equal(200);
    expect((await askAs(proxy, 'unbound', others)).body.error).to.equal('invalid_client');
    const rp = await certifiedParty(app, proxy, 'unbound', mine);
    const tokens = await logInWith(rp);
    expect((await userInfo(proxy, tokens.access_token)).status).to.equal(200);
  });

  it('refuses a certificate beside a secret, and the way that is not registered', async () => {
    const twice = await askAs(proxy, 'by-ca', mine, { client_secret: 'x'.repeat(40) });
    expect([twice.status, twice.body.error]).to.deep.equal([401, 'invalid_client']);
    const other = await askAs(proxy, 'web-app', mine);
    expect([other.status, other.body.error]).to.deep.equal([401, 'invalid_client']);
  });

  it('binds JWT access tokens, which say so', async () => {
    const { status, body } = await askAs(proxy, 'by-ca', mine, { resource: API, scope: 'orders.read' });
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(decodeJwt(String(body.access_token)).cnf).to.deep.equal({ 'x5t#S256': thumbprint(mine) });
    const rp = await certifiedParty(app, proxy, 'by-ca', mine);
    const told = await client.tokenIntrospection(rp.config, String(body.access_token));
    expect(told).to.deep.include({ active: true, cnf: { 'x5t#S256': thumbprint(mine) } });
  });

  it('binds the refresh tokens of public clients', async () => {
    const auth = client.None();
    const rp = await certifiedParty(app, proxy, 'public', selfSigned, { auth });
    const { refresh_token: token = '' } = await logInWith(rp, {
      params: { scope: 'openid offline_access', prompt: 'consent' },
    });
    const thief = await certifiedParty(app, proxy, 'public', mine, { auth });
    expect((await oauthError(client.refreshTokenGrant(thief.config, token))).error).to.equal('invalid_grant');
    const bare = await relyingParty(app, { clientId: 'public', auth });
    expect((await oauthError(client.refreshTokenGrant(bare.config, token))).error).to.equal('invalid_grant');
    const { access_token: access } = await client.refreshTokenGrant(rp.config, token);
    expect((await userInfo(proxy, access, selfSigned)).status).to.equal(200);
    expect((await userInfo(proxy, access, mine)).status).to.equal(401);
  });

  it('gives a client of bound tokens none without a certificate, and uses no code up', async () => {
    const auth = client.None();
    const rp = await relyingParty(app, { clientId: 'public', auth });
    const { url, checks } = await prepare(rp);
    const callback = destination(await walk(new Agent(), app.issuer, url));
    expect(callback.href).to.include(REDIRECT_URI);
    const refused = await oauthError(client.authorizationCodeGrant(rp.config, callback, checks));
    expect([refused.status, refused.error]).to.deep.equal([400, 'invalid_grant']);
    const certified = await certifiedParty(app, proxy, 'public', selfSigned, { auth });
    const tokens = await client.authorizationCodeGrant(certified.config, callback, checks);
    expect((await userInfo(proxy, tokens.access_token, selfSigned)).status).to.equal(200);
  });

  it('sends the user of a device to the issuer, wherever the device has asked', async () => {
    await register(app, TV);
    const fields = { client_id: TV.client_id, scope: 'openid' };
    const url = `${proxy.origin}/api/oauth/device_authorization`;
    const init = { method: 'POST', body: new URLSearchParams(fields) };
    const { status, body } = await answerOf(await proxy.fetchWith(selfSigned)(url, init));
    expect(status).to.equal(200);
    expect(body.verification_uri).to.equal(`${app.issuer}/device`);
    expect(body.verification_uri_complete).to.equal(`${app.issuer}/device?user_code=${body.user_code}`);
  });

  it('serves the profile fapi2 in the place of private_key_jwt and DPoP', async () => {
    const metadata = { id_token_signed_response_alg: 'ES256' };
    const rp = await certifiedParty(app, proxy, 'bank', mine, { metadata });
    const tokens = await logInWith(rp, { isPushed: true });
    expect(tokens.token_type).to.equal('bearer');
    expect((await userInfo(proxy, tokens.access_token, mine)).status).to.equal(200);
    expect((await userInfo(proxy, tokens.access_token)).status).to.equal(401);
  });

  it('serves the profile fapi2 with proofs made for the aliased endpoints', async () => {
    const metadata = { id_token_signed_response_alg: 'ES256' };
    const rp = await certifiedParty(app, proxy, 'bank-with-proofs', mine, { metadata });
    const DPoP = client.getDPoPHandle(rp.config, await client.randomDPoPKeyPair('ES256'));
    const tokens = await logInWith(rp, { isPushed: true, DPoP });
    expect(tokens.token_type).to.equal('dpop');
    const { sub } = claimsOf(tokens);
    expect((await client.fetchUserInfo(rp.config, tokens.access_token, sub, { DPoP })).sub).to.equal(sub);
  });
});
