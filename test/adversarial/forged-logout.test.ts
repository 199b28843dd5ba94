// Logging somebody out, or keeping them logged in, against their will.
import { expect } from 'chai';
import { Agent, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  OTHER_USER,
  obtainTokens,
  signIn,
  startApp,
  type TestApp,
  USER,
  userinfo,
} from '../support/app.js';
import { askSilently } from '../support/browsing.js';

describe('a logout', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  async function subjectOf(agent: Agent): Promise<unknown> {
    const back = await askSilently(agent, app.issuer);
    const { body } = await exchangeCode(app.issuer, back.get('code') ?? '');
    return (await userinfo(app.issuer, body.access_token ?? '')).body.sub;
  }

  /** An ID token that is genuine, but another user's. */
  async function hintOfSomebodyElse(): Promise<string> {
    const agent = new Agent();
    const url = authorizeUrl(app.issuer);
    const back = await signIn(agent, app.issuer, url, { username: OTHER_USER.email });
    const { body } = await exchangeCode(app.issuer, back.searchParams.get('code') ?? '');
    return body.id_token ?? '';
  }

  it('does not happen by a link, whatever it says', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const hint = await hintOfSomebodyElse();
    const logout = `${app.issuer}/api/oauth/logout`;
    for (const query of [
      '',
      '?logout=yes',
      '?client_id=web-app',
      `?id_token_hint=${hint}`,
      `?logout=yes&xsrf=x&id_token_hint=${hint}`,
    ]) {
      const page = await agent.get(`${logout}${query}`);
      expect(page.text, query).to.include('id="logout-confirm"');
      expect(await subjectOf(agent), query).to.equal(USER.id);
    }
    for (const query of ['', '?logout=yes', '?xsrf=made-up', '?xsrf=', '?xsrf=a&xsrf=b']) {
      const confirm = await agent.get(`${logout}/confirm${query}`);
      expect(confirm.status, query).to.equal(400);
      expect(await subjectOf(agent), query).to.equal(USER.id);
    }
  });

  it('does not happen without the token of the logout page', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const confirm = `${app.issuer}/api/oauth/logout/confirm`;
    for (const fields of [{ logout: 'yes' }, { logout: 'yes', xsrf: 'made-up' }]) {
      const { status } = await agent.post(confirm, fields);
      expect(status).to.equal(400);
      expect(await subjectOf(agent)).to.equal(USER.id);
    }
  });

  it('does not happen by a form on another page: it asks first', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const hint = await hintOfSomebodyElse();
    const fields = { id_token_hint: hint, logout: 'yes' };
    const page = await agent.follow(await agent.post(`${app.issuer}/api/oauth/logout`, fields), app.issuer);
    expect(page.text).to.include('id="logout-confirm"');
    expect(await subjectOf(agent)).to.equal(USER.id);
  });

  it('happens from the logout page, and the old cookie is worthless', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const stolen = agent.fork();
    const page = await agent.get(`${app.issuer}/api/oauth/logout`);
    await agent.follow(await agent.submit(formIn(page, 0), { logout: 'yes' }), app.issuer);
    expect((await askSilently(agent, app.issuer)).get('error')).to.equal('login_required');
    expect((await askSilently(stolen, app.issuer)).get('error')).to.equal('login_required');
  });
});
