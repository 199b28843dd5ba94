// The modules of the back-channel logout plan (§1.7): the relying party is told of a logout that it asked for itself.
import { expect } from 'chai';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Agent } from '../agent.js';
import { openLogoutReceiver } from '../logout-receiver.js';
import { destination, walk } from '../walk.js';
import { authorizeWithError, type Bench, flow, type Json, POST_LOGOUT, random } from './bench.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const ERRORS = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

/** @param equip registers the client of the suite with these settings; the id it is known by */
export const backchannelModules = <B extends Bench>(
  equip: (bench: B, settings: Json) => Promise<string>,
) => ({
  async 'oidcc-backchannel-logout-discovery-endpoint-verification'({ app, metadata }: B) {
    expect(metadata).to.include({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
    // That every endpoint is https under an https issuer is the config plan's to check.
    expect(metadata.end_session_endpoint).to.equal(`${app.issuer}/api/oauth/logout`);
  },

  async 'oidcc-backchannel-rp-initiated-logout'(bench: B) {
    const { app, metadata } = bench;
    const receiver = await openLogoutReceiver();
    try {
      const audience = await equip(bench, {
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
        { issuer: app.issuer, audience, requiredClaims: ['iat', 'jti'] },
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
});

export const BACKCHANNEL_COUNT = 2;
