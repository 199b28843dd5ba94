// A thief with a copy of the database, or of the logs, holds nothing that opens anything.
import { expect } from 'chai';
import { Agent, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  PASSWORD,
  postToken,
  refresh,
  SECRET,
  startApp,
  type TestApp,
  userinfo,
} from '../support/app.js';
import { askSilently, openConsent, openLogin, submitLogin } from '../support/browsing.js';
import { type Inspector, openInspector } from '../support/inspector.js';

describe('a stolen dump', () => {
  let app: TestApp;
  let inspector: Inspector;
  /** Everything that somebody could use, by what it is. */
  const bearer = new Map<string, string>();

  function keep(name: string, value: string | undefined | null): string {
    if (!value || value.length < 8) throw new Error(`${name} has no value`);
    bearer.set(`${name} ${bearer.size}`, value);
    return value;
  }

  function keepCookies(agent: Agent, url: string): void {
    for (const pair of agent.cookieHeader(url).split('; ')) {
      const [name = '', value = ''] = pair.split('=');
      keep(`cookie ${name}`, value);
    }
  }

  before(async () => {
    app = await startApp();
    inspector = await openInspector(app.dataDir);
    const { issuer } = app;
    const scope = 'openid profile email offline_access';
    const agent = new Agent();
    const login = await openLogin(agent, issuer, { scope, prompt: 'consent' });
    keepCookies(agent, login.url);
    keep('interaction uid', new URL(login.url).pathname.split('/')[2]);
    keep('csrf token', formIn(login, 'login-form').fields.csrf);
    const consent = await submitLogin(agent, issuer, login);
    keepCookies(agent, consent.url);
    keep('interaction uid', new URL(consent.url).pathname.split('/')[2]);
    const decided = await agent.submit(formIn(consent, 'consent-form'), { decision: 'allow' });
    const end = await agent.follow(decided, issuer);
    keepCookies(agent, issuer);
    const code = keep('code', new URL(end.location ?? '').searchParams.get('code'));
    const { body } = await exchangeCode(issuer, code);
    keep('access token', body.access_token);
    keep('id token', body.id_token);
    const { body: rotated } = await refresh(issuer, keep('refresh token', body.refresh_token));
    keep('access token', rotated.access_token);
    keep('refresh token', rotated.refresh_token);
    // Things left lying about: a code nobody redeemed, a login and a consent nobody finished, a logout page.
    keep('unused code', (await askSilently(agent, issuer)).get('code'));
    const unfinished = new Agent();
    const open = await openConsent(unfinished, issuer, {
      prompt: 'consent',
      state: keep('state', 'a-state-of-theirs'),
    });
    keepCookies(unfinished, open.url);
    keep('interaction uid', new URL(open.url).pathname.split('/')[2]);
    const logout = await agent.get(`${issuer}/api/oauth/logout`);
    keep('logout token', formIn(logout, 0).fields.xsrf);
    keepCookies(agent, issuer);
    // And what goes wrong on the way: refusals are logged.
    await exchangeCode(issuer, code, { client_secret: keep('wrong secret', 'a-wrong-secret-somebody-sent') });
    await userinfo(issuer, keep('wrong token', 'an-access-token-that-never-was'));
    await postToken(issuer, {
      grant_type: 'refresh_token',
      refresh_token: keep('wrong token', 'never-a-refresh-token'),
    });
    const failing = new Agent();
    const form = formIn(await openLogin(failing, issuer), 'login-form');
    await failing.submit(form, {
      username: 'zhangsan@example.com',
      password: keep('wrong password', 'hunter2-hunter2'),
    });
    await agent.get(`${authorizeUrl(issuer, { client_id: 'unknown' })}&id_token_hint=${body.id_token}`);
    keep('client secret', SECRET);
    keep('password', PASSWORD);
  });

  after(async () => {
    await inspector.close();
    await app.close();
  });

  /** Kept as they are by their nature: what the client sent along, and the page-bound secret of a logout. */
  const MAY_BE_STORED = /^(state|logout token)/;

  it('holds no code, token, cookie, interaction, secret or password', async () => {
    const dump = await inspector.dump();
    expect(dump).to.include('oauth_refresh_token ').and.include('oauth_artifact ').and.include('users ');
    const found = [...bearer]
      .filter(([name, value]) => !MAY_BE_STORED.test(name) && dump.includes(value))
      .map(([name]) => name);
    expect(found).to.deep.equal([]);
  });

  it('holds no private key in clear', async () => {
    const dump = await inspector.dump();
    expect(dump).to.include('oauth_signing_key ');
    expect(dump).not.to.match(/"(d|p|q|dp|dq|qi|k)" ?: ?\\?"[\w-]{20,}|PRIVATE KEY/);
  });

  it('holds keys that are worthless as what they are keys of', async () => {
    const rows = await inspector.query<{ key: string }>(
      `SELECT key FROM oauth_artifact UNION SELECT key FROM oauth_refresh_token
       UNION SELECT key FROM oauth_session_key`,
    );
    expect(rows.length).to.be.greaterThan(5);
    for (const { key } of rows) {
      expect((await userinfo(app.issuer, key)).status).to.equal(401);
      expect((await refresh(app.issuer, key)).body.error).to.equal('invalid_grant');
      expect((await exchangeCode(app.issuer, key)).body.error).to.equal('invalid_grant');
    }
  });

  it('of the logs holds none of it either', () => {
    const logs = app.logs.join('\n');
    expect(app.logs.length).to.be.greaterThan(10);
    const found = [...bearer].filter(([, value]) => logs.includes(value)).map(([name]) => name);
    expect(found).to.deep.equal([]);
  });

  it('of the logs has one line for each thing that happened: nothing can be forged into it', async () => {
    const forged = '{"level":30,"event":"forged"}';
    await new Agent().get(`${app.issuer}/${encodeURIComponent(`x\r\n${forged}\r\n`)}`);
    await new Agent().get(
      authorizeUrl(app.issuer, { client_id: `x\n${forged}\n`, redirect_uri: `\n${forged}\n` }),
    );
    for (const chunk of app.logs) {
      expect(chunk.trimEnd().split('\n')).to.have.length(1);
      expect(JSON.parse(chunk)).to.be.an('object').and.not.include({ event: 'forged' });
    }
  });
});
