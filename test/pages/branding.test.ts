// What the operator may set of the pages' looks, on a running provider.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent, type Page } from '../support/agent.js';
import { authorizeUrl, startApp, type TestApp } from '../support/app.js';
import { openConsent, openLogin } from '../support/browsing.js';

const imageSources = ({ headers }: Page) =>
  /img-src ([^;]*)/.exec(headers.get('content-security-policy') ?? '')?.[1];

const LOGO_CLIENT = {
  client_id: 'with-logo',
  client_name: 'With Logo',
  logo_uri: 'https://pictures.example:8443/a/logo.png',
  redirect_uris: ['https://with-logo.example/callback'],
  scope: 'openid profile',
};

describe('pages: branding', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({
      env: {
        BRAND_NAME: 'Campus & Co',
        BRAND_LOGO_URL: 'https://cdn.brand.example/logo.svg?v=2',
        BRAND_COLOR: '#8A1C5C',
        BRAND_TERMS_URL: 'https://brand.example/terms',
      },
    });
    const input = clientInputSchema.parse({ ...LOGO_CLIENT, token_endpoint_auth_method: 'none' });
    await app.services.clients.apply(input, 'operator:test');
  });

  after(() => app.close());

  it('shows name, logo and links of the operator', async () => {
    const { text } = await openLogin(new Agent(), app.issuer);
    expect(text)
      .to.include('<span class="brand-name">Campus &amp; Co</span>')
      .and.include('src="https://cdn.brand.example/logo.svg?v=2"')
      .and.include('<link rel="icon" href="https://cdn.brand.example/logo.svg?v=2">')
      .and.include('href="https://brand.example/terms"');
  });

  it('loads the accent as a stylesheet of its own, to be kept for ever', async () => {
    const { text } = await openLogin(new Agent(), app.issuer);
    const [, ours = '', brand = ''] =
      /href="(\/assets\/style[^"]*)">\s*<link rel="stylesheet" href="(\/assets\/brand\.[\da-f]{16}\.css)"/.exec(
        text,
      ) ?? [];
    expect(ours).not.to.equal('');
    const sheet = await new Agent().get(app.issuer + brand);
    expect(sheet.status).to.equal(200);
    expect(sheet.headers.get('content-type')).to.equal('text/css; charset=utf-8');
    expect(sheet.headers.get('cache-control')).to.include('immutable');
    expect(sheet.text).to.include('--accent:#8a1c5c');
  });

  it('lets images through from the logo’s origin and from nowhere else', async () => {
    expect(imageSources(await new Agent().get(`${app.issuer}/`))).to.equal(
      "'self' https://cdn.brand.example",
    );
  });

  it('lets a page about an app show that app’s logo too', async () => {
    const redirect_uri = LOGO_CLIENT.redirect_uris[0] ?? '';
    const code_challenge = 'a'.repeat(43);
    const page = await openConsent(new Agent(), app.issuer, {
      client_id: 'with-logo',
      redirect_uri,
      scope: 'openid',
      code_challenge,
      code_challenge_method: 'S256',
    });
    expect(page.text).to.include('id="consent-form"').and.include(`src="${LOGO_CLIENT.logo_uri}"`);
    expect(imageSources(page)).to.equal("'self' https://cdn.brand.example https://pictures.example:8443");
  });

  it('leaves answers to the plain error page in its dress as well', async () => {
    const page = await new Agent().get(authorizeUrl(app.issuer, { client_id: 'nobody' }));
    expect(page.text).to.match(/\/assets\/brand\.[\da-f]{16}\.css/);
  });
});
