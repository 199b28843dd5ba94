// Cookies that others can neither read nor write.
import { expect } from 'chai';
import { Agent, formIn } from '../support/agent.js';
import { authorizeUrl, obtainTokens, startApp, type TestApp } from '../support/app.js';
import { askSilently, cookieValue, openConsent } from '../support/browsing.js';

const SESSION = 'link2ur_op_session';
describe('cookies', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  it('are HttpOnly, SameSite=Lax and without a Domain, all of them', async () => {
    const agent = new Agent();
    const lines: string[] = [];
    const seen = async (page: ReturnType<Agent['get']>) => {
      const answer = await page;
      lines.push(...answer.headers.getSetCookie());
      return answer;
    };
    let page = await seen(agent.get(authorizeUrl(app.issuer)));
    const login = await seen(agent.get(page.location ?? ''));
    page = await seen(
      agent.submit(formIn(login, 'login-form'), { username: 'zhangsan@example.com', password: 'x' }),
    );
    const consent = await openConsent(agent, app.issuer, { prompt: 'consent' });
    page = await seen(agent.submit(formIn(consent, 'consent-form'), { decision: 'allow' }));
    await seen(agent.get(page.location ?? ''));
    expect(lines.some((line) => line.startsWith(SESSION))).to.equal(true);
    expect(lines.some((line) => line.startsWith('link2ur_op_interaction'))).to.equal(true);
    for (const line of lines) {
      expect(line)
        .to.match(/; httponly/i)
        .and.to.match(/; samesite=lax/i);
      expect(line).not.to.match(/; domain=/i);
    }
  });

  it('of an interaction go to that interaction only', async () => {
    const agent = new Agent();
    const { headers, location } = await agent.get(authorizeUrl(app.issuer));
    const { pathname } = new URL(location ?? '');
    const line = headers.getSetCookie().find((each) => each.startsWith('link2ur_op_interaction='));
    expect(line).to.match(new RegExp(`; path=${pathname};`, 'i'));
  });

  it('whose signature does not fit are as good as none', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    expect((await askSilently(agent, app.issuer)).has('code')).to.equal(true);
    const value = cookieValue(agent, app.issuer, SESSION) ?? '';
    const signature = cookieValue(agent, app.issuer, `${SESSION}.sig`) ?? '';
    expect(signature).to.match(/^[\w-]{20,}$/);
    const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    const tampered: Record<string, string> = {
      'another signature': `${SESSION}=${value}; ${SESSION}.sig=${flip(signature)}`,
      'no signature': `${SESSION}=${value}`,
      'an empty signature': `${SESSION}=${value}; ${SESSION}.sig=`,
      'another value': `${SESSION}=${flip(value)}; ${SESSION}.sig=${signature}`,
    };
    for (const [how, cookie] of Object.entries(tampered)) {
      const { location } = await new Agent().request(authorizeUrl(app.issuer, { prompt: 'none' }), {
        headers: { cookie },
      });
      expect(new URL(location ?? '').searchParams.get('error'), how).to.equal('login_required');
    }
    const whole = `${SESSION}=${value}; ${SESSION}.sig=${signature}`;
    const { location } = await new Agent().request(authorizeUrl(app.issuer, { prompt: 'none' }), {
      headers: { cookie: whole },
    });
    expect(new URL(location ?? '').searchParams.has('code')).to.equal(true);
  });

  it('of an interaction whose signature does not fit open nothing', async () => {
    const agent = new Agent();
    const page = await openConsent(agent, app.issuer, { prompt: 'consent' });
    const cookie = agent.cookieHeader(page.url).replace(/(interaction\.sig=)./, '$1_');
    const { status } = await new Agent().request(page.url, { headers: { cookie } });
    expect(status).to.equal(400);
  });
});
