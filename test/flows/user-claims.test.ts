// User rows as UserInfo tells them, through the real endpoint.
import { expect } from 'chai';
import * as client from 'openid-client';
import { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import { PASSWORD, startApp, type TestApp, USER } from '../support/app.js';
import { logIn, type RelyingParty, register, relyingParty } from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

describe('UserInfo', () => {
  let app: TestApp;
  let rp: RelyingParty;
  let hashedPassword: string;

  before(async () => {
    app = await startApp();
    rp = await relyingParty(app);
    hashedPassword = await app.services.hasher.hash(PASSWORD);
  });
  after(() => app.close());

  let nextId = 20000001;
  /** What the app is told of a user with these columns. */
  async function told(columns: object, scope = 'openid profile email phone') {
    const id = String(nextId++);
    const user = { ...USER, id, email: `u${id}@example.com`, phone: `+861${id}`, ...columns, hashedPassword };
    await app.services.stores.users.save(user);
    const { tokens } = await logIn(rp, new Agent(), { scope }, { username: id });
    return client.fetchUserInfo(rp.config, tokens.access_token, id);
  }

  const names: [string, Record<string, string>][] = [
    ['张三', { family_name: '张', given_name: '三' }],
    ['欧阳娜娜', { family_name: '欧阳', given_name: '娜娜' }],
    ['司马光', { family_name: '司马', given_name: '光' }],
    ['Ann Lee', { family_name: 'Lee', given_name: 'Ann' }],
  ];
  for (const [name, parts] of names) {
    it(`splits ${name} into family and given name`, async () => {
      expect(await told({ name })).to.include({ name, ...parts });
    });
  }

  it('leaves out what the row has no value for', async () => {
    const userInfo = await told({
      email: undefined,
      phone: undefined,
      avatar: undefined,
      languagePreference: undefined,
    });
    expect(Object.keys(userInfo).sort()).to.deep.equal([
      'family_name',
      'given_name',
      'name',
      'sub',
      'updated_at',
    ]);
  });

  it('tells a phone number to who asks for phone, and nothing of whether it is verified', async () => {
    const phone = '+8613900139000';
    expect(await told({ phone }, 'openid phone')).to.have.all.keys('sub', 'phone_number');
    expect(await told({ phone: undefined }, 'openid phone')).to.have.all.keys('sub');
    expect(await told({ phone: '  ' }, 'openid phone')).to.have.all.keys('sub');
    expect(await told({}, 'openid profile email')).to.not.have.property('phone_number');
  });

  it('claims to know nothing that no user row holds', async () => {
    const { claims_supported: names = [], scopes_supported: scopes } = rp.config.serverMetadata();
    const everything = Object.keys(await told({}, 'openid profile email phone'));
    const ofLogins = ['acr', 'amr', 'auth_time', 'iss', 'sid'];
    expect(names).to.have.members([...everything, ...ofLogins]);
    expect(scopes).to.not.include('address');
  });

  it('knows no scope address: registered with no client, dropped where it is asked for', async () => {
    const work = register(app, { client_id: 'with-address', scope: 'openid address' });
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ValidationError);
    await register(app, { client_id: 'any-scope', scope: undefined });
    const any = await relyingParty(app, { clientId: 'any-scope' });
    const claims = JSON.stringify({ userinfo: { address: { essential: true }, birthdate: null } });
    const { tokens } = await logIn(any, new Agent(), { scope: 'openid address', claims });
    expect(tokens.scope).to.equal('openid');
    const userInfo = await client.fetchUserInfo(any.config, tokens.access_token, USER.id);
    expect(userInfo).to.have.all.keys('sub');
  });

  it('says when the e-mail address is not verified', async () => {
    expect(await told({ isVerified: false })).to.include({ email_verified: false });
  });

  it('gives an absolute avatar as it is, a relative one at the CDN', async () => {
    expect(await told({ avatar: 'https://img.example/a.png' })).to.include({
      picture: 'https://img.example/a.png',
    });
    expect(await told({ avatar: '/avatars/b.png' })).to.include({
      picture: 'https://cdn.example/avatars/b.png',
    });
  });

  it('gives the language as a BCP 47 tag and the time of change as a number', async () => {
    const updatedAt = new Date('2025-06-01T00:00:00Z');
    expect(await told({ languagePreference: 'en_gb', updatedAt })).to.include({
      locale: 'en-GB',
      updated_at: 1748736000,
    });
  });

  it('tells of a change at once', async () => {
    const { tokens } = await logIn(rp, new Agent(), { scope: 'openid profile' });
    await app.services.stores.users.save({ ...USER, name: '李四', hashedPassword });
    const userInfo = await client.fetchUserInfo(rp.config, tokens.access_token, USER.id);
    expect(userInfo).to.include({ name: '李四', family_name: '李' });
    await app.services.stores.users.save({ ...USER, hashedPassword });
  });

  it('is answered for GET, POST with a header, and POST with the token in the form', async () => {
    const { tokens } = await logIn(rp, new Agent());
    const url = `${app.issuer}/api/oauth/userinfo`;
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const bodies = await Promise.all(
      [
        fetch(url, { headers }),
        fetch(url, { method: 'POST', headers }),
        fetch(url, { method: 'POST', body: new URLSearchParams({ access_token: tokens.access_token }) }),
      ].map(async (response) => (await response).json()),
    );
    for (const body of bodies) expect(body).to.include({ sub: USER.id, email: USER.email });
  });

  it('does not take the token from the address', async () => {
    const { tokens } = await logIn(rp, new Agent());
    const query = new URLSearchParams({ access_token: tokens.access_token });
    const response = await fetch(`${app.issuer}/api/oauth/userinfo?${query}`);
    expect(response.status).to.be.oneOf([400, 401]);
  });

  it('challenges a token that is none with 401 invalid_token, in the header and in the body', async () => {
    const response = await fetch(`${app.issuer}/api/oauth/userinfo`, {
      headers: { authorization: 'Bearer nonsense', accept: 'text/html' },
    });
    expect(response.status).to.equal(401);
    expect(response.headers.get('www-authenticate')).to.match(/^Bearer .*error="invalid_token"/);
    expect(await response.json()).to.include({ error: 'invalid_token' });
  });

  it('challenges a request without a token', async () => {
    const response = await fetch(`${app.issuer}/api/oauth/userinfo`);
    expect(response.status).to.be.oneOf([400, 401]);
    expect(response.headers.get('www-authenticate')).to.match(/^Bearer /);
    await response.arrayBuffer();
  });

  it('refuses a token that was given without openid with 403 insufficient_scope', async () => {
    const url = client.buildAuthorizationUrl(rp.config, {
      redirect_uri: rp.redirectUri,
      scope: 'profile',
      state: 'the-state',
    });
    const callback = destination(await walk(new Agent(), app.issuer, url.href));
    const checks = { expectedState: 'the-state' };
    const tokens = await client.authorizationCodeGrant(rp.config, callback, checks);
    expect(tokens).not.to.have.property('id_token');
    const response = await fetch(`${app.issuer}/api/oauth/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(response.status).to.equal(403);
    expect(await response.json()).to.include({ error: 'insufficient_scope' });
  });
});
