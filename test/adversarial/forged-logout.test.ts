// Logging somebody out, or keeping them logged in, against their will.
import { expect } from 'chai';
import { Agent, formIn } from '../support/agent.js';
import { exchangeCode, obtainTokens, startApp, type TestApp, USER, userinfo } from '../support/app.js';
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

  it('does not happen by a link, whatever it says', async () => {
    const agent = new Agent();
    const { id_token: hint = '' } = await obtainTokens(app.issuer, agent);
    const logout = `${app.issuer}/api/oauth/logout`;
    for (const query of [
      '',
      '?logout=yes',
      `?id_token_hint=${hint}`,
      `?logout=yes&xsrf=x&id_token_hint=${hint}`,
    ]) {
      const page = await agent.get(`${logout}${query}`);
      expect(page.text, query).to.include('id="logout-confirm"');
      expect(await subjectOf(agent), query).to.equal(USER.id);
    }
    const confirm = await agent.get(`${logout}/confirm?logout=yes`);
    expect(confirm.status).to.equal(405);
    expect(await subjectOf(agent)).to.equal(USER.id);
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
    const { id_token: hint = '' } = await obtainTokens(app.issuer, agent);
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
