// The token endpoint says precisely what is wrong: RFC 6749 §5.2, as JSON, whatever the caller accepts.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { errors } from 'oidc-provider';
import { hashOf } from '../../src/lib/ids.js';
import { Agent } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  REDIRECT_URI,
  refresh,
  SECRET,
  signIn,
  startApp,
  type TestApp,
  userinfo,
} from '../support/app.js';
import { register } from '../support/relying-party.js';
import * as endpoint from '../support/token-endpoint.js';
import { BASIC, basic, byCode } from '../support/token-endpoint.js';

const VERIFIER = 'v'.repeat(64);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const PKCE = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };

/** What the library says only of CIBA, attestation, software statements and credentials. */
const OF_PARTS_WE_LACK =
  /login_hint_token|binding_message|user_code|unknown_user_id|transaction_failed|software_statement|attestation|credential|invalid_nonce|invalid_proof/;

describe('the token endpoint', () => {
  let app: TestApp;
  const agent = new Agent();

  before(async () => {
    app = await startApp();
    await register(app, { client_id: 'other' });
    await register(app, { client_id: 'post-only', token_endpoint_auth_method: 'client_secret_post' });
  });
  after(() => app.close());

  async function newCode(params: Record<string, string> = {}): Promise<string> {
    const back = await signIn(agent, app.issuer, authorizeUrl(app.issuer, params));
    return back.searchParams.get('code') ?? '';
  }

  const sendForm = (fields: Record<string, string>, headers?: Record<string, string>) =>
    endpoint.sendForm(app, fields, headers);
  const expectError = (answer: endpoint.Answer, error: string, status?: number) =>
    endpoint.expectTokenError(app, answer, error, status);

  it('describes each error where error_uri says', async () => {
    const page = await new Agent().get(`${app.issuer}/api/oauth/errors`);
    expect(page.status).to.equal(200);
    const codes = Object.values(errors).map((One) => {
      const { error } = new (One as typeof errors.InvalidRequest)('') as errors.OIDCProviderError;
      return error;
    });
    expect(codes).to.include.members(['invalid_request', 'invalid_grant', 'invalid_authorization_details']);
    for (const code of codes.filter((one) => one && !OF_PARTS_WE_LACK.test(one))) {
      expect(page.text).to.include(`id="${code}"`);
    }
  });

  const malformed: Record<string, [Record<string, string>, string]> = {
    'without a grant_type': [{ code: 'x', redirect_uri: REDIRECT_URI }, 'invalid_request'],
    'with an unknown grant_type': [{ grant_type: 'magic' }, 'unsupported_grant_type'],
    'with grant_type=password': [{ grant_type: 'password', username: 'a' }, 'unsupported_grant_type'],
    'with grant_type=client_credentials': [{ grant_type: 'client_credentials' }, 'unauthorized_client'],
    'with grant_type=implicit': [{ grant_type: 'implicit' }, 'unsupported_grant_type'],
    'without a code': [{ grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }, 'invalid_request'],
    'with an unknown code': [byCode('nonsense'), 'invalid_grant'],
    'without a refresh token': [{ grant_type: 'refresh_token' }, 'invalid_request'],
    'with an unknown refresh token': [{ grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
  };
  for (const [how, [fields, error]] of Object.entries(malformed)) {
    it(`answers a request ${how} with ${error}`, async () => {
      expectError(await sendForm(fields), error);
    });
  }

  it('refuses a repeated parameter', async () => {
    const code = await newCode();
    const body = new URLSearchParams(byCode(code));
    body.append('code', code);
    expectError(await endpoint.send(app, { headers: { authorization: BASIC }, body }), 'invalid_request');
  });

  it('takes forms only', async () => {
    const code = await newCode();
    const fields = { ...byCode(code), client_id: 'web-app', client_secret: SECRET };
    for (const type of ['application/json', 'text/plain']) {
      const answer = await endpoint.send(app, {
        headers: { 'content-type': type },
        body: JSON.stringify(fields),
      });
      expectError(answer, 'invalid_request');
    }
    const multipart = new FormData();
    for (const [name, value] of Object.entries(fields)) multipart.append(name, value);
    expectError(await endpoint.send(app, { body: multipart }), 'invalid_request');
    expect((await exchangeCode(app.issuer, code)).status, 'the code is still good').to.equal(200);
  });

  it('takes POST only', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await fetch(`${app.issuer}/api/oauth/token?grant_type=authorization_code`, { method });
      expect(response.status, method).to.equal(405);
      expect(response.headers.get('allow'), method).to.include('POST');
      expect(await response.json(), method).to.include({ error: 'invalid_request' });
    }
  });

  it('does not read parameters from the address', async () => {
    const query = new URLSearchParams(byCode(await newCode()));
    const response = await fetch(`${app.issuer}/api/oauth/token?${query}`, {
      method: 'POST',
      headers: { authorization: BASIC, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(response.status).to.equal(400);
    expect(await response.json()).to.include({ error: 'invalid_request' });
  });

  describe('and codes', () => {
    const wrongUris = [
      'https://rp.example/other',
      'https://rp.example/callback/',
      'https://rp.example/Callback',
    ];
    for (const redirect_uri of wrongUris) {
      it(`refuses one that was sent to another redirect_uri than ${redirect_uri}`, async () => {
        expectError(await sendForm(byCode(await newCode(), { redirect_uri })), 'invalid_grant');
      });
    }

    it('refuses one without redirect_uri', async () => {
      const answer = await sendForm({ grant_type: 'authorization_code', code: await newCode() });
      expectError(answer, String(answer.body.error));
      expect(answer.body.error).to.be.oneOf(['invalid_request', 'invalid_grant']);
    });

    const wrongVerifiers: Record<string, Record<string, string>> = {
      'a wrong verifier': { code_verifier: 'w'.repeat(64) },
      'no verifier': {},
      'the challenge as verifier': { code_verifier: CHALLENGE },
    };
    for (const [what, fields] of Object.entries(wrongVerifiers)) {
      it(`refuses ${what}`, async () => {
        expectError(await sendForm(byCode(await newCode(PKCE), fields)), 'invalid_grant');
      });
    }

    it('accepts the right verifier', async () => {
      const answer = await sendForm(byCode(await newCode(PKCE), { code_verifier: VERIFIER }));
      expect(answer.status).to.equal(200);
    });

    it('refuses a verifier for a code that was requested without PKCE (downgrade)', async () => {
      expectError(await sendForm(byCode(await newCode(), { code_verifier: VERIFIER })), 'invalid_grant');
    });

    it('refuses one of another client, and leaves it good for its own', async () => {
      const code = await newCode();
      expectError(await sendForm(byCode(code), { authorization: basic('other', SECRET) }), 'invalid_grant');
      expect((await sendForm(byCode(code))).status).to.equal(200);
    });

    it('refuses one that has expired', async () => {
      const code = await newCode();
      const { artifacts } = app.services.stores;
      const stored = await artifacts.find('AuthorizationCode', hashOf(code));
      if (!stored) throw new Error('the code is not where it is expected');
      const past = Math.floor(Date.now() / 1000) - 1;
      expect(stored.expiresAt.getTime() / 1000 - past).to.be.within(290, 302);
      await artifacts.upsert('AuthorizationCode', hashOf(code), {
        ...stored,
        payload: { ...stored.payload, exp: past },
        expiresAt: new Date(past * 1000),
      });
      expectError(await sendForm(byCode(code)), 'invalid_grant');
    });

    it('refuses one that was used, and revokes what it gave', async () => {
      const code = await newCode({ scope: 'openid offline_access', prompt: 'consent' });
      const first = await exchangeCode(app.issuer, code);
      expect((await userinfo(app.issuer, first.body.access_token ?? '')).status).to.equal(200);
      expectError(await sendForm(byCode(code)), 'invalid_grant');
      expect((await userinfo(app.issuer, first.body.access_token ?? '')).status).to.equal(401);
      const refreshed = await refresh(app.issuer, first.body.refresh_token ?? '');
      expect(refreshed.body.error).to.equal('invalid_grant');
    });

    it('gives tokens for one of ten concurrent uses at most', async () => {
      const code = await newCode();
      const answers = await Promise.all(Array.from({ length: 10 }, () => sendForm(byCode(code))));
      expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(1);
      for (const answer of answers) if (answer.status !== 200) expectError(answer, 'invalid_grant');
    });

    it('does not take a refresh token for a code, nor a code for a refresh token', async () => {
      const code = await newCode({ scope: 'openid offline_access', prompt: 'consent' });
      expectError(await sendForm({ grant_type: 'refresh_token', refresh_token: code }), 'invalid_grant');
      const { body } = await exchangeCode(app.issuer, code);
      expectError(await sendForm(byCode(String(body.refresh_token))), 'invalid_grant');
    });
  });

  it('never logs a code, a token or a secret', async () => {
    const code = await newCode({ scope: 'openid offline_access', prompt: 'consent' });
    const { body } = await exchangeCode(app.issuer, code, { client_id: 'post-only' });
    expect(body.error).to.equal('invalid_grant');
    const answer = await sendForm(byCode(code));
    const logged = app.logs.join('\n');
    const { access_token, refresh_token, id_token } = answer.body;
    for (const value of [code, access_token, refresh_token, id_token, SECRET]) {
      expect(value).to.be.a('string');
      expect(logged).not.to.include(String(value));
    }
    expect(logged).to.include('"path":"token"');
  });
});
