// What pages send beside their text: policies that hold, and hostile text that stays text.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent, formIn, type Page } from '../support/agent.js';
import { authorizeUrl, obtainTokens, startApp, type TestApp } from '../support/app.js';
import { openConsent, openLogin } from '../support/browsing.js';
import { send } from '../support/raw-http.js';

const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;

const HOSTILE_CLIENT = {
  client_id: 'hostile',
  client_name: `\u202E${HOSTILE}\u2066\u200B`,
  client_uri: 'https://evil.example/"><script>alert(1)</script>',
  logo_uri: 'https://evil.example/x.svg#"onerror="alert(1)',
  policy_uri: "https://evil.example/'onclick='alert(1)",
  redirect_uris: ['https://evil.example/cb?a=%22%3E%3Cscript%3E'],
  scope: 'openid profile',
  token_endpoint_auth_method: 'none',
};

const PKCE = { code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };

/** Tags and attributes that only an injection can have brought onto a page of ours. */
const INJECTED = /<script|<img[^>]*src=x|<[^>]*\son\w+=|javascript:|<\/title>[^<]*<(?!meta)/i;

/** The page without the values of its attributes: no quote of foreign text can have ended one. */
const bare = ({ text }: Page) => text.replaceAll(/"[^"]*"/g, '""');

function directives(page: Pick<Page, 'headers'>): Map<string, string> {
  const policy = page.headers.get('content-security-policy') ?? '';
  return new Map(
    policy.split(/;\s*/).map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );
}

