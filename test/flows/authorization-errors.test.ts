// Authorization requests that are wrong: a page where a redirect would not be safe, else the app is told.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { authorizeUrl, REDIRECT_URI, startApp, type TestApp } from '../support/app.js';
import { register } from '../support/relying-party.js';
import { answerParams, postedAnswer, walk } from '../support/walk.js';

describe('the authorization endpoint', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await register(app, { client_id: 'careful', require_pkce: true });
  });
  after(() => app.close());

  const SPA = { client_id: 'spa', redirect_uri: 'https://spa.example/callback' };
  const S256 = { code_challenge: 'c'.repeat(43), code_challenge_method: 'S256' };

  describe('shows an error page and redirects nowhere', () => {
    async function expectPage(url: string, code: string) {
      const page = await new Agent().get(url);
      expect(page.status, url).to.equal(400);
      expect(page.location, url).to.equal(undefined);
      expect(page.text).to.include('Authorization error').and.include(`<code id="error-code">${code}</code>`);
      expect(page.text).to.match(/id="error-description">[^<]+</);
      expect(page.headers.get('content-type')).to.include('text/html');
      expect(page.headers.get('cache-control')).to.include('no-store');
    }

    for (const redirect_uri of [
      'https://evil.example/callback',
      'https://rp.example/callback/',
      'https://rp.example/Callback',
      'https://rp.example/callback?x=1',
      'https://rp.example/callback#fragment',
      'https://rp.example:8443/callback',
      'http://rp.example/callback',
      'https://rp.example/callback/../other',
      'https://RP.example/callback',
      'https://rp.example/%63allback',
      'https://rp.example@evil.example/callback',
      'https://rp.example.evil.example/callback',
      'javascript:alert(1)',
      '/callback',
    ]) {
      it(`for the redirect_uri ${redirect_uri}`, () =>
        expectPage(authorizeUrl(app.issuer, { redirect_uri }), 'invalid_redirect_uri'));
    }

    it('for an unknown client', () =>
      expectPage(authorizeUrl(app.issuer, { client_id: 'nobody' }), 'invalid_client'));

    it('without a client_id', () =>
      expectPage(authorizeUrl(app.issuer).replace('client_id=web-app&', ''), 'invalid_request'));

    it('without a redirect_uri, although only one would do', () =>
      expectPage(
        `${app.issuer}/api/oauth/authorize?client_id=spa&response_type=code&scope=openid`,
        'invalid_request',
      ));

    it('for a redirect_uri that is there twice', () =>
      expectPage(
        `${authorizeUrl(app.issuer)}&redirect_uri=${encodeURIComponent('https://rp.example/other')}`,
        'invalid_request',
      ));

    it('whatever else is wrong with the request', () =>
      expectPage(
        authorizeUrl(app.issuer, {
          redirect_uri: 'https://evil.example/',
          response_type: 'token',
          prompt: 'x',
        }),
        'invalid_redirect_uri',
      ));
  });

  it('escapes what the request put into the error page', async () => {
    const page = await new Agent().get(
      authorizeUrl(app.issuer, { client_id: '<script>alert(1)</script>', ui_locales: '"><b>' }),
    );
    expect(page.status).to.equal(400);
    expect(page.text).not.to.include('<script>alert').and.not.include('"><b>');
  });

  describe('tells the app, with state and iss', () => {
    const wrong: Record<string, [Record<string, string>, string]> = {
      'of response_type=token': [{ response_type: 'token' }, 'unsupported_response_type'],
      'of response_type=id_token': [{ response_type: 'id_token', nonce: 'n' }, 'unsupported_response_type'],
      'of response_type=code id_token': [
        { response_type: 'code id_token', nonce: 'n' },
        'unsupported_response_type',
      ],
      'of an unknown response_mode': [{ response_mode: 'pigeon' }, 'unsupported_response_mode'],
      'of a request object': [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
      'of a request_uri': [{ request_uri: 'https://rp.example/request.jwt' }, 'request_uri_not_supported'],
      'of a registration': [{ registration: '{}' }, 'registration_not_supported'],
      'of a scope that cannot be one': [{ scope: 'openid "quoted"' }, 'invalid_scope'],
      'of PKCE with plain': [{ ...S256, code_challenge_method: 'plain' }, 'invalid_request'],
      'of PKCE without a method, which would be plain': [
        { code_challenge: 'c'.repeat(43) },
        'invalid_request',
      ],
      'of PKCE without a challenge': [{ code_challenge_method: 'S256' }, 'invalid_request'],
      'of a challenge that is too short': [{ ...S256, code_challenge: 'short' }, 'invalid_request'],
      'of a public client without PKCE': [{ ...SPA }, 'invalid_request'],
      'of a confidential client without PKCE that must use it': [{ client_id: 'careful' }, 'invalid_request'],
    };
    for (const [what, [params, error]] of Object.entries(wrong)) {
      it(what, async () => {
        const walked = await walk(new Agent(), app.issuer, authorizeUrl(app.issuer, params));
        const answered = walked.page.location?.includes('#')
          ? Object.fromEntries(new URLSearchParams(new URL(walked.page.location).hash.slice(1)))
          : answerParams(walked);
        expect(answered).to.include({ error, state: 'the-state', iss: app.issuer });
        expect(answered.error_description ?? 'not needed').not.to.equal('');
        expect(answered).not.to.have.any.keys('code', 'access_token', 'id_token');
        expect(walked.shown).to.deep.equal([]);
        expect(walked.page.location).to.match(/^https:\/\/(rp|spa)\.example\/callback[?#]/);
      });
    }

    it('of a parameter that is there twice', async () => {
      const url = `${authorizeUrl(app.issuer)}&scope=openid`;
      const answered = answerParams(await walk(new Agent(), app.issuer, url));
      expect(answered).to.include({ error: 'invalid_request', iss: app.issuer });
    });

    it('of a missing response_type', async () => {
      const url = authorizeUrl(app.issuer).replace('response_type=code&', '');
      const answered = answerParams(await walk(new Agent(), app.issuer, url));
      expect(answered.error).to.be.oneOf(['invalid_request', 'unsupported_response_type']);
      expect(answered).to.include({ state: 'the-state', iss: app.issuer });
    });

    it('by form_post when it asked for that', async () => {
      const url = authorizeUrl(app.issuer, { response_mode: 'form_post', scope: 'openid', prompt: 'none' });
      const { action, fields } = postedAnswer(await walk(new Agent(), app.issuer, url));
      expect(action).to.equal(REDIRECT_URI);
      expect(fields).to.include({ error: 'login_required', state: 'the-state', iss: app.issuer });
    });
  });

  it('escapes what is posted back by form_post', async () => {
    const state = '"><script>alert(1)</script>';
    const url = authorizeUrl(app.issuer, { response_mode: 'form_post', prompt: 'none', state });
    const walked = await walk(new Agent(), app.issuer, url);
    expect(walked.page.text).not.to.include('<script>alert');
    expect(postedAnswer(walked).fields.state).to.equal(state);
  });

  it('ignores parameters it does not know', async () => {
    const walked = await walk(
      new Agent(),
      app.issuer,
      authorizeUrl(app.issuer, { utm_source: 'x', foo: '1' }),
    );
    expect(answerParams(walked)).to.have.all.keys('code', 'state', 'iss');
  });

  it('returns the state byte for byte', async () => {
    for (const state of ['a b+c%20d&e=f', '张三 🍵', 'x'.repeat(1000)]) {
      const walked = await walk(new Agent(), app.issuer, authorizeUrl(app.issuer, { state, prompt: 'none' }));
      expect(answerParams(walked).state).to.equal(state);
    }
  });

  it('returns no state when there was none', async () => {
    const url = authorizeUrl(app.issuer, { prompt: 'none' }).replace('state=the-state&', '');
    expect(answerParams(await walk(new Agent(), app.issuer, url))).not.to.have.property('state');
  });

  it('takes the same request by POST (OpenID Connect Core §3.1.2.1)', async () => {
    const { searchParams } = new URL(authorizeUrl(app.issuer));
    const agent = new Agent();
    const page = await agent.post(`${app.issuer}/api/oauth/authorize`, Object.fromEntries(searchParams));
    const { shown, page: end } = await walk(agent, app.issuer, page);
    expect(shown).to.include('login');
    expect(answerParams({ page: end })).to.include({ state: 'the-state', iss: app.issuer });
  });

  it('cannot be framed, on any of its pages', async () => {
    for (const url of [authorizeUrl(app.issuer), authorizeUrl(app.issuer, { client_id: 'nobody' })]) {
      const page = await new Agent().follow(url, app.issuer);
      expect(page.headers.get('content-security-policy')).to.include("frame-ancestors 'none'");
      expect(page.headers.get('x-frame-options')).to.equal('DENY');
      expect(page.headers.get('referrer-policy')).to.equal('same-origin');
    }
  });
});
