// Answers that other people's pages cannot read.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { authorizeUrl, exchangeCode, SPA_CLIENT, signIn, startApp, type TestApp } from '../support/app.js';

const VERIFIER = 'a-verifier-of-the-test-suite-that-is-long-enough-0001';
const CHALLENGE = '-5d003B90FHSLN-9OpyECZsij6wMC-wm4wtgAIcmYPU';

const spa = {
  client_id: SPA_CLIENT.client_id,
  redirect_uri: SPA_CLIENT.redirect_uris[0] ?? '',
  scope: 'openid profile',
};

describe('cross-origin requests', () => {
  let app: TestApp;
  let accessToken: string;

  before(async () => {
    app = await startApp();
    const url = authorizeUrl(app.issuer, {
      ...spa,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    });
    const back = await signIn(new Agent(), app.issuer, url);
    const { body } = await exchangeCode(app.issuer, back.searchParams.get('code') ?? '', {
      ...spa,
      client_secret: '',
      code_verifier: VERIFIER,
    });
    accessToken = body.access_token ?? '';
    expect(accessToken).not.to.equal('');
  });

  after(() => app.close());

  const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');
  const SPA_ORIGIN = 'https://spa.example';

  function post(path: string, origin: string, fields: Record<string, string>) {
    const body = new URLSearchParams(fields);
    return fetch(`${app.issuer}/api/oauth/${path}`, { method: 'POST', headers: { origin }, body });
  }

  const token = { client_id: 'spa', grant_type: 'refresh_token', refresh_token: 'x' };

  for (const origin of [
    'https://evil.example',
    'null',
    'https://rp.example',
    'http://spa.example',
    'https://spa.example:444',
    'https://spa.example.evil.example',
    'https://sub.spa.example',
    'https://spa.example/callback',
  ]) {
    it(`from ${origin} may not be read`, async () => {
      expect(allowed(await post('token', origin, token))).to.equal(null);
      expect(allowed(await post('revoke', origin, { client_id: 'spa', token: 'x' }))).to.equal(null);
      const userinfo = await fetch(`${app.issuer}/api/oauth/userinfo`, {
        headers: { origin, authorization: `Bearer ${accessToken}` },
      });
      expect(allowed(userinfo)).to.equal(null);
    });
  }

  it('from where a browser app lives may be read, without credentials', async () => {
    const answers = [
      await post('token', SPA_ORIGIN, token),
      await post('revoke', SPA_ORIGIN, { client_id: 'spa', token: 'x' }),
      await fetch(`${app.issuer}/api/oauth/userinfo`, {
        headers: { origin: SPA_ORIGIN, authorization: `Bearer ${accessToken}` },
      }),
    ];
    for (const answer of answers) {
      expect(allowed(answer)).to.equal(SPA_ORIGIN);
      expect(answer.headers.get('vary')).to.match(/origin/i);
      expect(answer.headers.get('access-control-allow-credentials')).to.equal(null);
    }
  });

  it('may read discovery and keys from anywhere, without credentials', async () => {
    for (const path of ['/.well-known/openid-configuration', '/api/oauth/jwks']) {
      const answer = await fetch(app.issuer + path, { headers: { origin: 'https://anyone.example' } });
      expect(allowed(answer)).to.be.oneOf(['*', 'https://anyone.example']);
      expect(answer.headers.get('access-control-allow-credentials')).to.equal(null);
    }
  });

  it('are asked about beforehand without credentials being offered', async () => {
    const answer = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'OPTIONS',
      headers: {
        origin: SPA_ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(answer.status).to.be.oneOf([200, 204]);
    expect(answer.headers.get('access-control-allow-credentials')).to.equal(null);
  });

  it('may read no page: neither authorization nor interaction nor logout', async () => {
    for (const url of [
      authorizeUrl(app.issuer),
      `${app.issuer}/interaction/x`,
      `${app.issuer}/api/oauth/logout`,
    ]) {
      const answer = await fetch(url, { headers: { origin: SPA_ORIGIN }, redirect: 'manual' });
      expect(allowed(answer)).to.equal(null);
    }
  });
});
