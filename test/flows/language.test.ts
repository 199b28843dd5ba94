// Pages speak the user's language: what the app asks for, then the account's, then the browser's.
import { expect } from 'chai';
import { Agent, formIn, type Page } from '../support/agent.js';
import { OTHER_USER, obtainTokens, PASSWORD, startApp, type TestApp, USER } from '../support/app.js';
import { prepare, type RelyingParty, relyingParty } from '../support/relying-party.js';

const isChinese = (page: Page) => {
  const lang = /<html lang="([^"]+)"/.exec(page.text)?.[1];
  expect(page.headers.get('content-language')).to.equal(lang);
  return lang === 'zh-CN';
};

describe('the language of pages', () => {
  let app: TestApp;
  let rp: RelyingParty;

  before(async () => {
    app = await startApp();
    rp = await relyingParty(app);
    const hashedPassword = await app.services.hasher.hash(PASSWORD);
    await app.services.stores.users.save({ ...OTHER_USER, languagePreference: 'en', hashedPassword });
  });
  after(() => app.close());

  function browser(acceptLanguage: string): Agent {
    const agent = new Agent();
    agent.headers['accept-language'] = acceptLanguage;
    return agent;
  }

  async function loginPage(acceptLanguage: string, params: Record<string, string> = {}): Promise<Page> {
    const { url } = await prepare(rp, params);
    return browser(acceptLanguage).follow(url, app.issuer);
  }

  it('is the one the app asks for in ui_locales, whatever the browser says', async () => {
    const page = await loginPage('en', { ui_locales: 'zh' });
    expect(isChinese(page)).to.equal(true);
    expect(page.text).to.include('<h1>登录</h1>').and.include('密码');
    expect(isChinese(await loginPage('zh-CN', { ui_locales: 'en' }))).to.equal(false);
  });

  it('is the first of ui_locales that we speak', async () => {
    expect(isChinese(await loginPage('en', { ui_locales: 'fr-CA zh-Hant en' }))).to.equal(true);
    expect(isChinese(await loginPage('en', { ui_locales: 'se' }))).to.equal(false);
  });

  it('is the one the browser prefers otherwise, by weight', async () => {
    expect(isChinese(await loginPage('zh-CN,zh;q=0.9,en;q=0.8'))).to.equal(true);
    expect(isChinese(await loginPage('zh;q=0.1,en;q=0.8'))).to.equal(false);
    expect(isChinese(await loginPage('fr'))).to.equal(false);
  });

  for (const [user, expected, other] of [
    [USER, true, 'en'],
    [OTHER_USER, false, 'zh'],
  ] as const) {
    it(`is that of the account once ${user.name} is logged in, unless the app asks for another`, async () => {
      const consent = async (params: Record<string, string>) => {
        const { url } = await prepare(rp, { prompt: 'consent', ...params });
        const agent = browser(other);
        const page = await agent.follow(url, app.issuer);
        const sent = await agent.submit(formIn(page, 'login-form'), {
          username: user.email,
          password: PASSWORD,
        });
        const consentPage = await agent.follow(sent, app.issuer);
        expect(consentPage.text).to.include('id="consent-form"');
        return consentPage;
      };
      expect(isChinese(await consent({}))).to.equal(expected);
      expect(isChinese(await consent({ ui_locales: other }))).to.equal(!expected);
    });
  }

  it('words the scopes in it', async () => {
    const texts = { zh: '读取你的邮箱', en: 'Read your email address' };
    for (const [ui_locales, text] of Object.entries(texts)) {
      const agent = new Agent();
      const { url } = await prepare(rp, { prompt: 'consent', ui_locales });
      const page = await agent.follow(url, app.issuer);
      const fields = { username: USER.email, password: PASSWORD };
      const consent = await agent.follow(await agent.submit(formIn(page, 'login-form'), fields), app.issuer);
      expect(consent.text).to.include(text);
    }
  });

  it('is kept when the password was wrong', async () => {
    const { url } = await prepare(rp, { ui_locales: 'zh' });
    const agent = new Agent();
    const page = await agent.follow(url, app.issuer);
    const again = await agent.submit(formIn(page, 'login-form'), { username: USER.email, password: 'no' });
    expect(isChinese(again)).to.equal(true);
    expect(again.text).to.include('账号与密码不匹配');
  });

  it('is that of error and logout pages as well', async () => {
    const broken = `${app.issuer}/api/oauth/authorize?client_id=nobody&ui_locales=zh`;
    expect(isChinese(await browser('en').get(broken))).to.equal(true);
    expect(isChinese(await browser('zh').get(`${app.issuer}/nowhere`))).to.equal(true);
    const agent = browser('zh');
    const page = await agent.get(`${app.issuer}/api/oauth/logout/success`);
    expect(isChinese(page)).to.equal(true);
    expect(page.text).to.include('你已退出登录');
  });

  it('is that of the account on the page that asks whether to log out', async () => {
    const agent = browser('en');
    await obtainTokens(app.issuer, agent);
    const page = await agent.get(`${app.issuer}/api/oauth/logout`);
    expect(isChinese(page)).to.equal(true);
    expect(page.text).to.include('id="logout-confirm"');
    expect(isChinese(await agent.get(`${app.issuer}/api/oauth/logout?ui_locales=en`))).to.equal(false);
  });

  it('leaves the fixed English phrase and code on error pages, for robots', async () => {
    const page = await browser('zh').get(`${app.issuer}/api/oauth/authorize?client_id=nobody`);
    expect(page.text)
      .to.include('Authorization error')
      .and.include('<code id="error-code">invalid_client</code>');
  });
});