describe('pages', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await app.services.clients.apply(clientInputSchema.parse(HOSTILE_CLIENT), 'operator:test');
  });

  after(() => app.close());

  const hostile = (extra: Record<string, string> = {}) => ({
    client_id: 'hostile',
    redirect_uri: HOSTILE_CLIENT.redirect_uris[0] ?? '',
    scope: 'openid profile',
    ...PKCE,
    ...extra,
  });

  async function logoutPage(query: string): Promise<Page> {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    return agent.get(`${app.issuer}/api/oauth/logout${query}`);
  }

  const RETURN = '?client_id=web-app&post_logout_redirect_uri=https%3A%2F%2Frp.example%2Flogged-out';

  /** Every page of ours, and where its forms may lead beside ourselves. */
  const PAGES: Record<string, [open: () => Promise<Page>, formTarget: string]> = {
    root: [() => new Agent().get(`${app.issuer}/`), ''],
    'error reference': [() => new Agent().get(`${app.issuer}/api/oauth/errors`), ''],
    'not found': [() => new Agent().get(`${app.issuer}/nowhere`), ''],
    'wrong method': [() => new Agent().get(`${app.issuer}/api/oauth/logout/confirm`), ''],
    'refused input': [() => new Agent().get(`${app.issuer}/?x=%00`), ''],
    'authorization error': [
      () => new Agent().get(authorizeUrl(app.issuer, { redirect_uri: 'https://evil.example/' })),
      '',
    ],
    login: [() => openLogin(new Agent(), app.issuer), 'https://rp.example'],
    'failed login': [
      async () => {
        const agent = new Agent();
        const form = formIn(await openLogin(agent, app.issuer), 'login-form');
        return agent.submit(form, { username: 'a', password: 'b' });
      },
      'https://rp.example',
    ],
    consent: [() => openConsent(new Agent(), app.issuer, { prompt: 'consent' }), 'https://rp.example'],
    'choice of account': [
      async () => {
        const agent = new Agent();
        await obtainTokens(app.issuer, agent);
        return openConsent(agent, app.issuer, { prompt: 'select_account' });
      },
      'https://rp.example',
    ],
    'expired interaction': [() => new Agent().get(`${app.issuer}/interaction/unknown`), ''],
    'forged form': [() => new Agent().post(`${app.issuer}/interaction/unknown/login`, {}), ''],
    logout: [() => logoutPage(''), ''],
    'logout with a way back': [() => logoutPage(RETURN), 'https://rp.example'],
    'logged out': [
      async () => {
        const agent = new Agent();
        await obtainTokens(app.issuer, agent);
        const page = await agent.get(`${app.issuer}/api/oauth/logout`);
        return agent.follow(await agent.submit(formIn(page, 0), { logout: 'yes' }), app.issuer);
      },
      '',
    ],
    'hostile consent': [() => openConsent(new Agent(), app.issuer, hostile()), 'https://evil.example'],
  };

  for (const [name, [open, formTarget]] of Object.entries(PAGES)) {
    it(`run no script, are in no frame and send forms only home or to the client: ${name}`, async () => {
      const page = await open();
      expect(page.headers.get('content-type')).to.match(/^text\/html/);
      const policy = directives(page);
      expect(Object.fromEntries(policy)).to.deep.equal({
        'default-src': "'none'",
        'style-src': "'self'",
        'img-src': name === 'hostile consent' ? "'self' https://evil.example" : "'self'",
        'form-action': `'self' ${formTarget}`.trim(),
        'base-uri': "'none'",
        'frame-ancestors': "'none'",
      });
      expect(page.headers.get('x-frame-options')).to.equal('DENY');
      expect(page.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(page.headers.get('referrer-policy')).to.equal('same-origin');
      expect(page.headers.get('cache-control')).to.equal('no-store');
      expect(bare(page)).not.to.match(/<script|<style|<[^>]*\s(style|on\w+)=/i);
    });
  }

  it('that is an answer runs one script, which is a file of ours, and is in no frame', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const page = await agent.get(authorizeUrl(app.issuer, { response_mode: 'form_post' }));
    const policy = directives(page);
    const scripts = [...page.text.matchAll(/<script[^>]*>[^<]*/g)].map(([script]) => script);
    expect(scripts).to.have.length(1);
    expect(scripts[0]).to.match(/^<script src="\/assets\/submit\.\w+\.js">$/);
    expect(policy.get('default-src')).to.equal("'none'");
    expect(policy.get('frame-ancestors')).to.equal("'none'");
    expect(policy.get('script-src')).to.equal("'self'");
    expect(policy.get('base-uri')).to.equal("'none'");
    expect(policy.get('form-action')).to.equal("'self' https://rp.example");
    // It cannot be asked for a second time, in another language or from a cache.
    expect(page.text).not.to.include('language-switch');
    expect(page.headers.get('cache-control')).to.equal('no-store');
  });

  it('give answers for programs no less', async () => {
    for (const path of ['/.well-known/openid-configuration', '/api/oauth/jwks', '/api/oauth/userinfo']) {
      const page = await new Agent().get(app.issuer + path);
      expect(directives(page).get('frame-ancestors')).to.equal("'none'");
      expect(page.headers.get('x-content-type-options')).to.equal('nosniff');
    }
  });

  it('show a hostile client as text', async () => {
    const agent = new Agent();
    const login = await openLogin(agent, app.issuer, hostile());
    const consent = await openConsent(agent, app.issuer, hostile({ prompt: 'consent' }));
    for (const page of [login, consent]) {
      expect(page.text).to.include('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(bare(page)).not.to.match(INJECTED);
      expect(page.text).not.to.match(/[\u202a-\u202e\u2066-\u2069\u200b]/);
    }
    expect(consent.text).to.include('evil.example');
  });

  it('keep the spoofed part of a client’s name out of the title', async () => {
    const page = await openConsent(new Agent(), app.issuer, hostile());
    expect(/<title>(.*?)<\/title>/.exec(page.text)?.[1]).not.to.include('script');
  });

  const REFLECTED: Record<string, () => Promise<Page>> = {
    'a login hint': () => openLogin(new Agent(), app.issuer, { login_hint: HOSTILE }),
    'a username that failed': async () => {
      const agent = new Agent();
      const form = formIn(await openLogin(agent, app.issuer), 'login-form');
      return agent.submit(form, { username: HOSTILE, password: 'x' });
    },
    'a client id': () => new Agent().get(authorizeUrl(app.issuer, { client_id: HOSTILE })),
    'a redirect URI': () => new Agent().get(authorizeUrl(app.issuer, { redirect_uri: HOSTILE })),
    'a claim that is asked for': () =>
      openConsent(new Agent(), app.issuer, {
        claims: JSON.stringify({ userinfo: { [HOSTILE]: null } }),
        prompt: 'consent',
      }),
    'the name of a parameter that is too long': () =>
      new Agent().get(`${app.issuer}/?${encodeURIComponent(HOSTILE.slice(0, 30))}=${'a'.repeat(9000)}`),
    'the name of a field that occurs twice': () => {
      const name = encodeURIComponent(HOSTILE.slice(0, 30));
      return new Agent().request(`${app.issuer}/interaction/x/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `${name}=1&${name}=2`,
      });
    },
    'an unknown address': () => new Agent().get(`${app.issuer}/${encodeURIComponent(HOSTILE)}`),
    'an unknown interaction': () =>
      new Agent().get(`${app.issuer}/interaction/${encodeURIComponent(HOSTILE)}`),
    'a hint at logout': () =>
      new Agent().get(`${app.issuer}/api/oauth/logout?id_token_hint=${encodeURIComponent(HOSTILE)}`),
  };

  for (const [what, open] of Object.entries(REFLECTED)) {
    it(`show ${what} as text, if at all`, async () => {
      const page = await open();
      expect(page.status).to.be.lessThan(500);
      expect(page.text).to.include('<!doctype html>');
      expect(bare(page)).not.to.match(INJECTED);
    });
  }

  it('are in English or Chinese, whatever languages are asked for', async () => {
    const wishes = [
      HOSTILE,
      '../../etc/passwd',
      '__proto__',
      'constructor',
      'zh; DROP TABLE',
      'a'.repeat(200),
    ];
    for (const wish of wishes) {
      const page = await openLogin(new Agent(), app.issuer, { ui_locales: wish });
      expect(page.status).to.equal(200);
      expect(page.headers.get('content-language')).to.be.oneOf(['en', 'zh-CN']);
      expect(bare(page)).not.to.match(INJECTED);
    }
    const { status, headers } = await send(app.issuer, {
      target: '/',
      headers: { accept: 'text/html', 'accept-language': `${'x-y;q=0.9,'.repeat(1000)}__proto__` },
    });
    expect(status).to.equal(200);
    expect(headers['content-language']).to.equal('en');
  });

  it('do not call what an attacker wrote into an error’s redirect their own', async () => {
    const page = await new Agent().get(
      authorizeUrl(app.issuer, { error: 'x', error_description: HOSTILE, client_id: 'unknown' }),
    );
    expect(bare(page)).not.to.match(INJECTED);
    expect(page.text).not.to.include('alert(1)');
  });
});
