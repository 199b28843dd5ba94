// Modules of the FAPI 2.0 security profile plan about pushed requests and the authorization endpoint.
import { expect } from 'chai';
import { calculateJwkThumbprint } from 'jose';
import { Agent } from '../agent.js';
import { makeClientKey, now } from '../client-keys.js';
import { goOn } from '../walk.js';
import {
  addressOf,
  authorize,
  checkTokens,
  expectRefusal,
  expectRefusedVisit,
  type FapiBench,
  type FapiModules,
  type Fields,
  flow,
  push,
  pushed,
  random,
  redeem,
  requestOf,
  visit,
} from './fapi2-bench.js';

const withFields = (make: () => Fields) => async (bench: FapiBench) => {
  await flow(bench, { fields: make() });
};

/** A push that is refused with one of these errors. */
const refusedPush =
  (fields: Fields, ...errors: string[]) =>
  async (bench: FapiBench) => {
    expectRefusal(await push(bench, { fields }), ...errors);
  };

const assertionWith = (make: () => Record<string, unknown>, isTaken: boolean) => async (bench: FapiBench) => {
  const answer = await push(bench, { assertion: make() });
  if (isTaken) expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
  else expectRefusal(answer, 'invalid_client');
};

export const fapiRequestModules: FapiModules = {
  async 'discovery-end-point-verification'({ metadata, variant }) {
    const methods = metadata.token_endpoint_auth_methods_supported as string[];
    if (variant.isCertified) {
      expect(methods).to.include('tls_client_auth');
      expect(metadata.tls_client_certificate_bound_access_tokens).to.equal(true);
    } else {
      expect(methods).to.include('private_key_jwt');
      expect(metadata.token_endpoint_auth_signing_alg_values_supported).to.include.members([
        'PS256',
        'ES256',
      ]);
      expect(metadata.dpop_signing_alg_values_supported).to.include('ES256');
    }
    expect(metadata.code_challenge_methods_supported).to.include('S256');
    expect(metadata.authorization_response_iss_parameter_supported).to.equal(true);
    expect(metadata.pushed_authorization_request_endpoint).to.be.a('string');
    expect(metadata.response_types_supported).to.include('code');
    expect(metadata.id_token_signing_alg_values_supported).to.include('ES256');
    expect(metadata.subject_types_supported).to.be.an('array');
    if (variant.isSigned)
      expect(metadata.request_object_signing_alg_values_supported).to.include.members(['PS256', 'ES256']);
    if (variant.isAnswerSigned) {
      expect(metadata.response_modes_supported).to.include('jwt');
      expect(metadata.authorization_signing_alg_values_supported).to.include('ES256');
    }
  },

  async 'happy-flow'(bench) {
    await flow(bench);
    await flow(bench, { client: bench.second });
  },

  async 'user-rejects-authentication'(bench) {
    const { requestUri, sent } = await pushed(bench, { fields: { prompt: 'consent' } });
    const answer = await visit(bench, addressOf(bench, requestUri), new Agent(), { decision: 'deny' });
    expect(answer).to.include({ error: 'access_denied', state: sent.state }).and.not.have.property('code');
  },

  'ensure-authorization-request-without-state-success': withFields(() => ({ state: undefined })),
  'ensure-authorization-request-without-nonce-success': withFields(() => ({ nonce: undefined })),
  'ensure-authorization-request-with-64-char-nonce-success': withFields(() => ({ nonce: random(48) })),
  'ensure-authorization-request-with-long-nonce': withFields(() => ({ nonce: random(288) })),
  'ensure-authorization-request-with-long-state': withFields(() => ({ state: random(288) })),
  'ensure-other-scope-order-succeeds': withFields(() => ({ scope: 'profile openid' })),

  async 'test-claims-parameter-identity-claims'(bench) {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } }, id_token: { auth_time: null } });
    const { claims: idToken } = await flow(bench, { fields: { scope: 'openid', claims } });
    expect(idToken.auth_time).to.be.a('number');
  },

  // What is outside the pushed request does not count.
  async 'ensure-different-nonce-inside-and-outside-request-object'(bench) {
    const { requestUri, sent } = await pushed(bench);
    const answer = await visit(bench, addressOf(bench, requestUri, { nonce: random() }));
    const tokens = await redeem(bench, answer.code ?? '');
    checkTokens(tokens);
    const [, payload = ''] = String(tokens.body.id_token).split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).nonce).to.equal(sent.nonce);
  },
  async 'ensure-different-state-inside-and-outside-request-object'(bench) {
    const { requestUri, sent } = await pushed(bench);
    const answer = await visit(bench, addressOf(bench, requestUri, { state: random() }));
    expect(answer.state).to.equal(sent.state);
  },
  async 'state-only-outside-request-object-not-used'(bench) {
    const { requestUri } = await pushed(bench, { fields: { state: undefined } });
    expect(await visit(bench, addressOf(bench, requestUri, { state: random() }))).not.to.have.property(
      'state',
    );
  },

  'ensure-request-object-without-redirect-uri-fails': refusedPush(
    { redirect_uri: undefined },
    'invalid_request',
  ),
  'ensure-redirect-uri-in-authorization-request': refusedPush({ redirect_uri: undefined }, 'invalid_request'),
  'ensure-registered-redirect-uri': refusedPush(
    { redirect_uri: 'https://rp.example/unknown' },
    'invalid_request',
  ),
  // Not tolerated: the suite passes either way, as long as nothing is sent there.
  'plain-fapi-tolerate-unregistered-redirect-uri': refusedPush(
    { redirect_uri: 'https://rp.example/unknown' },
    'invalid_request',
  ),
  'ensure-response-type-code-idtoken-fails': refusedPush(
    { response_type: 'code id_token' },
    'unsupported_response_type',
    'invalid_request',
    'unauthorized_client',
  ),
  'ensure-response-type-token-fails': refusedPush(
    { response_type: 'token' },
    'unsupported_response_type',
    'invalid_request',
    'unauthorized_client',
  ),
  'par-ensure-pkce-required': refusedPush(
    { code_challenge: undefined, code_challenge_method: undefined },
    'invalid_request',
  ),
  'par-plain-pkce-rejected': refusedPush({ code_challenge_method: 'plain' }, 'invalid_request'),
  async 'par-authorization-request-containing-request_uri-form-param'(bench) {
    const answer = await push(bench, { outside: { request_uri: 'urn:ietf:params:oauth:request_uri:x' } });
    expectRefusal(answer, 'invalid_request', 'request_uri_not_supported');
  },

  async 'ensure-unsigned-authorization-request-without-using-par-fails'(bench) {
    const params = Object.fromEntries(
      Object.entries(requestOf(bench)).map(([name, value]) => [name, value ?? '']),
    );
    const url = `${bench.metadata.authorization_endpoint}?${new URLSearchParams(params)}`;
    await expectRefusedVisit(bench, url);
  },

  async 'par-ensure-reused-request-uri-prior-to-auth-completion-succeeds'(bench) {
    const { requestUri } = await pushed(bench);
    const url = addressOf(bench, requestUri);
    const agent = new Agent();
    expect((await goOn(agent, bench.app.issuer, url)).text).to.include('login-form');
    expect(await visit(bench, url, agent)).to.have.property('code');
  },
  async 'par-attempt-reuse-request_uri'(bench) {
    const { requestUri } = await pushed(bench);
    await visit(bench, addressOf(bench, requestUri));
    await expectRefusedVisit(bench, addressOf(bench, requestUri));
  },
  async 'par-attempt-to-use-request_uri-for-different-client'(bench) {
    const { requestUri } = await pushed(bench);
    await expectRefusedVisit(bench, addressOf(bench, requestUri, { client_id: bench.second.id }));
  },
  async 'par-attempt-invalid-http-method'(bench) {
    const url = String(bench.metadata.pushed_authorization_request_endpoint);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status } = await fetch(url, { method });
      expect(status, method).to.be.within(400, 499);
    }
  },
  async 'par-without-duplicate-parameters'(bench) {
    const { requestUri } = await pushed(bench);
    // The address holds client_id and request_uri only.
    expect(await visit(bench, addressOf(bench, requestUri))).to.have.property('code');
  },

  'par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted': assertionWith(
    () => ({ nbf: now() + 8, iat: now() + 8 }),
    true,
  ),
  'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails': assertionWith(
    () => ({ nbf: now() + 65, iat: now() + 65, exp: now() + 125 }),
    false,
  ),
  'par-test-array-as-audience-fails': async (bench) =>
    assertionWith(() => ({ aud: [bench.app.issuer] }), false)(bench),
  'par-test-par-endpoint-url-as-audience-fails': async (bench) =>
    assertionWith(() => ({ aud: bench.metadata.pushed_authorization_request_endpoint }), false)(bench),
  'par-test-token-endpoint-url-as-audience-fails': async (bench) =>
    assertionWith(() => ({ aud: bench.metadata.token_endpoint }), false)(bench),

  async 'ensure-dpopproof-at-par-endpoint-binding-success'(bench) {
    const { code } = await authorize(bench, { dpop: bench.dpop });
    checkTokens(await redeem(bench, code));
  },
  async 'ensure-dpop-auth-code-binding-success'(bench) {
    const jkt = await calculateJwkThumbprint(bench.dpop.publicJwk);
    const { code } = await authorize(bench, { fields: { dpop_jkt: jkt } });
    checkTokens(await redeem(bench, code));
  },
  async 'ensure-mismatched-dpop-jkt-fails'(bench) {
    const other = await makeClientKey();
    const fields = { dpop_jkt: await calculateJwkThumbprint(other.publicJwk) };
    expectRefusal(await push(bench, { fields, dpop: bench.dpop }), 'invalid_request', 'invalid_dpop_proof');
  },
  async 'ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt'(bench) {
    const { code } = await authorize(bench, { dpop: bench.dpop });
    expectRefusal(
      await redeem(bench, code, { dpop: await makeClientKey() }),
      'invalid_grant',
      'invalid_dpop_proof',
    );
  },
  async 'ensure-token-endpoint-fails-with-mismatched-dpop-jkt'(bench) {
    const jkt = await calculateJwkThumbprint(bench.dpop.publicJwk);
    const { code } = await authorize(bench, { fields: { dpop_jkt: jkt } });
    expectRefusal(
      await redeem(bench, code, { dpop: await makeClientKey() }),
      'invalid_grant',
      'invalid_dpop_proof',
    );
  },
};
