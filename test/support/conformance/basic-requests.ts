// Modules of the basic plan about the authorization request and its parameters.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { Agent } from '../agent.js';
import { REDIRECT_URI } from '../app.js';
import {
  authorize,
  authorizeWithError,
  type Bench,
  flow,
  type Modules,
  random,
  redeem,
  requestTokens,
  visit,
} from './bench.js';

/** An error page of ours: nothing leaves the provider. */
async function expectErrorPage(bench: Bench, params: Record<string, string>, code: string): Promise<void> {
  const { page, shown } = await visit(bench, { params });
  expect(shown).to.deep.equal([]);
  expect(page.location).to.equal(undefined);
  expect(page.status).to.equal(400);
  expect(page.text).to.include('Authorization error').and.include(`<code id="error-code">${code}</code>`);
  expect(page.text).not.to.include('<form');
}

/** A parameter that must be accepted silently. */
const accepts = (params: Record<string, string>) => async (bench: Bench) => {
  await flow(bench, { params });
};

/** Two logins of one browser, `secondsBetween` apart, with these parameters. */
async function twice(
  bench: Bench,
  first: Record<string, string>,
  second: Record<string, string>,
  secondsBetween = 0,
) {
  const agent = new Agent();
  await bench.clock.set(-secondsBetween);
  const before = await flow(bench, { agent, params: first });
  await bench.clock.set(0);
  return { before, after: await flow(bench, { agent, params: second }) };
}

export const requestModules: Modules = {
  async 'oidcc-response-type-missing'(bench) {
    const errors = ['invalid_request', 'unsupported_response_type'];
    // Without one, nobody knows that the answer were to be a fragment.
    await authorizeWithError(bench, errors, { params: { response_type: undefined }, answerIn: 'query' });
  },

  async 'oidcc-ensure-request-without-nonce-succeeds-for-code-flow'(bench) {
    const { claims } = await flow(bench, { params: { nonce: undefined } });
    expect(claims).not.to.have.property('nonce');
  },

  async 'oidcc-ensure-request-without-nonce-fails'(bench) {
    await authorizeWithError(bench, ['invalid_request'], { params: { nonce: undefined } });
  },

  'oidcc-display-page': accepts({ display: 'page' }),
  'oidcc-display-popup': accepts({ display: 'popup' }),

  async 'oidcc-prompt-login'(bench) {
    const { before, after } = await twice(bench, {}, { prompt: 'login' }, 5);
    expect(after.shown).to.include('login');
    expect(after.claims.sub).to.equal(before.claims.sub);
    expect(after.claims.auth_time).to.be.greaterThan(before.claims.auth_time);
  },

  async 'oidcc-prompt-none-not-logged-in'(bench) {
    const errors = [
      'login_required',
      'interaction_required',
      'consent_required',
      'account_selection_required',
    ];
    const params = { prompt: 'none', state: random(96) };
    expect(params.state).to.have.lengthOf(128);
    const { shown } = await authorizeWithError(bench, errors, { params });
    expect(shown).to.deep.equal([]);
  },

  async 'oidcc-prompt-none-logged-in'(bench) {
    const { before, after } = await twice(bench, {}, { prompt: 'none' }, 5);
    expect(after.shown).to.deep.equal([]);
    expect(after.claims).to.include({ sub: before.claims.sub, auth_time: before.claims.auth_time });
  },

  async 'oidcc-max-age-1'(bench) {
    // The suite waits two seconds; here the first login lies two seconds back.
    const { before, after } = await twice(bench, {}, { max_age: '1' }, 2);
    expect(after.shown).to.include('login');
    expect(after.claims.auth_time).to.be.greaterThan(before.claims.auth_time);
  },

  async 'oidcc-max-age-10000'(bench) {
    const { before, after } = await twice(bench, { max_age: '15000' }, { max_age: '10000' }, 5);
    expect(after.shown).to.deep.equal([]);
    expect(after.claims).to.include({ sub: before.claims.sub, auth_time: before.claims.auth_time });
  },

  'oidcc-ensure-request-with-unknown-parameter-succeeds': accepts({ extra: 'foobar' }),

  async 'oidcc-id-token-hint'(bench) {
    const agent = new Agent();
    const before = await flow(bench, { agent });
    const params = { prompt: 'none', id_token_hint: String(before.tokens.id_token) };
    const after = await flow(bench, { agent, params });
    expect(after.shown).to.deep.equal([]);
    expect(after.claims.sub).to.equal(before.claims.sub);
  },

  'oidcc-login-hint': accepts({ login_hint: 'buffy@localhost' }),
  'oidcc-ui-locales': accepts({ ui_locales: 'se' }),
  'oidcc-claims-locales': accepts({ claims_locales: 'se' }),

  async 'oidcc-ensure-request-with-acr-values-succeeds'(bench) {
    const supported = bench.metadata.acr_values_supported as string[];
    const { claims } = await flow(bench, { params: { acr_values: supported.join(' ') } });
    expect(claims.acr).to.be.oneOf(supported);
  },

  'oidcc-ensure-registered-redirect-uri': (bench) =>
    expectErrorPage(bench, { redirect_uri: `${REDIRECT_URI}/${random()}` }, 'invalid_redirect_uri'),

  // The suite ends this one with a warning for providers that take GET only.
  async 'oidcc-ensure-post-request-succeeds'(bench) {
    await redeem(bench, await authorize(bench, { method: 'POST' }));
  },

  async 'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported'(bench) {
    await authorizeWithError(bench, ['request_not_supported'], {
      params: { request: requestObject({ nonce: random() }) },
    });
    return { skipped: 'request objects are not supported, and the provider says so' };
  },

  // Request objects are off: the bad redirect_uri outside counts, and ends on our error page.
  'oidcc-ensure-request-object-with-redirect-uri': (bench) => {
    const outside = `${REDIRECT_URI}/${random()}`;
    const params = { redirect_uri: outside, request: requestObject({ redirect_uri: REDIRECT_URI }) };
    return expectErrorPage(bench, params, 'invalid_redirect_uri');
  },

  async 'oidcc-ensure-request-with-valid-pkce-succeeds'(bench) {
    const verifier = random(48);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const params = { code_challenge: challenge, code_challenge_method: 'S256' };
    const { answer, client } = await authorize(bench, { params });
    const { status } = await requestTokens(bench, client, {
      grant_type: 'authorization_code',
      code: answer.code ?? '',
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    });
    expect(status).to.equal(200);
  },

  async 'oidcc-alternate-happy-flow'(bench) {
    // Scope and query parameters the other way round.
    const { sent } = await visit(bench, { params: { scope: 'email openid' } });
    const reversed = [...sent.searchParams].reverse();
    const { idTokens, accessTokens, userInfo } = await flow(bench, { params: Object.fromEntries(reversed) });
    const claims = accessTokens.length > 0 ? idTokens : [];
    for (const idToken of claims) expect(idToken).not.to.have.any.keys('email', 'email_verified', 'name');
    expect(userInfo).to.include({ email_verified: true });
  },
};

/** A request object with alg none. */
function requestObject(claims: Record<string, string>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ iss: 'suite-client', ...claims })}.`;
}
