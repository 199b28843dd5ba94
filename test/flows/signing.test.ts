// ID tokens under each algorithm a client may choose, verified by jose against the published keys.
import { expect } from 'chai';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { Agent } from '../support/agent.js';
import { startApp, type TestApp, USER } from '../support/app.js';
import { logIn, register, relyingParty } from '../support/relying-party.js';

describe('ID token signing', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  const jwks = () => createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));

  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    it(`signs with ${alg} for a client that chose it, under a published key`, async () => {
      const clientId = `client-${alg.toLowerCase()}`;
      await register(app, { client_id: clientId, id_token_signed_response_alg: alg });
      const rp = await relyingParty(app, { clientId, metadata: { id_token_signed_response_alg: alg } });
      const { tokens } = await logIn(rp, new Agent());

      const { payload, protectedHeader } = await jwtVerify(tokens.id_token ?? '', jwks(), {
        algorithms: [alg],
        issuer: app.issuer,
        audience: clientId,
        requiredClaims: ['sub', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'nonce'],
      });
      expect(payload.sub).to.equal(USER.id);
      expect(protectedHeader.kid).to.match(/^[\w-]{43}$/);
    });
  }

  it('signs with RS256 for a client that chose nothing', async () => {
    const { tokens } = await logIn(await relyingParty(app), new Agent());
    const idToken = tokens.id_token ?? '';
    expect(decodeProtectedHeader(idToken).alg).to.equal('RS256');
    await jwtVerify(idToken, jwks(), { algorithms: ['RS256'], issuer: app.issuer });
  });

  it('keeps the algorithm and the claims when refreshing', async () => {
    const clientId = 'client-es256';
    await register(app, { client_id: clientId, id_token_signed_response_alg: 'ES256' });
    const rp = await relyingParty(app, { clientId, metadata: { id_token_signed_response_alg: 'ES256' } });
    const scope = 'openid offline_access';
    const { tokens, claims } = await logIn(rp, new Agent(), { scope, prompt: 'consent' });
    const { refreshTokenGrant } = await import('openid-client');
    const refreshed = await refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
    expect(decodeProtectedHeader(refreshed.id_token ?? '').alg).to.equal('ES256');
    expect(refreshed.claims()).to.include({ sub: claims.sub, auth_time: claims.auth_time, acr: claims.acr });
  });

  it('gives every access token, code and refresh token 32 random bytes or more', async () => {
    const rp = await relyingParty(app);
    const scope = 'openid offline_access';
    const { tokens } = await logIn(rp, new Agent(), { scope, prompt: 'consent' });
    for (const value of [tokens.access_token, tokens.refresh_token]) expect(value).to.match(/^[\w-]{43,}$/);
    expect(tokens.access_token).not.to.include('.');
  });
});
