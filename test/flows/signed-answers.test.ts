// Signed authorization responses (JARM): the answer comes as a JWT that only we can have made, for this app alone.
import { expect } from 'chai';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as client from 'openid-client';
import type { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import { authorizeUrl, startApp, type TestApp, USER } from '../support/app.js';
import { claimsOf, prepare, register, relyingParty } from '../support/relying-party.js';
import { destination, postedAnswer, walk } from '../support/walk.js';

describe('signed authorization responses', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'jarm' } });
    for (const alg of ['ES256', 'EdDSA']) {
      await register(app, { client_id: `app-${alg}`, authorization_signed_response_alg: alg });
    }
  });
  after(() => app.close());

  it('are advertised', async () => {
    const { config } = await relyingParty(app);
    const metadata = config.serverMetadata();
    expect(metadata.response_modes_supported).to.include.members([
      'jwt',
      'query.jwt',
      'fragment.jwt',
      'form_post.jwt',
    ]);
    expect(metadata.authorization_signing_alg_values_supported).to.deep.equal(['RS256', 'ES256', 'EdDSA']);
  });

  for (const [clientId, alg] of [
    ['web-app', 'RS256'],
    ['app-ES256', 'ES256'],
    ['app-EdDSA', 'EdDSA'],
  ] as const) {
    it(`log in with openid-client, signed by ${alg}`, async () => {
      const metadata = { authorization_signed_response_alg: alg };
      const rp = await relyingParty(app, { clientId, metadata });
      client.useJwtResponseMode(rp.config);
      const { url, checks } = await prepare(rp);
      expect(new URL(url).searchParams.get('response_mode')).to.equal('jwt');
      const callback = destination(await walk(new Agent(), app.issuer, url));
      expect([...callback.searchParams.keys()]).to.deep.equal(['response']);
      expect(decodeProtectedHeader(callback.searchParams.get('response') ?? '').alg).to.equal(alg);
      const tokens = await client.authorizationCodeGrant(rp.config, callback, checks);
      expect(claimsOf(tokens).sub).to.equal(USER.id);
    });
  }

  /** What is inside an answer. */
  async function open(response: string | null | undefined) {
    const keys = createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));
    const { payload } = await jwtVerify(response ?? '', keys, { issuer: app.issuer, audience: 'web-app' });
    return payload;
  }

  it('last two minutes, and hold code, state and issuer', async () => {
    const url = authorizeUrl(app.issuer, { response_mode: 'query.jwt' });
    const back = destination(await walk(new Agent(), app.issuer, url));
    const payload = await open(back.searchParams.get('response'));
    expect(payload).to.have.all.keys('iss', 'aud', 'exp', 'code', 'state');
    expect(payload.state).to.equal('the-state');
    expect((payload.exp ?? 0) - Date.now() / 1000).to.be.within(60, 121);
  });

  it('come by fragment and by form as well', async () => {
    const agent = new Agent();
    const inFragment = await walk(
      agent,
      app.issuer,
      authorizeUrl(app.issuer, { response_mode: 'fragment.jwt' }),
    );
    const { hash, search } = destination(inFragment);
    expect(search).to.equal('');
    expect(await open(new URLSearchParams(hash.slice(1)).get('response'))).to.have.property('code');
    const inForm = await walk(
      agent,
      app.issuer,
      authorizeUrl(app.issuer, { response_mode: 'form_post.jwt' }),
    );
    const { fields } = postedAnswer(inForm);
    expect(Object.keys(fields)).to.deep.equal(['response']);
    expect(await open(fields.response)).to.have.property('code');
  });

  it('tell errors, too', async () => {
    const url = authorizeUrl(app.issuer, { response_mode: 'jwt', prompt: 'none' });
    const back = destination(await walk(new Agent(), app.issuer, url));
    expect([...back.searchParams.keys()]).to.deep.equal(['response']);
    const payload = await open(back.searchParams.get('response'));
    expect(payload).to.include({ error: 'login_required', state: 'the-state' }).and.not.have.property('code');
  });

  it('off, are neither advertised, nor given, nor registered', async () => {
    const off = await startApp();
    try {
      const { config } = await relyingParty(off);
      expect(config.serverMetadata().response_modes_supported).to.deep.equal([
        'form_post',
        'fragment',
        'query',
      ]);
      expect(config.serverMetadata()).not.to.have.property('authorization_signing_alg_values_supported');
      for (const mode of ['jwt', 'query.jwt', 'form_post.jwt']) {
        const { location = '' } = await new Agent().get(authorizeUrl(off.issuer, { response_mode: mode }));
        expect(new URL(location).searchParams.get('error')).to.equal('unsupported_response_mode');
      }
      const refused = register(off, { client_id: 'x', authorization_signed_response_alg: 'ES256' });
      const error = (await refused.catch((reason) => reason)) as ValidationError;
      expect(error.problems[0]?.reason).to.match(/needs jarm, which is off/);
    } finally {
      await off.close();
    }
  });
});
