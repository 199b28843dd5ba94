// The config plan (§1.2): one module over the discovery document of a provider whose issuer is https.
import { expect } from 'chai';
import { startApp } from '../../support/app.js';
import { deployWithTls, isDeployed } from '../../support/conformance/deployment.js';

const ISSUER = 'https://op.localhost';

/** Every member that RFC 8414, Discovery 1.0 and their extensions know; others are a warning. */
const KNOWN = `acr_values_supported authorization_endpoint authorization_response_iss_parameter_supported
  backchannel_logout_session_supported backchannel_logout_supported
  claim_types_supported claims_parameter_supported claims_supported code_challenge_methods_supported
  dpop_signing_alg_values_supported end_session_endpoint grant_types_supported id_token_signing_alg_values_supported introspection_endpoint
  introspection_endpoint_auth_methods_supported issuer jwks_uri pushed_authorization_request_endpoint request_parameter_supported
  request_uri_parameter_supported require_request_uri_registration response_modes_supported
  response_types_supported revocation_endpoint revocation_endpoint_auth_methods_supported scopes_supported
  service_documentation subject_types_supported token_endpoint token_endpoint_auth_methods_supported
  token_endpoint_auth_signing_alg_values_supported
  ui_locales_supported userinfo_endpoint`.split(/\s+/);

describe('oidcc-config-certification-test-plan', () => {
  let app: { issuer: string; close(): Promise<void> };
  let issuer: string;
  let address: string;

  before(async () => {
    if (isDeployed) {
      app = await deployWithTls();
      issuer = app.issuer;
      address = app.issuer;
    } else {
      app = await startApp({ env: { OAUTH_ISSUER: ISSUER, HOST: '127.0.0.1' } });
      issuer = ISSUER;
      address = app.issuer.replace('localhost', '127.0.0.1');
    }
  });
  after(() => app.close());

  const get = (path: string) => fetch(`${address}${path}`);

  it('oidcc-discovery-endpoint-verification', async () => {
    const response = await get('/.well-known/openid-configuration');
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.match(/^application\/json/);
    const metadata = (await response.json()) as Record<string, unknown>;
    const listOf = (name: string): string[] => {
      const list = metadata[name];
      if (!Array.isArray(list)) throw new Error(`${name} is not an array`);
      expect(list, name).to.not.have.lengthOf(0);
      for (const value of list) expect(value, name).to.be.a('string');
      return list as string[];
    };

    expect(metadata.issuer).to.equal(issuer);
    expect(issuer).to.match(/^https:/);
    expect(listOf('response_types_supported')).to.include('code');
    expect(listOf('subject_types_supported')).to.include('public');
    expect(listOf('id_token_signing_alg_values_supported')).to.include('RS256');
    expect(listOf('grant_types_supported')).to.include.members(['authorization_code', 'refresh_token']);
    expect(listOf('code_challenge_methods_supported')).to.deep.equal(['S256']);
    expect(listOf('claims_supported')).to.include.members(['sub', 'name', 'email']);
    const scopes = listOf('scopes_supported');
    expect(scopes).to.include('openid');
    for (const scope of scopes) expect(scope).to.match(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
    for (const locale of listOf('ui_locales_supported')) {
      expect(Intl.getCanonicalLocales(locale)).to.deep.equal([locale]);
    }

    for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']) {
      expect(metadata, name).to.have.property(name);
    }
    for (const [name, value] of Object.entries(metadata)) {
      expect(KNOWN, 'no member the suite does not know').to.include(name);
      if (/_endpoint$|_uri$/.test(name)) {
        expect(String(value).startsWith(`${issuer}/`) && !String(value).includes('#'), name).to.equal(true);
      }
      if (/_supported$/.test(name)) expect(Array.isArray(value) || typeof value === 'boolean').to.equal(true);
    }
    // Request objects are not offered: no algorithms for them, and no warning about RS256 among these.
    expect(metadata).not.to.have.property('request_object_signing_alg_values_supported');

    await checkJwks();
  });

  /** Valid structure, nothing private or symmetric, known types, distinct kids. */
  async function checkJwks(): Promise<void> {
    const { keys } = (await (await get('/api/oauth/jwks')).json()) as { keys: Record<string, string>[] };
    const required: Record<string, string[]> = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] };
    expect(keys).to.not.have.lengthOf(0);
    for (const key of keys) {
      expect(required, 'known kty').to.have.property(key.kty ?? '');
      expect(key).to.include.all.keys('kid', 'alg', 'use', ...(required[key.kty ?? ''] ?? []));
      expect(key).not.to.have.any.keys('d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k');
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).to.equal(keys.length);
  }
});
