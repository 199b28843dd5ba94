// Forms sent by somebody else's page, links opened in somebody else's browser, sessions planted in advance.
import { expect } from 'chai';
import { Agent, type Form, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  OTHER_USER,
  obtainTokens,
  PASSWORD,
  startApp,
  type TestApp,
  USER,
  userinfo,
} from '../support/app.js';
import {
  askSilently,
  cookieValue,
  openConsent,
  openConsentAsOther,
  openLogin,
  submitLogin,
} from '../support/browsing.js';
import { type Inspector, openInspector } from '../support/inspector.js';

const SESSION = 'link2ur_op_session';

describe('forged forms and planted sessions', () => {
  let app: TestApp;
  let inspector: Inspector;

  before(async () => {
    app = await startApp();
    inspector = await openInspector(app.dataDir);
  });

  after(async () => {
    await inspector.close();
    await app.close();
  });

  async function agreements() {
    const { oauth_grant: grants, oauth_consent: consents } = await inspector.counts();
    return { grants, consents };
  }

  async function subjectOf(agent: Agent): Promise<unknown> {
    const back = await askSilently(agent, app.issuer);
    const { body } = await exchangeCode(app.issuer, back.get('code') ?? '');
    return (await userinfo(app.issuer, body.access_token ?? '')).body.sub;
  }

  type Forgery = (agent: Agent, form: Form) => ReturnType<Agent['post']>;
  const sendConsent = (agent: Agent, form: Form, headers: Record<string, string>) =>
    agent.request(form.action, {
      method: 'POST',
      body: new URLSearchParams({ ...form.fields, decision: 'allow' }),
      headers,
    });

  const FORGERIES: Record<string, Forgery> = {
    'without a token': (agent, form) => agent.post(form.action, { decision: 'allow' }),
    'with an empty token': (agent, form) => agent.post(form.action, { csrf: '', decision: 'allow' }),
    'with a made-up token': (agent, form) =>
      agent.post(form.action, { csrf: 'a'.repeat(43), decision: 'allow' }),
    'with the token of another interaction': async (agent, form) => {
      const mine = formIn(await openConsentAsOther(new Agent(), app.issuer), 'consent-form');
      return agent.post(form.action, { csrf: mine.fields.csrf ?? '', decision: 'allow' });
    },
    'with another interaction and its token': async (agent) => {
      const mine = formIn(await openConsentAsOther(new Agent(), app.issuer), 'consent-form');
      return agent.submit(mine, { decision: 'allow' });
    },
    'without the interaction cookie': (_agent, form) => new Agent().submit(form, { decision: 'allow' }),
    'with the session cookie only': (agent, form) => {
      const cookie = agent.cookieHeader(app.issuer);
      return new Agent().request(form.action, {
        method: 'POST',
        body: new URLSearchParams({ ...form.fields, decision: 'allow' }),
        headers: { cookie },
      });
    },
    'from a foreign origin': (agent, form) => sendConsent(agent, form, { origin: 'https://evil.example' }),
    'from the origin null': (agent, form) => sendConsent(agent, form, { origin: 'null' }),
    'from the client’s origin': (agent, form) => sendConsent(agent, form, { origin: 'https://rp.example' }),
    'from another port of ours': (agent, form) => sendConsent(agent, form, { origin: 'http://localhost:1' }),
  };

  for (const [how, forge] of Object.entries(FORGERIES)) {
    it(`do not agree ${how}`, async () => {
      const agent = new Agent();
      const form = formIn(await openConsent(agent, app.issuer), 'consent-form');
      const before = await agreements();
      const answer = await forge(agent, form);
      expect(answer.status).to.equal(403);
      expect(answer.location).to.equal(undefined);
      expect(await agreements()).to.deep.equal(before);
    });
  }

  it('do not agree twice: a consent form that was sent already is refused', async () => {
    const agent = new Agent();
    const form = formIn(await openConsent(agent, app.issuer), 'consent-form');
    const first = await agent.follow(await agent.submit(form, { decision: 'allow' }), app.issuer);
    expect(first.location).to.include('code=');
    const before = await agreements();
    const second = await agent.submit(form, { decision: 'allow' });
    expect(second.status).to.equal(403);
    expect(await agreements()).to.deep.equal(before);
  });

  it('do agree when our own page sent them', async () => {
    await inspector.change('DELETE FROM oauth_consent');
    const agent = new Agent();
    const form = formIn(await openConsent(agent, app.issuer), 'consent-form');
    const before = await agreements();
    const answer = await sendConsent(agent, form, { origin: app.issuer });
    expect(answer.status).to.equal(303);
    expect((await agreements()).grants).to.equal(Number(before.grants) + 1);
    expect((await agreements()).consents).to.equal(Number(before.consents) + 1);
  });

  for (const action of ['login', 'select', 'switch', 'cancel', 'consent']) {
    it(`do not ${action} without the token`, async () => {
      const agent = new Agent();
      const page = await openConsent(agent, app.issuer, { prompt: 'consent' });
      const { action: address } = formIn(page, 'consent-form');
      const before = await inspector.counts();
      const fields = { username: USER.email, password: PASSWORD, choice: 'other', decision: 'deny' };
      const { status, location } = await agent.post(address.replace(/consent$/, action), fields);
      expect(status).to.equal(403);
      expect(location).to.equal(undefined);
      expect(await inspector.counts()).to.deep.equal(before);
    });
  }

  it('do not log a victim in as the attacker by a link', async () => {
    const victim = new Agent();
    await obtainTokens(app.issuer, victim);
    const session = cookieValue(victim, app.issuer, SESSION);
    const attacker = new Agent();
    const page = await openConsentAsOther(attacker, app.issuer);

    const opened = await victim.get(page.url);
    expect(opened.status).to.equal(400);
    expect(opened.text).not.to.include(OTHER_USER.name);
    expect(opened.text).to.include('id="error-code"');
    expect(cookieValue(victim, app.issuer, SESSION)).to.equal(session);
    expect(await subjectOf(victim)).to.equal(USER.id);
  });

  it('do not log a victim in as the attacker by the address that ends a login', async () => {
    const attacker = new Agent();
    const form = formIn(await openLogin(attacker, app.issuer), 'login-form');
    const done = await attacker.submit(form, { username: OTHER_USER.email, password: PASSWORD });
    const resume = done.location ?? '';
    expect(resume).to.include('/api/oauth/authorize/');

    const victim = new Agent();
    await obtainTokens(app.issuer, victim);
    const opened = await victim.get(resume);
    expect(opened.status).to.equal(400);
    expect(opened.location).to.equal(undefined);
    expect(await subjectOf(victim)).to.equal(USER.id);
  });

  it('do not log a victim in as the attacker by a login form with the attacker’s token', async () => {
    const attacker = new Agent();
    const form = formIn(await openLogin(attacker, app.issuer), 'login-form');
    const victim = new Agent();
    const answer = await victim.submit(form, { username: OTHER_USER.email, password: PASSWORD });
    expect(answer.status).to.equal(403);
    expect(victim.cookieNames()).to.deep.equal([]);
  });

  it('do not keep a session that was planted before the login', async () => {
    const victim = new Agent();
    const page = await openLogin(victim, app.issuer);
    const planted = victim.fork();
    const before = cookieValue(planted, app.issuer, SESSION);
    await submitLogin(victim, app.issuer, page);
    const after = cookieValue(victim, app.issuer, SESSION);
    expect(after).to.be.a('string').and.not.equal(before);
    expect((await askSilently(planted, app.issuer)).get('error')).to.equal('login_required');
  });

  it('do not keep a session id over a second login in the same browser', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const old = agent.fork();
    const page = await openLogin(agent, app.issuer, { prompt: 'login' });
    // Somebody else than before: the old session is ended on the way.
    const consent = await submitLogin(agent, app.issuer, page, OTHER_USER.email);
    expect(consent.text).to.include(OTHER_USER.name);
    expect(cookieValue(agent, app.issuer, SESSION)).not.to.equal(cookieValue(old, app.issuer, SESSION));
    expect((await askSilently(old, app.issuer)).get('error')).to.equal('login_required');
  });

  it('do not choose where a login leads', async () => {
    const names = ['return_to', 'returnTo', 'redirect', 'next', 'url', 'continue', 'target_link_uri'];
    for (const target of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example/',
      '%2f%2fevil.example',
    ]) {
      const extra = Object.fromEntries(names.map((name) => [name, target]));
      const agent = new Agent();
      const page = await openLogin(agent, app.issuer, extra);
      expect(page.text).not.to.include('evil.example');
      const form = formIn(await agent.get(`${page.url}?${new URLSearchParams(extra)}`), 'login-form');
      const done = await agent.submit(form, { username: USER.email, password: PASSWORD, ...extra });
      expect(done.location).to.match(new RegExp(`^${app.issuer}/api/oauth/authorize/`));
    }
    expect((await new Agent().get(authorizeUrl(app.issuer))).status).to.equal(303);
  });
});
