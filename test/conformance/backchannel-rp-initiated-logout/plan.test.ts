// The back-channel logout plan (§1.7): the relying party is told of a logout that it asked for itself.
import { expect } from 'chai';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Agent } from '../../support/agent.js';
import { REDIRECT_URI } from '../../support/app.js';
import { authorizeWithError, CLIENT, flow, POST_LOGOUT, random } from '../../support/conformance/bench.js';
import { describePlan } from '../../support/conformance/plan.js';
import { openLogoutReceiver } from '../../support/logout-receiver.js';
import { destination, walk } from '../../support/walk.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const ERRORS = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

describePlan(
  'oidcc-backchannel-rp-initiated-logout-certification-test-plan',
  {
    async 'oidcc-backchannel-logout-discovery-endpoint-verification'({ app, metadata }) {
      expect(metadata).to.include({
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
      });
      // That every endpoint is https under an https issuer is the config plan's to check.
      expect(metadata.end_session_endpoint).to.equal(`${app.issuer}/api/oauth/logout`);
    },

    async 'oidcc-backchannel-rp-initiated-logout'(bench) {
      const { app, metadata } = bench;
      const receiver = await openLogoutReceiver();
      try {
        await bench.register({
          client_id: CLIENT.id,
          token_endpoint_auth_method: CLIENT.auth,
          redirect_uris: [REDIRECT_URI],
          post_logout_redirect_uris: [POST_LOGOUT],
          backchannel_logout_uri: receiver.uri,
          backchannel_logout_session_required: true,
        });
        const agent = new Agent();
        const { tokens, claims } = await flow(bench, { agent });
        expect(claims.sid, 'the ID token must carry sid').to.be.a('string');

        const state = random(96);
        const params = {
          id_token_hint: String(tokens.id_token),
          post_logout_redirect_uri: POST_LOGOUT,
          state,
        };
        const url = `${metadata.end_session_endpoint}?${new URLSearchParams(params)}`;
        const back = destination(await walk(agent, app.issuer, url));

        const [token = ''] = await receiver.tokens(1);
        expect([...new URLSearchParams(receiver.received[0]).keys()]).to.deep.equal(['logout_token']);
        const { payload, protectedHeader } = await jwtVerify(
          token,
          createRemoteJWKSet(new URL(String(metadata.jwks_uri))),
          { issuer: app.issuer, audience: CLIENT.id, requiredClaims: ['iat', 'jti'] },
        );
        expect(protectedHeader).to.include({ alg: 'RS256', typ: 'logout+jwt' });
        expect(payload.events).to.deep.equal({ [EVENT]: {} });
        expect(payload).to.include({ sub: claims.sub, sid: claims.sid });
        expect(payload).not.to.have.property('nonce');

        expect(`${back.origin}${back.pathname}`).to.equal(POST_LOGOUT);
        expect(Object.fromEntries(back.searchParams)).to.deep.equal({ state });
        await authorizeWithError(bench, ERRORS, { agent, params: { prompt: 'none' } });
        expect(receiver.received).to.have.length(1);
      } finally {
        await receiver.close();
      }
    },
  },
  { count: 2, responseMode: 'default' },
);
