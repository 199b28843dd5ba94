// Discovery and keys: true in every member, cacheable, and nothing a visitor sends can change them.
import { request } from 'node:http';
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.js';

type Metadata = Record<string, string | string[] | boolean>;

const OIDC = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';

describe('discovery', () => {
  let app: TestApp;
  let metadata: Metadata;

  const getJson = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${app.issuer}${path}`, { headers });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Metadata };
  };

  before(async () => {
    app = await startApp();
    metadata = (await getJson(OIDC)).body;
  });

  after(() => app.close());

  it('is the same document at both well-known paths', async () => {
    const oauth = await getJson(OAUTH);
    expect(oauth.status).to.equal(200);
    expect(oauth.body).to.deep.equal(metadata);
  });

  it('names the issuer without a trailing slash and every endpoint at its documented path', () => {
    expect(metadata).to.include({
      issuer: app.issuer,
      authorization_endpoint: `${app.issuer}/api/oauth/authorize`,
      token_endpoint: `${app.issuer}/api/oauth/token`,
      userinfo_endpoint: `${app.issuer}/api/oauth/userinfo`,
      jwks_uri: `${app.issuer}/api/oauth/jwks`,
      end_session_endpoint: `${app.issuer}/api/oauth/logout`,
      revocation_endpoint: `${app.issuer}/api/oauth/revoke`,
      introspection_endpoint: `${app.issuer}/api/oauth/introspect`,
      pushed_authorization_request_endpoint: `${app.issuer}/api/oauth/par`,
    });
  });

  it('says what is offered, and nothing that is not', () => {
    expect(metadata).to.deep.include({
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      subject_types_supported: ['public'],
      scopes_supported: ['openid', 'profile', 'email', 'phone', 'offline_access'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA'],
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'none',
      ],
      authorization_response_iss_parameter_supported: true,
      claims_parameter_supported: true,
      request_uri_parameter_supported: false,
    });
    expect(metadata.request_parameter_supported ?? false).to.equal(false);
    const unfit = ['registration', 'device_authorization', 'backchannel_auth'];
    for (const name of Object.keys(metadata)) {
      for (const feature of unfit) expect(name.startsWith(feature), name).to.equal(false);
    }
  });

  it('leaves out a list that would hold nothing', async () => {
    // Authorization details are on, but no API has registered a type of them.
    const other = await startApp({ env: { OAUTH_FEATURES: 'rar' } });
    try {
      const document = (await (await fetch(`${other.issuer}${OIDC}`)).json()) as Metadata;
      expect(document).not.to.have.property('authorization_details_types_supported');
      for (const [name, value] of Object.entries(document))
        if (Array.isArray(value)) expect(value, name).not.to.deep.equal([]);
    } finally {
      await other.close();
    }
  });

  it('advertises only addresses that answer', async () => {
    const addresses = Object.entries(metadata).filter(([, value]) => String(value).startsWith(app.issuer));
    expect(addresses.length).to.be.greaterThan(8);
    for (const [name, url] of addresses) {
      const methods = /^(token|revocation|introspection|pushed_authorization_request)_endpoint$/.test(name)
        ? ['POST']
        : ['GET', 'HEAD'];
      for (const method of methods) {
        const response = await fetch(String(url), { method, redirect: 'manual' });
        await response.arrayBuffer();
        expect(response.status, `${method} ${name}`).to.be.lessThan(500);
        expect(response.status, `${method} ${name}`).not.to.be.oneOf([404, 405]);
      }
    }
  });

  it('matches paths exactly', async () => {
    for (const path of [`${OIDC}/`, '/api/oauth/token/', '/API/oauth/token', '/api/oauth/Token']) {
      const response = await fetch(`${app.issuer}${path}`);
      expect(response.status, path).to.equal(404);
      await response.arrayBuffer();
    }
  });

  it('may be cached, as may the keys', async () => {
    for (const path of [OIDC, OAUTH, '/api/oauth/jwks']) {
      const { headers } = await getJson(path);
      const maxAge = path.endsWith('jwks') ? 3600 : 300;
      expect(headers.get('cache-control'), path).to.equal(`public, max-age=${maxAge}`);
      expect(headers.get('set-cookie'), path).to.equal(null);
    }
  });

  it('is JSON even for a browser', async () => {
    for (const path of [OIDC, OAUTH, '/api/oauth/jwks']) {
      const { headers } = await getJson(path, { accept: 'text/html' });
      expect(headers.get('content-type'), path).to.match(/^application\/(jwk-set\+)?json/);
    }
  });

  it('can be read by a page of any origin', async () => {
    for (const path of [OIDC, '/api/oauth/jwks']) {
      const { headers } = await getJson(path, { origin: 'https://anybody.example' });
      const allowed = headers.get('access-control-allow-origin');
      expect(['*', 'https://anybody.example'], path).to.include(allowed);
      expect(headers.get('access-control-allow-credentials'), path).to.equal(null);
    }
  });

  it('publishes public keys only, each under a kid of its own', async () => {
    const { body } = await getJson('/api/oauth/jwks');
    const keys = body.keys as unknown as Record<string, unknown>[];
    expect(keys.map(({ alg }) => alg).sort()).to.deep.equal(['ES256', 'EdDSA', 'RS256']);
    expect(new Set(keys.map(({ kid }) => kid)).size).to.equal(keys.length);
    for (const key of keys) {
      expect(key.kid).to.be.a('string').and.not.equal('');
      expect(key.use).to.equal('sig');
      expect(key.kty).to.be.oneOf(['RSA', 'EC', 'OKP']);
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
        expect(key).not.to.have.property(secret);
    }
  });

  /** fetch() does not let its caller choose the Host header. */
  function getWithHost(headers: Record<string, string>): Promise<{ status: number; text: string }> {
    const { hostname, port } = new URL(app.issuer);
    return new Promise((resolve, reject) => {
      request({ hostname, port, path: OIDC, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end();
    });
  }

  const poison: Record<string, Record<string, string>> = {
    Host: { host: 'evil.example' },
    'X-Forwarded-Host': { 'x-forwarded-host': 'evil.example' },
    'X-Forwarded-Proto': { 'x-forwarded-proto': 'https', 'x-forwarded-port': '666' },
    Forwarded: { forwarded: 'host=evil.example;proto=https' },
    'all of them': {
      host: 'evil.example:666',
      'x-forwarded-host': 'evil.example, other.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
      'x-forwarded-for': '1.2.3.4',
    },
  };
  for (const [name, headers] of Object.entries(poison)) {
    it(`is not changed by a foreign ${name}`, async () => {
      const { status, text } = await getWithHost(headers);
      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.deep.equal(metadata);
    });
  }

  it('refuses a Host header that is none', async () => {
    for (const host of ['user@evil.example', 'evil.example/path', 'a b']) {
      const { status } = await getWithHost({ host });
      expect(status, host).to.equal(400);
    }
  });

  it('speaks of https and of nothing else when that is the issuer, whatever the connection', async () => {
    const other = await startApp({
      env: { OAUTH_ISSUER: 'https://op.localhost', HOST: '127.0.0.1' },
    });
    try {
      const response = await fetch(`${other.issuer.replace('localhost', '127.0.0.1')}${OIDC}`);
      const document = (await response.json()) as Metadata;
      expect(document.issuer).to.equal('https://op.localhost');
      for (const [name, value] of Object.entries(document)) {
        if (/_endpoint$|_uri$/.test(name)) expect(value, name).to.match(/^https:\/\/op\.localhost\//);
      }
      expect(response.headers.get('strict-transport-security')).to.include('max-age=31536000');
    } finally {
      await other.close();
    }
  });
});
