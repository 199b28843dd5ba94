// Logging in with the site's session: what the provider makes of its answers, and of their absence.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { Agent, formIn, type Page } from '../support/agent.js';
import { authorizeUrl, exchangeCode, OTHER_USER, USER } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { comeBack, logInFrom, returnTo, type Scene, setScene, uidOf } from '../support/login/person.js';
import { COOKIE, type Mood, seconds } from '../support/login/site.js';
import { answer, answerParams, goOn, questionOn, walk } from '../support/walk.js';

describe('the session of the site', () => {
  let scene: Scene;

  before(async () => {
    scene = await setScene('session');
  });
  after(() => scene.close());
  afterEach(() => {
    scene.site.mood = 'well';
  });

  const issuer = () => scene.app.issuer;
  const begin = (agent: Agent, params: Record<string, string> = {}) =>
    goOn(agent, issuer(), authorizeUrl(issuer(), params));
  const codeOf = (page: Page) => answerParams({ page }).code ?? '';

  async function subjectOf(page: Page): Promise<unknown> {
    const { body } = await exchangeCode(issuer(), codeOf(page));
    return decodeJwt(body.id_token ?? '').sub;
  }

  /** Somebody with a session at the site and one here. */
  async function loggedIn(identity = { id: USER.id, auth_time: seconds(), amr: ['pwd'] }) {
    const agent = new Agent();
    const cookie = scene.site.open(identity);
    agent.setCookie(COOKIE, cookie);
    const { page } = await walk(agent, issuer(), authorizeUrl(issuer()));
    expect(codeOf(page)).not.to.equal('');
    return { agent, cookie };
  }

  it('sends the browser to the login page with the way back and nothing else of ours', async () => {
    const page = await begin(new Agent(), { login_hint: 'a@b.example', ui_locales: 'zh-CN en' });
    const url = new URL(page.location ?? '');
    expect(url.origin).to.equal(scene.site.origin);
    expect(Object.fromEntries(url.searchParams)).to.deep.equal({
      from: 'op',
      return_to: `${issuer()}/interaction/${uidOf(returnTo(page))}/return`,
      login_hint: 'a@b.example',
      ui_locales: 'zh-CN en',
    });
  });

  it('builds the way back from the issuer, whatever the request says', async () => {
    const agent = new Agent();
    agent.headers = { ...agent.headers, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
    const page = await begin(agent, { return_to: '//evil.example' });
    expect(returnTo(page).origin).to.equal(issuer());
  });

  it('is enough: nobody who is logged in there is asked to log in again', async () => {
    const agent = new Agent();
    agent.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds() - 100 }));
    const page = await begin(agent);
    expect(questionOn(page) ?? 'answered').not.to.equal('login');
    expect(page.location?.startsWith(scene.site.origin) ?? false).to.equal(false);
  });

  it('is asked about with the one cookie that is its own', async () => {
    const agent = new Agent();
    agent.setCookie('other', 'private');
    agent.setCookie(COOKIE, scene.site.open({ id: USER.id }));
    scene.site.seen.length = 0;
    await begin(agent);
    expect(scene.site.seen).not.to.have.length(0);
    for (const { cookie, referer } of scene.site.seen) {
      expect(cookie).to.match(/^site_session=[\w-]+$/);
      expect(referer).to.equal(undefined);
    }
  });

  it('that ended is the end of ours: the next request asks, prompt=none is refused', async () => {
    const { agent, cookie } = await loggedIn();
    // The browser still has the cookie: what ended, ended at the site.
    scene.site.end(cookie);
    expect((await askSilently(agent, issuer())).get('error')).to.equal('login_required');
    expect((await begin(agent)).location?.startsWith(scene.site.origin)).to.equal(true);
    // Not even the same user's next login there brings the old session back unasked.
    agent.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds() }));
    expect((await askSilently(agent, issuer())).get('error')).to.equal('login_required');
  });

  it('of somebody else replaces ours', async () => {
    const { agent } = await loggedIn();
    agent.setCookie(COOKIE, scene.site.open({ id: OTHER_USER.id, auth_time: seconds() }));
    expect((await askSilently(agent, issuer())).get('error')).to.equal('login_required');
    const { page } = await walk(agent, issuer(), authorizeUrl(issuer()));
    expect(await subjectOf(page)).to.equal(OTHER_USER.id);
  });

  it('of somebody else, begun while the consent page was open, is noticed before a code is given', async () => {
    const { agent } = await loggedIn();
    const consent = await begin(agent, { prompt: 'consent' });
    agent.setCookie(COOKIE, scene.site.open({ id: OTHER_USER.id, auth_time: seconds() }));
    const { page } = await walk(agent, issuer(), await answer(agent, consent, 'consent'));
    expect(await subjectOf(page)).to.equal(OTHER_USER.id);
  });

  it('older than prompt=login asks for is no proof: login_required, and no going back and forth', async () => {
    const { agent } = await loggedIn({ id: USER.id, auth_time: seconds() - 50, amr: ['pwd'] });
    const page = await begin(agent, { prompt: 'login' });
    expect(new URL(page.location ?? '').searchParams.get('prompt')).to.equal('login');
    const back = await goOn(agent, issuer(), returnTo(page).href);
    expect(answerParams({ page: back })).to.include({ error: 'login_required', state: 'the-state' });
  });

  const detours: Record<string, string>[] = [
    { prompt: 'login select_account' },
    { prompt: 'select_account', max_age: '60' },
    { prompt: 'login consent' },
  ];
  for (const params of detours) {
    it(`older than ${JSON.stringify(params)} asks for is no proof by way of another account either`, async () => {
      const { agent } = await loggedIn({ id: USER.id, auth_time: seconds() - 5_000, amr: ['pwd'] });
      let page = await begin(agent, params);
      if (questionOn(page) === 'select-account')
        page = await goOn(agent, issuer(), await answer(agent, page, 'select-account', { choice: 'other' }));
      expect(new URL(page.location ?? '').searchParams.get('prompt')).to.equal('login');
      const back = await goOn(agent, issuer(), returnTo(page).href);
      expect(answerParams({ page: back }).error).to.equal('login_required');
    });
  }

  it('of another user than the request names is refused, not asked for again and again', async () => {
    const agent = new Agent();
    agent.setCookie(COOKIE, scene.site.open({ id: OTHER_USER.id, auth_time: seconds(), amr: ['pwd'] }));
    const claims = JSON.stringify({ id_token: { sub: { value: USER.id } } });
    let page = await begin(agent, { claims });
    if (page.location?.startsWith(scene.site.origin)) page = await goOn(agent, issuer(), returnTo(page).href);
    expect(answerParams({ page }).error).to.equal('login_required');
  });

  it('can provide the acr we vouch for, and is refused for any other', async () => {
    const asking = (value: string) => ({
      claims: JSON.stringify({ id_token: { acr: { essential: true, value } } }),
    });
    const agent = new Agent();
    agent.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds(), amr: ['pwd'] }));
    const { page } = await walk(agent, issuer(), authorizeUrl(issuer(), asking('urn:link2ur:acr:password')));
    expect(codeOf(page)).not.to.equal('');
    const refused = await begin(agent, asking('urn:example:hologram'));
    expect(answerParams({ page: refused }).error).to.equal('unmet_authentication_requirements');
    // Nobody said how they logged in.
    const other = new Agent();
    other.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds() }));
    const unknown = await begin(other, asking('urn:link2ur:acr:password'));
    expect(answerParams({ page: unknown }).error).to.equal('unmet_authentication_requirements');
  });

  it('satisfies max_age while it is young enough, and is asked for anew when it is not', async () => {
    const { agent } = await loggedIn({ id: USER.id, auth_time: seconds() - 500, amr: ['pwd'] });
    expect(codeOf(await begin(agent, { max_age: '1000' }))).not.to.equal('');
    const page = await begin(agent, { max_age: '100' });
    expect(new URL(page.location ?? '').searchParams.get('prompt')).to.equal('login');
    const done = await comeBack(scene, agent, page, { id: USER.id, auth_time: seconds() });
    expect(await subjectOf(done)).to.equal(USER.id);
  });

  it('without a time cannot prove a new login, and says so at once', async () => {
    const agent = new Agent();
    agent.setCookie(COOKIE, scene.site.open({ id: USER.id }));
    const page = await begin(agent, { prompt: 'login' });
    expect(answerParams({ page }).error).to.equal('login_required');
  });

  it('of a user we do not know, or who is deactivated, is refused without a loop', async () => {
    const { stores } = scene.app.services;
    await stores.users.save({
      ...USER,
      id: '30000001',
      email: 'off@example.com',
      phone: undefined,
      isActive: false,
    });
    for (const id of ['30000001', '39999999']) {
      const agent = new Agent();
      agent.setCookie(COOKIE, scene.site.open({ id, auth_time: seconds() }));
      const page = await begin(agent);
      expect(answerParams({ page })).to.include({ error: 'access_denied', state: 'the-state' });
    }
  });

  it('still missing on the way back: a page says so and leads there again, or back to the app', async () => {
    const agent = new Agent();
    const away = await begin(agent);
    const page = await agent.get(returnTo(away).href);
    expect(page.status).to.equal(200);
    expect(page.text).to.include('id="handoff-continue"');
    const href = /id="handoff-continue" href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&');
    expect(href).to.equal(away.location);
    expect(await subjectOf((await walk(agent, issuer(), await logInFrom(scene, agent, away))).page)).to.equal(
      USER.id,
    );

    const other = new Agent();
    const waiting = await other.get(returnTo(await begin(other)).href);
    const cancelled = await goOn(other, issuer(), await other.submit(formIn(waiting, 'cancel-form')));
    expect(answerParams({ page: cancelled }).error).to.equal('access_denied');
  });

  const broken: Mood[] = ['error', 'html', 'redirect', 'nonsense', 'silent', 'forbidden'];
  for (const mood of broken) {
    it(`that cannot be learned (${mood}) is a 503 with retry; the request goes on afterwards`, async () => {
      const agent = new Agent();
      const away = await begin(agent);
      agent.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds() }));
      scene.site.mood = mood;
      const back = returnTo(away).href;
      const page = await agent.get(back);
      expect(page.status).to.equal(503);
      expect(page.headers.get('retry-after')).to.match(/^\d+$/);
      const retry = /id="error-retry" href="([^"]+)"/.exec(page.text)?.[1] ?? '';
      scene.site.mood = 'well';
      expect(await subjectOf((await walk(agent, issuer(), new URL(retry, back).href)).page)).to.equal(
        USER.id,
      );
    });
  }

  it('that cannot be learned while nobody may be asked is told to the app, which may try again', async () => {
    const { agent } = await loggedIn();
    scene.site.mood = 'error';
    expect((await askSilently(agent, issuer())).get('error')).to.equal('temporarily_unavailable');
    scene.site.mood = 'well';
    const answer = await askSilently(agent, issuer());
    expect(answer.get('error')).not.to.equal('temporarily_unavailable');
    expect(answer.get('state')).to.equal('the-state');
  });

  it('that cannot be learned is never made up from what was known', async () => {
    const { agent } = await loggedIn({ id: USER.id, auth_time: seconds() - 50, amr: ['pwd'] });
    // What was learned a moment ago may do for a look, and never for a login.
    const page = await begin(agent, { prompt: 'login' });
    scene.site.mood = 'error';
    expect((await agent.get(returnTo(page).href)).status).to.equal(503);
  });

  it('is not learned from the return address in another browser (login CSRF)', async () => {
    const attacker = new Agent();
    const away = await begin(attacker);
    const victim = new Agent();
    victim.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds() }));
    const page = await victim.get(returnTo(away).href);
    expect(page.status).to.equal(400);
    expect((await askSilently(victim, issuer())).get('error')).to.equal('login_required');
  });
});
