// Refresh tokens: rotation, the retry after a lost answer, and what happens to a stolen one.
import { expect } from 'chai';
import * as client from 'openid-client';
import { Agent } from '../support/agent.js';
import { OTHER_USER, SECRET, startApp, type TestApp, USER } from '../support/app.js';
import {
  logIn,
  movableClock,
  oauthError,
  publicRelyingParty,
  type RelyingParty,
  register,
  relyingParty,
} from '../support/relying-party.js';
import { walk } from '../support/walk.js';

const OFFLINE = { scope: 'openid profile email offline_access', prompt: 'consent' };

describe('refresh tokens', () => {
  // Consumption and the grace window go by this clock; expiry by the library's, which is the real one.
  const clock = movableClock();
  let app: TestApp;
  let rp: RelyingParty;

  before(async () => {
    app = await startApp({ overrides: { clock } });
    rp = await relyingParty(app);
  });
  afterEach(() => clock.set(0));
  after(() => app.close());

  async function offlineTokens(party = rp, agent = new Agent()) {
    const { tokens } = await logIn(party, agent, OFFLINE);
    return { ...tokens, refresh_token: tokens.refresh_token ?? '' };
  }

  const redeem = (token: string | undefined, params: Record<string, string> = {}, party = rp) =>
    client.refreshTokenGrant(party.config, token ?? '', params);

  const isAlive = async (accessToken: string) => {
    const response = await fetch(`${app.issuer}/api/oauth/userinfo`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    return response.status === 200;
  };

  for (const [name, open] of Object.entries({
    confidential: () => Promise.resolve(rp),
    public: () => publicRelyingParty(app),
  })) {
    it(`rotates at every use, for a ${name} client`, async () => {
      const party = await open();
      let { refresh_token: token } = await offlineTokens(party);
      const seen = new Set([token]);
      for (let use = 0; use < 3; use += 1) {
        const answer = await redeem(token, {}, party);
        token = answer.refresh_token ?? '';
        expect(seen.has(token)).to.equal(false);
        seen.add(token);
        expect(await isAlive(answer.access_token)).to.equal(true);
      }
    });

    it(`answers a retry inside the grace window with the same successor, for a ${name} client`, async () => {
      const party = await open();
      const { refresh_token: token } = await offlineTokens(party);
      const first = await redeem(token, {}, party);
      clock.set(9);
      const retry = await redeem(token, {}, party);
      expect(retry.refresh_token).to.equal(first.refresh_token);
      expect(retry.access_token).not.to.equal(first.access_token);
      expect(await isAlive(retry.access_token)).to.equal(true);
      const next = await redeem(first.refresh_token, {}, party);
      expect(next.refresh_token).not.to.equal(first.refresh_token);
    });

    it(`revokes the whole family when one is used after the window, for a ${name} client`, async () => {
      const party = await open();
      const { refresh_token: token, access_token } = await offlineTokens(party);
      const first = await redeem(token, {}, party);
      clock.set(11);
      const error = await oauthError(redeem(token, {}, party));
      expect(error).to.include({ error: 'invalid_grant', status: 400 });
      expect((await oauthError(redeem(first.refresh_token, {}, party))).error).to.equal('invalid_grant');
      for (const accessToken of [access_token, first.access_token]) {
        expect(await isAlive(accessToken)).to.equal(false);
      }
    });
  }

  it('keeps the window where it is: a retry does not prolong it', async () => {
    const { refresh_token: token } = await offlineTokens();
    await redeem(token);
    clock.set(6);
    await redeem(token);
    clock.set(12);
    expect((await oauthError(redeem(token))).error).to.equal('invalid_grant');
  });

  it('gives concurrent retries one successor', async () => {
    const { refresh_token: token } = await offlineTokens();
    const answers = await Promise.all(Array.from({ length: 5 }, () => redeem(token)));
    expect(new Set(answers.map(({ refresh_token }) => refresh_token)).size).to.equal(1);
    await redeem(answers[0]?.refresh_token);
  });

  it('revokes one session of the user and leaves the others alone', async () => {
    const stolen = await offlineTokens();
    const other = await offlineTokens();
    await redeem(stolen.refresh_token);
    clock.set(11);
    await oauthError(redeem(stolen.refresh_token));
    clock.set(0);
    expect(await isAlive(other.access_token)).to.equal(true);
    await redeem(other.refresh_token);
  });

  it('keeps iss, sub, aud and auth_time in the new ID token, and leaves nonce as it was or out', async () => {
    const { tokens, claims } = await logIn(rp, new Agent(), OFFLINE);
    const refreshed = (await redeem(tokens.refresh_token)).claims();
    const { iss, sub, aud, auth_time } = claims;
    expect(refreshed).to.deep.include({ iss, sub, aud, auth_time });
    expect(refreshed?.iat).to.be.at.least(claims.iat);
    expect([undefined, claims.nonce]).to.include(refreshed?.nonce);
  });

  it('can be narrowed, for this answer only, and never widened', async () => {
    const { refresh_token: token } = await offlineTokens();
    const narrow = await redeem(token, { scope: 'openid' });
    expect(narrow.scope).to.equal('openid');
    const userInfo = await client.fetchUserInfo(rp.config, narrow.access_token, USER.id);
    expect(userInfo).to.deep.equal({ sub: USER.id });
    const error = await oauthError(redeem(narrow.refresh_token, { scope: 'openid phone' }));
    expect(error.error).to.equal('invalid_scope');
    const full = await redeem(narrow.refresh_token);
    expect(full.scope?.split(' ')).to.have.members(OFFLINE.scope.split(' '));
  });

  it('are of no use to another client, which does not end them either', async () => {
    await register(app, { client_id: 'thief' });
    const thief = await relyingParty(app, { clientId: 'thief' });
    const { refresh_token: token } = await offlineTokens();
    expect((await oauthError(redeem(token, {}, thief))).error).to.equal('invalid_grant');
    await redeem(token);
  });

  it('outlive the logout of the user', async () => {
    const agent = new Agent();
    const { refresh_token: token, id_token = '' } = await offlineTokens(rp, agent);
    const url = client.buildEndSessionUrl(rp.config, { id_token_hint: id_token });
    expect((await walk(agent, app.issuer, url.href)).page.text).to.include('id="signed-out"');
    const { access_token } = await redeem(token);
    expect(await isAlive(access_token)).to.equal(true);
  });

  it('end when the user withdraws consent', async () => {
    const agent = new Agent();
    const { tokens } = await logIn(rp, agent, OFFLINE, { username: OTHER_USER.email });
    const actor = `user:${OTHER_USER.id}`;
    await app.services.consents.withdraw({ userId: OTHER_USER.id, clientId: 'web-app', actor });
    expect((await oauthError(redeem(tokens.refresh_token))).error).to.equal('invalid_grant');
  });

  it('live for 30 days', async () => {
    const { refresh_token: token } = await offlineTokens();
    const answer = await client.tokenIntrospection(rp.config, token);
    expect((answer.exp ?? 0) - (answer.iat ?? 0)).to.equal(30 * 86_400);
  });

  it('of a public client end 30 days after the login, however often they are rotated', async () => {
    const party = await publicRelyingParty(app);
    const { refresh_token: token } = await offlineTokens(party);
    const before = await client.tokenIntrospection(party.config, token);
    const { refresh_token: next = '' } = await redeem(token, {}, party);
    const after = await client.tokenIntrospection(party.config, next);
    expect(after.exp).to.be.at.most(before.exp ?? 0);
  });

  it('are answered with no-store', async () => {
    const { refresh_token: token } = await offlineTokens();
    const response = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`web-app:${SECRET}`)}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
    });
    expect(response.headers.get('cache-control')).to.include('no-store');
    expect(await response.json()).to.include({ token_type: 'Bearer', expires_in: 3600 });
  });
});
