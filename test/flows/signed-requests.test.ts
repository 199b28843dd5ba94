// Signed request objects (RFC 9101), by value and pushed: what is signed counts, and what is not signed right does not.
import { expect } from 'chai';
import { UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import type { ValidationError } from '../../src/lib/errors.js';
import { Agent, type Page } from '../support/agent.js';
import { REDIRECT_URI, startApp, type TestApp, USER } from '../support/app.js';
import { type ClientKey, jwksOf, makeClientKey, now, signed } from '../support/client-keys.js';
import { claimsOf, prepare, type RelyingParty, register, relyingParty } from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

const ID = 'signing-app';
const STRICT = 'only-signed';

describe('signed request objects', () => {
  let app: TestApp;
  let key: ClientKey;
  let rsa: ClientKey;
  let stranger: ClientKey;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'jar,par' } });
    [key, rsa, stranger] = await Promise.all([makeClientKey(), makeClientKey('PS256'), makeClientKey()]);
    await register(app, { client_id: ID, jwks: jwksOf(key, rsa) });
    const strict = { require_signed_request_object: true, request_object_signing_alg: 'ES256' };
    await register(app, { client_id: STRICT, jwks: jwksOf(key, rsa), ...strict });
    await register(app, { client_id: 'no-keys' });
  });
  after(() => app.close());

  const requestClaims = (others: Record<string, unknown> = {}, clientId = ID) => ({
    iss: clientId,
    aud: app.issuer,
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    state: 'signed-state',
    iat: now(),
    nbf: now(),
    exp: now() + 60,
    ...others,
  });

  const addressOf = (request: string, more: Record<string, string> = {}, clientId = ID) =>
    `${app.issuer}/api/oauth/authorize?${new URLSearchParams({ client_id: clientId, request, ...more })}`;

  /** What the provider says of a request: an error sent to the app, or on a page. */
  async function errorOf(url: string): Promise<string> {
    const page: Page = await new Agent().follow(url, app.issuer);
    if (page.location) return new URL(page.location).searchParams.get('error') ?? 'none';
    return /<code id="error-code">(\w+)</.exec(page.text)?.[1] ?? 'none';
  }

  it('are advertised with their algorithms, none of which is none or symmetric', async () => {
    const { config } = await relyingParty(app);
    expect(config.serverMetadata()).to.deep.include({
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
      request_object_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
    });
  });

  async function finish(rp: RelyingParty, url: URL, checks: client.AuthorizationCodeGrantChecks) {
    const callback = destination(await walk(new Agent(), app.issuer, url.href));
    return claimsOf(await client.authorizationCodeGrant(rp.config, callback, checks));
  }

  it('log in with openid-client, by value and pushed', async () => {
    for (const clientId of [ID, STRICT]) {
      const rp = await relyingParty(app, { clientId });
      for (const isPushed of [false, true]) {
        const { url: plain, checks } = await prepare(rp);
        const params = Object.fromEntries(new URL(plain).searchParams);
        const signing = { key: key.privateKey, kid: key.kid };
        const byValue = await client.buildAuthorizationUrlWithJAR(rp.config, params, signing);
        const url = isPushed
          ? await client.buildAuthorizationUrlWithPAR(rp.config, byValue.searchParams)
          : byValue;
        expect(url.searchParams.has(isPushed ? 'request_uri' : 'request')).to.equal(true);
        expect((await finish(rp, url, checks)).sub).to.equal(USER.id);
      }
    }
  });

  it('count alone: whatever is beside them does not', async () => {
    const more = {
      state: 'planted',
      scope: 'openid phone',
      nonce: 'n',
      redirect_uri: 'https://evil.example/',
    };
    const walked = await walk(new Agent(), app.issuer, addressOf(await signed(key, requestClaims()), more));
    const back = destination(walked);
    expect(back.href.startsWith(`${REDIRECT_URI}?`)).to.equal(true);
    expect(back.searchParams.get('state')).to.equal('signed-state');
  });

  it('allow for clocks that are half a minute apart', async () => {
    const skewed = await signed(key, requestClaims({ nbf: now() + 8, iat: now() + 8 }));
    expect(destination(await walk(new Agent(), app.issuer, addressOf(skewed))).search).to.include('code=');
  });

  const bad: Record<string, () => Promise<string>> = {
    'without a signature': async () => new UnsecuredJWT(requestClaims()).encode(),
    'by a key that is not registered': () => signed(stranger, requestClaims()),
    'under a kid that is not its key’s': () => signed({ ...stranger, kid: key.kid }, requestClaims()),
    'with a key it brings along': () => signed(stranger, requestClaims(), { jwk: stranger.publicJwk }),
    'by HS256 with the public key': () => {
      const secret = new TextEncoder().encode(JSON.stringify(key.publicJwk)) as unknown as CryptoKey;
      return signed({ alg: 'HS256', kid: key.kid, privateKey: secret }, requestClaims());
    },
    'for another provider': () => signed(key, requestClaims({ aud: 'https://other.example' })),
    'for nobody': () => signed(key, requestClaims({ aud: undefined })),
    'of another client': () => signed(key, requestClaims({ iss: 'web-app' })),
    'of nobody': () => signed(key, requestClaims({ iss: undefined })),
    'about another client': () => signed(key, requestClaims({ client_id: 'web-app' })),
    'that has expired': () => signed(key, requestClaims({ exp: now() - 60 })),
    'that is not good yet': () => signed(key, requestClaims({ nbf: now() + 70 })),
    'inside another one': async () =>
      signed(key, requestClaims({ request: await signed(key, requestClaims()) })),
    'that names an address': () => signed(key, requestClaims({ request_uri: 'https://evil.example/' })),
    'that is no JWT': async () => 'x.y.z',
    'that is encrypted': async () => 'a.b.c.d.e',
  };
  for (const [name, make] of Object.entries(bad)) {
    it(`are refused ${name}`, async () => {
      expect(await errorOf(addressOf(await make()))).to.equal('invalid_request_object');
    });
  }

  it('cannot lead to an address that is not registered', async () => {
    const url = addressOf(await signed(key, requestClaims({ redirect_uri: 'https://evil.example/' })));
    expect(await errorOf(url)).to.equal('invalid_redirect_uri');
  });

  it('cannot bring in text that may not be stored', async () => {
    for (const state of ['a\0b', '\ud800']) {
      const page = await new Agent().follow(
        addressOf(await signed(key, requestClaims({ state }))),
        app.issuer,
      );
      const error = page.location ? new URL(page.location).searchParams.get('error') : page.text;
      expect(error).to.include('invalid_request');
    }
  });

  it('are the only way for a client that has to sign', async () => {
    const plain = new URLSearchParams({
      client_id: STRICT,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
    });
    expect(await errorOf(`${app.issuer}/api/oauth/authorize?${plain}`)).to.equal('invalid_request');
    const rp = await relyingParty(app, { clientId: STRICT });
    const pushed = client.buildAuthorizationUrlWithPAR(rp.config, plain);
    expect((await pushed.catch((error) => error)).error).to.equal('invalid_request');
  });

  it('are refused by another algorithm than the registered one', async () => {
    const request = await signed(rsa, requestClaims({}, STRICT));
    expect(await errorOf(addressOf(request, {}, STRICT))).to.equal('invalid_request_object');
  });

  it('are refused of a client that has no keys', async () => {
    const request = await signed(key, requestClaims({}, 'no-keys'));
    expect(await errorOf(addressOf(request, {}, 'no-keys'))).to.equal('invalid_request_object');
  });

  it('need keys to be registered with', async () => {
    const refused = register(app, { client_id: 'x', require_signed_request_object: true });
    const error = (await refused.catch((reason) => reason)) as ValidationError;
    expect(error.message).to.include('jwks');
  });

  it('off, are neither advertised, nor taken, nor demanded of a client', async () => {
    const off = await startApp();
    try {
      const { config } = await relyingParty(off);
      expect(config.serverMetadata().request_parameter_supported ?? false).to.equal(false);
      expect(config.serverMetadata()).not.to.have.property('request_object_signing_alg_values_supported');
      await register(off, { client_id: ID, jwks: jwksOf(key) });
      const request = await signed(key, requestClaims({ aud: off.issuer }));
      const query = new URLSearchParams({
        client_id: ID,
        request,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
      });
      const { location = '' } = await new Agent().get(`${off.issuer}/api/oauth/authorize?${query}`);
      expect(new URL(location).searchParams.get('error')).to.equal('request_not_supported');
      const refused = register(off, {
        client_id: STRICT,
        jwks: jwksOf(key),
        require_signed_request_object: true,
      });
      const error = (await refused.catch((reason) => reason)) as ValidationError;
      expect(error.problems[0]?.reason).to.match(/needs jar, which is off/);
    } finally {
      await off.close();
    }
  });
});
