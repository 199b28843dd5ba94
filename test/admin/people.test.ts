// Users, their sessions and consents by the Admin API.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { Agent } from '../support/agent.js';
import { OTHER_USER, obtainTokens, refresh, USER, userinfo } from '../support/app.js';

describe('admin API: users, sessions, consents', () => {
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp();
  });
  after(() => app.close());

  const sessionsOf = async (userId: string) =>
    (await app.ask('GET', `/sessions?user_id=${userId}`)).body.items as { uid: string }[];

  it('shows a user in brief, and nothing that logs them in', async () => {
    await obtainTokens(app.issuer);
    const { status, body, text } = await app.ask('GET', `/users/${USER.id}`);
    expect(status).to.equal(200);
    expect(body.user).to.include({ name: USER.name, email: USER.email, is_active: true });
    expect(body.counts).to.deep.equal({ sessions: 1, consents: 1, grants: 1, refresh_tokens: 1 });
    expect(text).not.to.match(/password|\$2[aby]\$/);
  });

  it('lists what they are logged in with and agreed to', async () => {
    const { body: sessions } = await app.ask('GET', `/users/${USER.id}/sessions`);
    expect(sessions.items[0]).to.include({ user_id: USER.id });
    expect(sessions.items[0].clients[0]).to.deep.equal({ client_id: 'web-app', outlives_session: true });
    const { body: consents } = await app.ask('GET', `/users/${USER.id}/consents`);
    expect(consents.items[0]).to.include({ user_id: USER.id, client_id: 'web-app' });
    const { body: all } = await app.ask('GET', '/consents?client_id=web-app&limit=1');
    expect(all.items).to.deep.equal(consents.items);
  });

  it('gives all that is held of them, and no value of a token', async () => {
    const tokens = await obtainTokens(app.issuer);
    const { status, body, text } = await app.ask('GET', `/users/${USER.id}/export`);
    expect(status).to.equal(200);
    expect(body.user_id).to.equal(USER.id);
    expect(body.audit_events).to.not.deep.equal([]);
    for (const name of ['access_token', 'refresh_token', 'id_token']) {
      expect(tokens[name]).to.be.a('string');
      expect(text).not.to.include(tokens[name]);
    }
  });

  it('pages through sessions', async () => {
    for (let i = 0; i < 3; i += 1) await obtainTokens(app.issuer, new Agent());
    const total = (await sessionsOf(USER.id)).length;
    const seen: string[] = [];
    let path = `/sessions?user_id=${USER.id}&limit=2`;
    while (path !== '') {
      const { body, headers } = await app.ask('GET', path);
      seen.push(...body.items.map((item: { uid: string }) => item.uid));
      const link = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      path = link?.replace('/api/admin/oauth', '') ?? '';
    }
    expect(new Set(seen).size).to.equal(total);
    expect(seen).to.have.lengthOf(total);
    expect((await app.ask('GET', '/sessions?cursor=eA')).status).to.equal(400);
    expect((await app.ask('GET', '/consents?cursor=eA')).status).to.equal(400);
  });

  it('ends one session and leaves the others', async () => {
    const [first, ...rest] = await sessionsOf(USER.id);
    const uid = first?.uid ?? '';
    expect((await app.ask('GET', `/sessions/${uid}`)).body.uid).to.equal(uid);
    const ended = await app.ask('DELETE', `/sessions/${uid}`);
    expect(ended.status).to.equal(200);
    expect(ended.body).to.include({ uid, user_id: USER.id });
    expect((await sessionsOf(USER.id)).length).to.equal(rest.length);
    expect((await app.ask('GET', `/sessions/${uid}`)).status).to.equal(404);
    expect((await app.ask('DELETE', `/sessions/${uid}`)).status).to.equal(404);
    const [event] = await app.services.stores.audit.list({ type: 'session.ended', limit: 1 });
    expect(event).to.include({ actor: 'client:admin-service', userId: USER.id });
  });

  it('withdraws a consent, and every token with it', async () => {
    const tokens = await obtainTokens(app.issuer);
    const path = `/consents/${USER.id}/web-app`;
    const { status, body } = await app.ask('DELETE', path);
    expect([status, body.consents]).to.deep.equal([200, 1]);
    expect((await userinfo(app.issuer, tokens.access_token ?? '')).status).to.equal(401);
    expect((await refresh(app.issuer, tokens.refresh_token ?? '')).status).to.equal(400);
    expect((await app.ask('DELETE', path)).status).to.equal(404);
  });

  it('revokes all a user has, or what one app has', async () => {
    const tokens = await obtainTokens(app.issuer);
    const none = await app.ask('POST', `/users/${USER.id}/revoke`, { body: { client_id: 'spa' } });
    expect([none.status, none.body.client_ids]).to.deep.equal([200, []]);
    expect((await userinfo(app.issuer, tokens.access_token ?? '')).status).to.equal(200);
    const all = await app.ask('POST', `/users/${USER.id}/revoke`);
    expect(all.body.client_ids).to.deep.equal(['web-app']);
    expect((await userinfo(app.issuer, tokens.access_token ?? '')).status).to.equal(401);
    expect(await sessionsOf(USER.id)).to.deep.equal([]);
  });

  it('forgets a user, roles and all', async () => {
    await app.ask('PUT', `/users/${USER.id}/roles/admin`);
    await obtainTokens(app.issuer);
    const { status, body } = await app.ask('POST', `/users/${USER.id}/forget`);
    expect(status).to.equal(200);
    expect(body).to.include({ user_id: USER.id, sessions: 1, consents: 1 });
    expect(body.others).to.deep.equal({ roles: 1, logout_deliveries: 0 });
    expect(await app.services.roles.has(USER.id, 'admin')).to.equal(false);
  });

  const PATHS: [string, string, string][] = [
    ['GET', '/users/nobody00', 'admin:users:read'],
    ['GET', '/users/nobody00/sessions', 'admin:users:read'],
    ['GET', '/users/nobody00/consents', 'admin:users:read'],
    ['GET', '/users/nobody00/export', 'admin:users:read'],
    ['GET', '/users/nobody00/roles', 'admin:users:read'],
    ['POST', '/users/nobody00/revoke', 'admin:users:write'],
    ['POST', '/users/nobody00/forget', 'admin:users:write'],
    ['GET', '/sessions/nothing', 'admin:sessions:read'],
    ['DELETE', '/sessions/nothing', 'admin:sessions:write'],
    ['DELETE', '/consents/nobody00/nothing', 'admin:consents:write'],
  ];
  for (const [method, path, scope] of PATHS) {
    it(`${method} ${path} is 404, and 403 with every scope but ${scope}`, async () => {
      expect((await app.ask(method, path)).status).to.equal(404);
      const token = await app.token(
        'admin:clients:read admin:clients:write admin:keys:read admin:keys:write admin:audit:read',
      );
      const refused = await app.ask(method, path, { token });
      expect([refused.status, refused.body.code]).to.deep.equal([403, 'insufficient_scope']);
      expect(refused.headers.get('www-authenticate')).to.include(`scope="${scope}"`);
    });
  }

  it('refuses bodies and queries that make no sense, and changes nothing', async () => {
    await obtainTokens(app.issuer, new Agent());
    const before = (await app.ask('GET', `/users/${USER.id}`)).body.counts;
    const path = `/users/${USER.id}`;
    for (const body of [{ client_id: 7 }, { client_id: '' }, { made_up: 1 }, { client_id: null }]) {
      expect((await app.ask('POST', `${path}/revoke`, { body })).status).to.equal(422);
    }
    expect((await app.ask('POST', `${path}/forget`, { body: {} })).status).to.equal(400);
    for (const query of ['limit=0', 'user_id=', 'made_up=1', `user_id=${OTHER_USER.id}&user_id=x`]) {
      expect((await app.ask('GET', `/sessions?${query}`)).status, query).to.equal(400);
      expect((await app.ask('GET', `/consents?${query}`)).status, query).to.equal(400);
    }
    expect((await app.ask('GET', path)).body.counts).to.deep.equal(before);
  });
});
