// Clients of the FAPI 2.0 security profile: what they must be, and a login of one. What is refused, module by module,
// is in test/conformance/fapi2-security-profile.
import { expect } from 'chai';
import { decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import { REDIRECT_URI, startApp, type TestApp, USER } from '../support/app.js';
import { runInProcess } from '../support/cli.js';
import { type ClientKey, jwksOf, makeClientKey } from '../support/client-keys.js';
import { claimsOf, prepare, register, relyingParty } from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

const ID = 'bank';

describe('the profile fapi2', () => {
  let app: TestApp;
  let key: ClientKey;
  let base: Record<string, unknown>;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'par,dpop,private_key_jwt,jar,jarm' } });
    key = await makeClientKey();
    base = {
      client_secret: undefined,
      profile: 'fapi2',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: jwksOf(key),
    };
    await register(app, { client_id: ID, ...base });
  });
  after(() => app.close());

  async function problems(members: Record<string, unknown>, at = app): Promise<string[]> {
    const draft = { client_name: 'x', redirect_uris: ['https://x.example/cb'], ...base, ...members };
    const { client_secret: _secret, ...input } = draft as Record<string, unknown>;
    const error = await at.services.clients
      .create(input as never, { actor: 'operator:test' })
      .catch((reason) => reason);
    if (!(error instanceof ValidationError)) throw new Error('not refused', { cause: error });
    return error.problems.map(({ field, reason }) => `${field} ${reason}`);
  }

  it('logs in with openid-client: pushed, with a key, bound to another', async () => {
    const auth = client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid });
    const metadata = { id_token_signed_response_alg: 'ES256' };
    const rp = await relyingParty(app, { clientId: ID, auth, metadata });
    const DPoP = client.getDPoPHandle(rp.config, await client.randomDPoPKeyPair('ES256'));
    const { url: plain, checks } = await prepare(rp);
    const params = new URL(plain).searchParams;
    const url = await client.buildAuthorizationUrlWithPAR(rp.config, params, { DPoP });
    const callback = destination(await walk(new Agent(), app.issuer, url.href));
    const tokens = await client.authorizationCodeGrant(rp.config, callback, checks, undefined, { DPoP });
    expect(tokens.token_type).to.equal('dpop');
    expect(decodeProtectedHeader(tokens.id_token ?? '').alg).to.equal('ES256');
    const { sub } = claimsOf(tokens);
    expect(await client.fetchUserInfo(rp.config, tokens.access_token, sub, { DPoP })).to.include({
      sub: USER.id,
    });
  });

  const bad: Record<string, [Record<string, unknown>, RegExp]> = {
    'a secret': [
      { token_endpoint_auth_method: 'client_secret_basic', jwks: undefined },
      /^token_endpoint_auth_method/,
    ],
    'no authentication': [
      { token_endpoint_auth_method: 'none', jwks: undefined },
      /^token_endpoint_auth_method/,
    ],
    'ID tokens by RS256': [
      { id_token_signed_response_alg: 'RS256' },
      /^id_token_signed_response_alg must be PS256/,
    ],
    'assertions by RS256': [{ token_endpoint_auth_signing_alg: 'RS256' }, /^token_endpoint_auth_signing_alg/],
    'requests by RS256': [{ request_object_signing_alg: 'RS256' }, /^request_object_signing_alg/],
    'answers by RS256': [
      { authorization_signed_response_alg: 'RS256' },
      /^authorization_signed_response_alg/,
    ],
    'requests that are not pushed': [{ require_pushed_authorization_requests: false }, /^require_pushed/],
    'requests without PKCE': [{ require_pkce: false }, /^require_pkce/],
    'tokens bound to nothing': [{ dpop_bound_access_tokens: false }, /^dpop_bound_access_tokens/],
    'an http address': [{ redirect_uris: ['http://localhost/cb'] }, /^redirect_uris\[0\] must be https/],
    'another profile': [{ profile: 'fapi1' }, /^profile/],
  };
  for (const [name, [members, expected]] of Object.entries(bad)) {
    it(`cannot be registered with ${name}`, async () => {
      expect((await problems(members))[0]).to.match(expected);
    });
  }

  it('can be given to a client by the command line, and only as a whole', async () => {
    const env = {
      DATA_DIR: app.dataDir,
      OAUTH_ISSUER: app.issuer,
      OAUTH_FEATURES: 'par,dpop,private_key_jwt',
    };
    const refused = await runInProcess(['client', 'update', 'web-app', '--profile', 'fapi2'], { env });
    expect(refused.code).not.to.equal(0);
    expect(refused.stderr).to.include('token_endpoint_auth_method');
    const args = ['client', 'create', 'cli-bank', '--name', 'Bank', '--redirect-uri', REDIRECT_URI];
    const more = [
      '--auth-method',
      'private_key_jwt',
      '--jwks-uri',
      'https://b.example/jwks',
      '--profile',
      'fapi2',
    ];
    const made = await runInProcess([...args, ...more, '--json'], { env });
    expect(JSON.parse(made.stdout)).to.include({ profile: 'fapi2' });
  });

  it('needs what it is made of to be on, and tokens in addresses to be off', async () => {
    const off = await startApp({ env: { OAUTH_FEATURES: 'private_key_jwt,query_token' } });
    try {
      expect(await problems({}, off)).to.deep.equal([
        'profile needs par, which is off: OAUTH_FEATURES does not have it',
        'profile needs dpop, which is off: OAUTH_FEATURES does not have it',
        'profile cannot go with query_token, which OAUTH_FEATURES has',
      ]);
    } finally {
      await off.close();
    }
  });
});
