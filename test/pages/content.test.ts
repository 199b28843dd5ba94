import { expect } from 'chai';
import type { ConsentModel } from '../../src/http/pages/models.js';
import { createRenderer } from '../../src/http/pages/renderer.js';
import { projectPath } from '../../src/lib/paths.js';
import { MODELS } from './models.js';

const renderer = createRenderer({
  viewsDir: projectPath('views'),
  brand: { name: 'Link²Ur' },
  cache: true,
});
const consent = (change: Partial<ConsentModel> = {}) =>
  renderer.render('consent', 'en', { ...MODELS.consent, ...change });

describe('pages: consent', () => {
  it('says each scope in the words of the document', () => {
    const scopes = ['openid', 'profile', 'email'].map((name) => ({ name, granted: false }));
    const zh = renderer.render('consent', 'zh', { ...MODELS.consent, scopes });
    expect(zh).to.contain('验证你的身份').and.contain('读取你的昵称和头像').and.contain('读取你的邮箱');
    expect(zh).to.contain('<bdi>Campus Market</bdi> 应用请求访问你的 <bdi>Link²Ur</bdi> 账号');
    expect(consent({ scopes }))
      .to.contain('Verify your identity')
      .and.contain('Read your name and profile picture')
      .and.contain('Read your email address');
  });

  it('offers to allow and to deny in one form', () => {
    expect(consent()).to.match(
      /<form id="consent-form"[\s\S]*value="deny"[\s\S]*value="allow"[\s\S]*<\/form>/,
    );
  });

  it('sets scopes granted before apart from new ones, unknown ones by name', () => {
    const html = consent({
      scopes: [
        { name: 'openid', granted: true },
        { name: 'tasks:read', granted: false },
      ],
    });
    expect(html).to.match(
      /scopes-new[\s\S]*<bdi>tasks:read<\/bdi>[\s\S]*scopes-granted[\s\S]*Verify your identity/,
    );
  });

  it('shows a logo only from https, without referrer', () => {
    expect(consent()).to.match(/<img src="https:\/\/market[^>]* alt="" referrerpolicy="no-referrer"/);
    const client = { ...MODELS.consent.client, logoUri: 'http://market.example.com/logo.png' };
    expect(consent({ client })).not.to.contain('logo.png');
  });

  it('shows hosts whole and in ASCII', () => {
    const client = { name: 'x', uri: 'https://www.раypal.com:8443/signin' };
    expect(consent({ client })).to.contain('<bdi>www.xn--ypal-43d9g.com:8443</bdi>');
  });

  it('says where the user returns to', () => {
    expect(consent({ redirectUri: 'https://rp.example/cb' })).to.contain('return to <bdi>rp.example</bdi>');
    expect(consent({ redirectUri: 'com.example.app:/cb' })).to.contain(
      'this device (<bdi>com.example.app</bdi>)',
    );
    expect(consent({ redirectUri: 'http://127.0.0.1:4711/cb' })).to.contain('(<bdi>127.0.0.1:4711</bdi>)');
  });

  it('names an app whose name cannot be seen', () => {
    expect(consent({ client: { name: '\u200B\u2060 ' } })).to.contain('<bdi>Unnamed app</bdi>');
  });
});

describe('pages: names that deceive', () => {
  const named = (name: string, redirectUri?: string) =>
    consent({ client: { name, uri: 'https://www.раypal.com' }, redirectUri });

  it('are pointed out where a word mixes alphabets, with the address that counts', () => {
    const html = named('P\u0430ypal', 'https://xn--ypal-43d9g.com/cb');
    expect(html).to.match(
      /id="name-warning">This name mixes letters.*What counts is the address: <bdi>xn--ypal-43d9g.com<\/bdi>/,
    );
    const zh = renderer.render('consent', 'zh', { ...MODELS.consent, client: { name: '\u039Fnline' } });
    expect(zh).to.contain('混用了不同文字的字母');
    expect(named('P\u0430ypal', 'com.example.app:/cb')).to.contain(
      'address: <bdi>www.xn--ypal-43d9g.com</bdi>',
    );
  });

  it('are not what other names are', () => {
    for (const name of ['Campus Market', '微信Pay', 'Яндекс Maps', 'Ελληνικά 2', 'José', 'µTorrent', '5А']) {
      expect(named(name), name).not.to.contain('name-warning');
    }
  });
});

describe('pages: what is new since last time', () => {
  const scopes = [
    { name: 'openid', granted: true },
    { name: 'email', granted: false },
    { name: 'tasks:read', granted: false },
  ];

  it('is marked, one by one', () => {
    const [fresh = '', granted = ''] = consent({ scopes, claims: [] }).split('scopes-granted');
    expect(fresh.match(/<span class="badge">New<\/span>/g)).to.have.length(2);
    expect(granted).not.to.contain('badge');
    expect(renderer.render('consent', 'zh', { ...MODELS.consent, scopes })).to.contain('>新增<');
  });

  it('is not said the first time', () => {
    expect(consent({ scopes: scopes.map(({ name }) => ({ name, granted: false })) })).not.to.contain('badge');
  });
});

describe('pages: back from the site', () => {
  const model = MODELS.handoff;

  it('says that the user is not signed in and leads there again', () => {
    const en = renderer.render('handoff', 'en', {
      ...model,
      continueUrl: 'https://site.example/login?a=b&c',
    });
    expect(en).to.contain('<h1>You are not signed in yet</h1>').and.contain('<bdi>Campus Market</bdi>');
    expect(en).to.match(
      /<a class="primary" id="handoff-continue" href="https:\/\/site.example\/login\?a=b&amp;c">/,
    );
    expect(renderer.render('handoff', 'zh', model)).to.contain('<h1>你尚未登录</h1>');
  });

  it('lets the user give up', () => {
    expect(renderer.render('handoff', 'en', model)).to.contain(
      'Cancel and return to <bdi>Campus Market</bdi>',
    );
    expect(renderer.render('handoff', 'en', { continueUrl: '/x' })).not.to.contain('<form');
  });

  it('explains blocked cookies and a site that does not answer, each with its way on', () => {
    const blocked = { code: 'invalid_request', kind: 'cookies_blocked', continueUrl: '/again' };
    expect(renderer.render('error', 'en', blocked))
      .to.contain('<h1>Your browser blocks our cookies</h1>')
      .and.contain('id="error-continue" href="/again"');
    expect(renderer.render('error', 'zh', blocked)).to.contain('<h1>浏览器阻止了我们的 Cookie</h1>');
    const away = { code: 'temporarily_unavailable', kind: 'site_unavailable', retryUrl: '/interaction/u' };
    expect(renderer.render('error', 'en', away))
      .to.contain('<bdi>Link²Ur</bdi> does not answer')
      .and.contain('id="error-retry" href="/interaction/u"');
    expect(renderer.render('error', 'zh', away)).to.contain('<h1>暂时无法登录</h1>');
  });
});

describe('pages: login', () => {
  it('tells a wrong account or password from too many attempts, and nothing finer', () => {
    const wrong = renderer.render('login', 'en', { ...MODELS.login, problem: 'invalid_credentials' });
    expect(wrong).to.contain('role="alert">That account and password do not match.');
    expect(wrong).to.contain('<title>Error: ').and.contain('aria-invalid="true"');
    const many = renderer.render('login', 'en', { ...MODELS.login, problem: 'too_many_attempts' });
    expect(many).to.contain('role="alert">Too many attempts.').and.not.contain('aria-invalid');
  });

  it('prefills the hint and moves on to the password', () => {
    const html = renderer.render('login', 'en', { form: MODELS.login.form, loginHint: 'a@example.com' });
    expect(html).to.match(/id="login-username"[^>]* value="a@example.com">/);
    expect(html).to.match(/id="login-password"[^>]* autofocus>/);
  });
});

describe('pages: assets', () => {
  it('are served under a hash of their content, with type and etag', () => {
    const style = [...renderer.assets].find(([path]) => path.endsWith('.css'));
    expect(style?.[0]).to.match(/^\/assets\/style\.[0-9a-f]{16}\.css$/);
    expect(style?.[1].type).to.equal('text/css; charset=utf-8');
    expect(style?.[1].etag).to.match(/^"[0-9a-f]{16}"$/);
  });
});

describe('pages: error reference', () => {
  it('has an anchor for each code', () => {
    const html = renderer.render('error-reference', 'zh', MODELS['error-reference']);
    for (const code of ['invalid_request', 'invalid_grant', 'access_denied', 'server_error']) {
      expect(html).to.contain(`<div id="${code}">`);
    }
  });

  it('is linked from the error page by code', () => {
    const model = { code: 'invalid_client', referenceUrl: '/oauth/errors' };
    expect(renderer.render('error', 'en', model)).to.contain('href="/oauth/errors#invalid_client"');
  });
});
