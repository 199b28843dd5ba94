// The switch between the languages, as a browser without JavaScript uses it.
import { expect } from 'chai';
import { Agent, formIn, type Page } from '../support/agent.js';
import { authorizeUrl, obtainTokens, startApp, type TestApp } from '../support/app.js';
import { openConsent, openLogin } from '../support/browsing.js';

const langOf = ({ text }: Page) => /<html lang="([^"]+)"/.exec(text)?.[1];

/** The address behind the switch on a page; undefined where there is none. */
function switchOn(page: Page): string | undefined {
  const href = /<a [^>]*id="language-switch" href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&');
  return href && new URL(href, page.url).href;
}

describe('pages: switching the language', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  async function switched(agent: Agent, page: Page): Promise<Page> {
    const answer = await agent.get(switchOn(page) ?? 'no switch');
    expect(answer.status).to.equal(303);
    return agent.follow(answer, app.issuer);
  }

  it('leads to the same page in the other language, and back', async () => {
    const agent = new Agent();
    const english = await openLogin(agent, app.issuer);
    const chinese = await switched(agent, english);
    expect(chinese.url).to.equal(english.url);
    expect(langOf(chinese)).to.equal('zh-CN');
    expect(langOf(await switched(agent, chinese))).to.equal('en');
  });

  it('is named in the language it leads to', async () => {
    const page = await new Agent().get(`${app.issuer}/`);
    expect(page.text).to.match(
      /id="language-switch" [^>]*lang="zh-CN" hreflang="zh-CN"><svg.*<\/svg>中文<\/a>/,
    );
  });

  it('is stronger than the app, the account and the browser, from then on', async () => {
    const agent = new Agent();
    agent.headers['accept-language'] = 'zh';
    await switched(agent, await agent.get(`${app.issuer}/`));
    expect(langOf(await openConsent(agent, app.issuer, { prompt: 'consent', ui_locales: 'zh' }))).to.equal(
      'en',
    );
    expect(langOf(await agent.get(`${app.issuer}/nowhere`))).to.equal('en');
  });

  it('is remembered for a year in a cookie that scripts and other sites do not get', async () => {
    const { headers } = await new Agent().get(`${app.issuer}/language?to=zh&back=/`);
    expect(headers.getSetCookie()).to.deep.equal([
      'link2ur_op_lang=zh; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax',
    ]);
    expect(headers.get('cache-control')).to.equal('no-store');
  });

  it('keeps the query of the page', async () => {
    const agent = new Agent();
    const url = authorizeUrl(app.issuer, { client_id: 'nobody', state: 'a&b=ü%2F' });
    const page = await switched(agent, await agent.get(url));
    expect(page.url).to.equal(url);
    expect(langOf(page)).to.equal('zh-CN');
  });

  it('leads from the answer to a form back to the question', async () => {
    const agent = new Agent();
    const login = await openLogin(agent, app.issuer);
    const failed = await agent.submit(formIn(login, 'login-form'), { username: 'a', password: 'b' });
    expect(failed.text).to.include('id="login-error"');
    const page = await switched(agent, failed);
    expect(page.url).to.equal(login.url);
    expect(page.text).to.include('<h1>登录</h1>');
  });

  it('carries no query of a step below an interaction: it may be a login ticket', async () => {
    const { headers, url } = await openLogin(new Agent(), app.issuer);
    expect(headers.get('content-type')).to.match(/html/);
    // Refused before any route sees it, so a page is drawn at this very address.
    const page = await new Agent().get(`${url}/return?login_ticket=secret&x=%00`);
    expect(page.status).to.equal(400);
    expect(switchOn(page)).to.match(/back=%2Finteraction%2F[\w-]+%2Freturn$/);
    expect(page.text).not.to.include('secret');
  });

  it('is on the pages of logging out', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const asked = await agent.get(`${app.issuer}/api/oauth/logout`);
    expect(asked.text).to.include('要退出');
    const confirm = await switched(agent, asked);
    expect(confirm.text).to.include('Sign out of');
    const done = await agent.follow(await agent.submit(formIn(confirm, 0), { logout: 'yes' }), app.issuer);
    expect(langOf(done)).to.equal('en');
    expect(langOf(await switched(agent, done))).to.equal('zh-CN');
  });

  it('is on no page that cannot be asked for again', async () => {
    const posted = await new Agent().post(`${app.issuer}/nowhere`, { a: '1' });
    expect(posted.text).to.include('<!doctype html>');
    const long = await new Agent().get(`${app.issuer}/?x=${'%41'.repeat(2_700)}`);
    expect(long.status).to.equal(200);
    const doubled = await new Agent().get(`${app.issuer}//elsewhere.example/`);
    const refused = await new Agent().get(`${app.issuer}/language?to=zh&back=//elsewhere.example`);
    for (const page of [posted, long, doubled, refused]) expect(switchOn(page), page.url).to.equal(undefined);
  });

  const ELSEWHERE = {
    'another site': 'https://elsewhere.example/',
    'another host': '//elsewhere.example/',
    'a backslash': '/\\elsewhere.example',
    'a tab before a slash': '/\t/elsewhere.example',
    'a line break': '/\r\nSet-Cookie: a=b',
    'a relative path': 'elsewhere',
    'a script': 'javascript:alert(1)',
    nothing: '',
  };

  for (const [what, back] of Object.entries(ELSEWHERE)) {
    it(`does not lead to ${what}`, async () => {
      const page = await new Agent().get(`${app.issuer}/language?${new URLSearchParams({ to: 'zh', back })}`);
      expect(page.status).to.equal(400);
      expect(page.location).to.equal(undefined);
      expect(page.headers.getSetCookie()).to.deep.equal([]);
      expect(page.text).to.include('id="error-code"');
    });
  }

  it('knows no other language and takes each parameter once', async () => {
    for (const query of ['to=fr&back=/', 'to=__proto__&back=/', 'back=/', 'to=zh', 'to=zh&to=en&back=/']) {
      const { status } = await new Agent().get(`${app.issuer}/language?${query}`);
      expect(status, query).to.equal(400);
    }
    const { status } = await new Agent().get(`${app.issuer}/language?to=zh&back=/&back=//elsewhere.example`);
    expect(status).to.equal(400);
  });

  it('leaves a cookie that holds no language of ours without effect', async () => {
    const agent = new Agent();
    agent.headers.cookie = 'a=b; link2ur_op_lang=xx; xlink2ur_op_lang=zh';
    expect(langOf(await agent.get(`${app.issuer}/`))).to.equal('en');
    agent.headers.cookie = 'a=b; link2ur_op_lang=zh; c=d';
    expect(langOf(await agent.get(`${app.issuer}/`))).to.equal('zh-CN');
  });
});
