// Modules of the FAPI 2.0 security profile plan about the token endpoint, proofs and UserInfo.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { makeClientKey, now } from '../client-keys.js';
import type { ProofInit } from '../dpop.js';
import {
  asRs256,
  authorize,
  checkIdToken,
  checkTokens,
  expectRefusal,
  type FapiBench,
  type FapiModules,
  flow,
  redeem,
  refresh,
  userInfo,
} from './fapi2-bench.js';

const proofWith = (make: () => ProofInit) => async (bench: FapiBench) => {
  const { code } = await authorize(bench);
  checkTokens(await redeem(bench, code, { proofInit: make() }));
};

/** A code that is redeemed with such an assertion is refused. */
const refusedAssertion =
  (make: (bench: FapiBench) => Record<string, unknown>) => async (bench: FapiBench) => {
    const { code } = await authorize(bench);
    expectRefusal(await redeem(bench, code, { assertion: make(bench) }), 'invalid_client');
  };

/** Who shows no certificate is not even known. */
const withoutProof = ({ variant }: FapiBench) =>
  variant.isCertified ? ['invalid_client'] : ['invalid_grant', 'invalid_request', 'invalid_dpop_proof'];

export const fapiTokenModules: FapiModules = {
  async 'access-token-type-header-case-sensitivity'(bench) {
    const { tokens } = await flow(bench);
    const { isCertified } = bench.variant;
    for (const scheme of isCertified ? ['bearer', 'BEARER', 'BeArEr'] : ['dpop', 'DPOP', 'DpOp']) {
      expect((await userInfo(bench, String(tokens.access_token), { scheme })).status, scheme).to.equal(200);
    }
  },

  'check-dpop-proof-nbf-exp': proofWith(() => ({ claims: { nbf: now(), exp: now() + 60 } })),
  'ensure-dpopproof-with-iat-10seconds-before-succeeds': proofWith(() => ({ claims: { iat: now() - 10 } })),
  'ensure-dpopproof-with-iat-10seconds-after-succeeds': proofWith(() => ({ claims: { iat: now() + 10 } })),

  async 'ensure-client-id-in-token-endpoint'(bench) {
    const { code } = await authorize(bench);
    const fields = { client_id: bench.second.id };
    expectRefusal(await redeem(bench, code, { fields }), 'invalid_client', 'invalid_request');
    checkTokens(await redeem(bench, code, { fields: { client_id: bench.first.id } }));
  },

  async 'ensure-holder-of-key-required'(bench) {
    const { code } = await authorize(bench);
    expectRefusal(await redeem(bench, code, { dpop: false }), ...withoutProof(bench));
  },

  async 'ensure-authorization-code-is-bound-to-client'(bench) {
    const { code } = await authorize(bench);
    expectRefusal(await redeem(bench, code, { client: bench.second }), 'invalid_grant');
  },

  async 'attempt-reuse-authorization-code-after-one-second'(bench) {
    const { code, tokens } = await flow(bench);
    await delay(1_000);
    expectRefusal(await redeem(bench, code), 'invalid_grant');
    // The suite warns when this one lives on.
    expect((await userInfo(bench, String(tokens.access_token))).status).to.equal(401);
  },

  async 'ensure-signed-client-assertion-with-RS256-fails'(bench) {
    const { code } = await authorize(bench);
    const assertionKey = await asRs256(bench.first.key);
    expectRefusal(await redeem(bench, code, { assertionKey }), 'invalid_client');
    checkTokens(await redeem(bench, code));
  },

  async 'ensure-client-assertion-in-token-endpoint'(bench) {
    const { code } = await authorize(bench);
    const fields = {
      client_assertion: undefined,
      client_assertion_type: undefined,
      client_id: bench.first.id,
    };
    expectRefusal(await redeem(bench, code, { fields }), 'invalid_client', 'invalid_request');
  },
  'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails': refusedAssertion(() => ({
    exp: now() - 300,
  })),
  'ensure-client-assertion-with-wrong-aud-fails': refusedAssertion(() => ({ aud: 'https://other.example' })),
  'ensure-client-assertion-with-no-sub-fails': refusedAssertion(() => ({ sub: undefined })),

  async 'dpop-negative-tests'(bench) {
    const { code } = await authorize(bench);
    const rsa = await makeClientKey('RS256');
    const stranger = await makeClientKey();
    const attempts: ProofInit[] = [
      { header: { typ: 'JWT' } },
      { claims: { htu: 'https://other.example/token' } },
      { claims: { htm: 'GET' } },
      { claims: { jti: undefined } },
      { claims: { iat: undefined } },
      { header: { jwk: undefined } },
      { header: { jwk: stranger.publicJwk } },
    ];
    for (const proofInit of attempts) {
      expectRefusal(await redeem(bench, code, { proofInit }), 'invalid_dpop_proof');
    }
    expectRefusal(await redeem(bench, code, { dpop: rsa }), 'invalid_dpop_proof');
    const answer = await redeem(bench, code);
    checkTokens(answer);
    const token = String(answer.body.access_token);
    expect((await userInfo(bench, token, { init: { accessToken: 'another' } })).status).to.equal(401);
    expect((await userInfo(bench, token, { init: { method: 'POST' } })).status).to.equal(401);
    expect((await userInfo(bench, token, { scheme: 'Bearer' })).status).to.be.oneOf([400, 401]);
    expect((await userInfo(bench, token)).status).to.equal(200);
  },

  async 'refresh-token'(bench) {
    const fields = { scope: 'openid profile offline_access', prompt: 'consent' };
    const { tokens, claims } = await flow(bench, { fields });
    const token = String(tokens.refresh_token);
    const answer = await refresh(bench, token);
    checkTokens(answer);
    // The profile wants no rotation.
    expect(answer.body.refresh_token).to.equal(token);
    const again = await checkIdToken(bench, answer.body.id_token, {
      client_id: bench.first.id,
      nonce: claims.nonce as string,
    });
    expect(again).to.include({ sub: claims.sub, auth_time: claims.auth_time });
    checkTokens(await refresh(bench, token));
    expectRefusal(await refresh(bench, token, { client: bench.second }), 'invalid_grant');
    expectRefusal(await refresh(bench, token, { dpop: false }), ...withoutProof(bench));
  },

  async 'ensure-pkce-code-verifier-required'(bench) {
    const { code } = await authorize(bench);
    expectRefusal(
      await redeem(bench, code, { fields: { code_verifier: undefined } }),
      'invalid_grant',
      'invalid_request',
    );
  },
  async 'incorrect-pkce-code-verifier-rejected'(bench) {
    const { code } = await authorize(bench);
    expectRefusal(await redeem(bench, code, { fields: { code_verifier: 'w'.repeat(64) } }), 'invalid_grant');
  },
};
