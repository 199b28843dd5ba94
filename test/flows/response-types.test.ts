// Tokens from the authorization endpoint: for the clients that were allowed them and nobody else, and as mortal as others.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { ValidationError } from '../../src/lib/errors.js';
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
  USER,
  userinfo,
  WEB_CLIENT,
} from '../support/app.js';
import { register } from '../support/relying-party.js';
import { postedAnswer, walk } from '../support/walk.js';

const OPERATOR = { actor: 'operator:test' };
const HYBRID = ['authorization_code', 'implicit', 'refresh_token'];
const NONCE = { nonce: 'the-nonce' };

/** The parameters of an answer in a fragment, and nothing in the query. */
function fragmentOf(url: URL): Record<string, string> {
  expect(`${url.origin}${url.pathname}${url.search}`).to.equal(REDIRECT_URI);
  return Object.fromEntries(new URLSearchParams(url.hash.slice(1)));
}

describe('response types beyond code', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'par,dpop,jarm,implicit' } });
    await register(app, {
      client_id: WEB_CLIENT.client_id,
      grant_types: HYBRID,
      response_types: ['code', 'code id_token', 'code id_token token', 'id_token', 'id_token token'],
    });
  });
  after(() => app.close());

  const url = (params: Record<string, string>) => authorizeUrl(app.issuer, params);

  /** A user's answer to a request of this response type. */
  async function obtain(response_type: string, params: Record<string, string> = {}, agent = new Agent()) {
    return fragmentOf(await signIn(agent, app.issuer, url({ response_type, ...NONCE, ...params })));
  }

  const worksAtUserInfo = async (token = '') => (await userinfo(app.issuer, token)).status === 200;

  it('are taken in any order of words', async () => {
    const answer = await obtain('token id_token code');
    expect(answer).to.have.all.keys(
      'code',
      'id_token',
      'access_token',
      'token_type',
      'expires_in',
      'scope',
      'state',
    );
    const { status } = await exchangeCode(app.issuer, answer.code ?? '');
    expect(status).to.equal(200);
  });

  it('put the claims into the ID token when nothing else comes, and only then', async () => {
    const { id_token: alone = '', ...rest } = await obtain('id_token');
    expect(rest).to.deep.equal({ state: 'the-state' });
    expect(decodeJwt(alone)).to.include({
      sub: USER.id,
      nonce: 'the-nonce',
      name: USER.name,
      email: USER.email,
    });
    const { id_token: beside = '' } = await obtain('id_token token');
    expect(decodeJwt(beside)).to.include({ sub: USER.id }).and.not.have.any.keys('name', 'email');
  });

  describe('are refused', () => {
    /** Refused where nobody was asked anything; the answer. */
    async function refused(params: Record<string, string>): Promise<Record<string, string>> {
      const page = await new Agent().get(url({ ...NONCE, ...params }));
      const answer = fragmentOf(new URL(page.location ?? ''));
      expect(answer).to.include({ state: 'the-state', iss: app.issuer });
      expect(answer).not.to.have.any.keys('code', 'id_token', 'access_token');
      expect(answer.error_description).to.be.a('string').and.not.equal('');
      return answer;
    }

    it('when the client is not allowed this one', async () => {
      expect((await refused({ response_type: 'code token' })).error).to.equal('invalid_request');
      await register(app, { client_id: 'code-only' });
      for (const response_type of ['id_token', 'id_token token', 'code id_token token']) {
        const { error } = await refused({ response_type, client_id: 'code-only' });
        expect(error, response_type).to.equal('invalid_request');
      }
    });

    it('when there is no such response type here', async () => {
      for (const response_type of ['token', 'id_token none', 'code id_token token none'])
        expect((await refused({ response_type })).error, response_type).to.equal('unsupported_response_type');
    });

    it('without a nonce, where an ID token is to come', async () => {
      for (const response_type of ['id_token', 'id_token token', 'code id_token', 'code id_token token'])
        expect((await refused({ response_type, nonce: '' })).error, response_type).to.equal(
          'invalid_request',
        );
    });

    it('without openid, where an ID token is to come', async () => {
      const { error } = await refused({ response_type: 'id_token', scope: 'profile' });
      expect(error).to.equal('invalid_request');
    });

    it('in the fragment, too, when nobody may be asked', async () => {
      const { error } = await refused({ response_type: 'code id_token', prompt: 'none' });
      expect(error).to.equal('login_required');
      const off = await refused({ response_type: 'id_token', request: 'e30.e30.' });
      expect(off.error).to.equal('request_not_supported');
    });

    it('in the query, signed or not: it would end up in logs', async () => {
      const agent = new Agent();
      await obtain('id_token', {}, agent);
      for (const response_mode of ['query', 'query.jwt']) {
        for (const response_type of ['id_token', 'code id_token token']) {
          const page = await agent.get(url({ response_type, response_mode, prompt: 'none', ...NONCE }));
          const { searchParams, hash } = new URL(page.location ?? '');
          expect(hash).to.equal('');
          expect([...searchParams.keys()]).not.to.include.members(['id_token', 'access_token', 'code']);
          const { error } = Object.fromEntries(searchParams) as { error?: string };
          const jwt = searchParams.get('response');
          expect(jwt ? decodeJwt(jwt).error : error).to.equal('invalid_request');
        }
      }
    });

    it('when they are pushed, before anybody is asked', async () => {
      const response = await fetch(`${app.issuer}/api/oauth/par`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${WEB_CLIENT.client_id}:${SECRET}`)}` },
        body: new URLSearchParams({
          response_type: 'code token',
          client_id: WEB_CLIENT.client_id,
          redirect_uri: REDIRECT_URI,
          scope: 'openid',
        }),
      });
      expect(response.status).to.equal(400);
      expect(((await response.json()) as { error: string }).error).to.equal('invalid_request');
    });
  });

  it('come by form_post on our page, and as one signed answer (JARM)', async () => {
    const agent = new Agent();
    const posted = postedAnswer(
      await walk(
        agent,
        app.issuer,
        url({ response_type: 'code id_token token', response_mode: 'form_post', ...NONCE }),
      ),
    );
    expect(posted.action).to.equal(REDIRECT_URI);
    expect(posted.fields).to.include.all.keys('code', 'id_token', 'access_token', 'state');
    expect(await worksAtUserInfo(posted.fields.access_token)).to.equal(true);
    for (const response_mode of ['jwt', 'fragment.jwt']) {
      const answer = await obtain('id_token token', { response_mode }, agent);
      expect(Object.keys(answer)).to.deep.equal(['response']);
      const claims = decodeJwt(answer.response ?? '');
      expect(claims).to.include({ iss: app.issuer, aud: WEB_CLIENT.client_id, state: 'the-state' });
      expect(await worksAtUserInfo(String(claims.access_token))).to.equal(true);
    }
  });

  it('give a refresh token for the code, and none without a code, whoever asks', async () => {
    const offline = { scope: 'openid offline_access', prompt: 'consent' };
    const { code = '' } = await obtain('code id_token token', offline);
    const { body } = await exchangeCode(app.issuer, code);
    const next = await refresh(app.issuer, body.refresh_token ?? '');
    expect(next.status).to.equal(200);
    expect(decodeJwt(next.body.id_token ?? '')).to.include({ sub: USER.id, nonce: 'the-nonce' });

    await register(app, {
      client_id: 'our-own',
      is_first_party: true,
      grant_types: HYBRID,
      response_types: ['code id_token', 'id_token token'],
    });
    for (const client_id of [WEB_CLIENT.client_id, 'our-own']) {
      const { scope } = await obtain('id_token token', { ...offline, client_id });
      expect(scope, client_id).to.equal('openid');
    }
    const ofOurs = await obtain('code id_token', { client_id: 'our-own', scope: 'openid offline_access' });
    const redeemed = await exchangeCode(app.issuer, ofOurs.code ?? '', { client_id: 'our-own' });
    expect(redeemed.body.refresh_token).to.be.a('string');
  });

  it('are noted in the audit trail, with what was given out and without the tokens', async () => {
    const clientId = 'audited';
    await register(app, {
      client_id: clientId,
      grant_types: HYBRID,
      response_types: ['code id_token token'],
    });
    const answer = await obtain('code id_token token', { client_id: clientId, scope: 'openid email' });
    const events = await app.services.stores.audit.list({ clientId, limit: 20 });
    const issued = events.find(({ type }) => type === 'token.issued');
    expect(issued).to.include({
      userId: USER.id,
      scope: 'openid email',
      actor: `client:${clientId}`,
    });
    expect(issued?.grantId).to.be.a('string');
    const details = { response_type: 'code id_token token' };
    expect(issued?.details).to.deep.equal(details);
    expect(events.find(({ type }) => type === 'authorization.granted')?.details).to.deep.equal(details);
    const text = JSON.stringify(events);
    for (const name of ['code', 'id_token', 'access_token']) expect(text).not.to.include(answer[name] ?? '?');
  });

  describe('bring access tokens that die', () => {
    async function both(agent = new Agent()) {
      const { code = '', access_token: token = '' } = await obtain('code id_token token', {}, agent);
      expect(await worksAtUserInfo(token)).to.equal(true);
      return { code, token };
    }

    it('when the code that came with them is used twice', async () => {
      const { code, token } = await both();
      await exchangeCode(app.issuer, code);
      expect((await exchangeCode(app.issuer, code)).body.error).to.equal('invalid_grant');
      expect(await worksAtUserInfo(token)).to.equal(false);
    });

    it('together with the code, when one of them is given back', async () => {
      const { code, token } = await both();
      const response = await fetch(`${app.issuer}/api/oauth/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: WEB_CLIENT.client_id, client_secret: SECRET, token }),
      });
      expect(response.status).to.equal(200);
      expect(await worksAtUserInfo(token)).to.equal(false);
      expect((await exchangeCode(app.issuer, code)).body.error).to.equal('invalid_grant');
    });

    it('when the user takes the consent back', async () => {
      const { code, token } = await both();
      const decision = { userId: USER.id, clientId: WEB_CLIENT.client_id, actor: `user:${USER.id}` };
      await app.services.consents.withdraw(decision);
      expect(await worksAtUserInfo(token)).to.equal(false);
      expect((await exchangeCode(app.issuer, code)).status).to.equal(400);
    });

    it('when the client is switched off, or the user is', async () => {
      const { token } = await both();
      await app.services.clients.setActive(WEB_CLIENT.client_id, false, OPERATOR);
      expect(await worksAtUserInfo(token)).to.equal(false);
      await app.services.clients.setActive(WEB_CLIENT.client_id, true, OPERATOR);
      expect(await worksAtUserInfo(token)).to.equal(true);
      const user = await app.services.stores.users.find(USER.id);
      if (!user) throw new Error('no user');
      await app.services.stores.users.save({ ...user, isActive: false });
      expect(await worksAtUserInfo(token)).to.equal(false);
      await app.services.stores.users.save({ ...user, isActive: true });
    });

    it('when the user logs out', async () => {
      const agent = new Agent();
      const { token } = await both(agent);
      await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      expect(await worksAtUserInfo(token)).to.equal(false);
    });

    it('and are no ID tokens, nor these access tokens', async () => {
      const { id_token: idToken = '', access_token: token = '' } = await obtain('id_token token');
      expect(await worksAtUserInfo(idToken)).to.equal(false);
      const hint = await new Agent().get(`${app.issuer}/api/oauth/logout?id_token_hint=${token}`);
      expect(hint.status).to.equal(400);
    });
  });

  it('are lost for a client that is not allowed them any more, at once', async () => {
    await register(app, { client_id: 'changing', grant_types: HYBRID, response_types: ['code id_token'] });
    const agent = new Agent();
    await obtain('code id_token', { client_id: 'changing' }, agent);
    const patch = { grant_types: ['authorization_code'], response_types: null };
    await app.services.clients.update('changing', patch, OPERATOR);
    const answer = await obtain('code id_token', { client_id: 'changing' }, agent);
    expect(answer.error).to.equal('invalid_request');
  });

  it('stay as they are when something else of a client is changed', async () => {
    await register(app, { client_id: 'renamed', grant_types: HYBRID, response_types: ['code id_token'] });
    const { clients } = app.services;
    const renamed = await clients.update('renamed', { client_name: 'New name' }, OPERATOR);
    expect(renamed.response_types).to.deep.equal(['code id_token']);
    const narrowed = { grant_types: ['authorization_code'] };
    const error = await clients.update('renamed', narrowed, OPERATOR).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ValidationError);
  });
});

describe('response types beyond code, while they are off', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  it('cannot be registered, and a client that has them is refused as a whole', async () => {
    const init = { client_id: 'hybrid', grant_types: HYBRID, response_types: ['code', 'code id_token'] };
    const error = await register(app, init).catch((caught: unknown) => caught);
    expect((error as ValidationError).problems).to.deep.equal([
      { field: 'response_types', reason: 'needs implicit, which is off: OAUTH_FEATURES does not have it' },
    ]);
    const { stores } = app.services;
    const stored = await stores.clients.find(WEB_CLIENT.client_id);
    if (!stored) throw new Error('no client');
    const { version: _v, createdAt: _c, updatedAt: _u, secrets: _s, ...record } = stored;
    await stores.clients.save({
      ...record,
      client_id: 'left-over',
      grant_types: HYBRID,
      response_types: ['code', 'code id_token'],
    });
    const page = await new Agent().get(authorizeUrl(app.issuer, { client_id: 'left-over' }));
    expect([page.status, page.location]).to.deep.equal([400, undefined]);
    expect(page.text).to.include('<code id="error-code">invalid_client</code>');
  });
});
