// The pages that let a device in, in both languages, light and dark, on a phone and on a desk; and the way through them.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { OTHER_USER, PASSWORD } from '../support/app.js';
import { openBrowser } from '../support/browser/chromium.js';
import { examineAll } from '../support/browser/examine.js';
import { operable, tabThrough } from '../support/browser/keyboard.js';
import { CREDENTIALS, logIn, press, through } from '../support/browser/person.js';
import { HOSTILE_NAME } from '../support/browser/scenes.js';
import { openStage, type Stage } from '../support/browser/stage.js';
import { LOCALES, newVisitor, type Visitor } from '../support/browser/visitor.js';
import {
  ask,
  begin as beginAt,
  DEVICE_CODE,
  DEVICE_FEATURES,
  poll,
  type Started,
  TV,
} from '../support/device.js';
import { register } from '../support/relying-party.js';
import { type AppWithSite, startAppWithSite } from '../support/site.js';

const TV_LIKE = {
  client_secret: undefined,
  token_endpoint_auth_method: 'none',
  grant_types: [DEVICE_CODE, 'refresh_token'],
  redirect_uris: [],
  post_logout_redirect_uris: [],
};

const APPS = {
  tv: { ...TV_LIKE, client_name: '客厅电视' },
  fresh: { ...TV_LIKE, client_name: 'Projector' },
  hostile: {
    ...TV_LIKE,
    client_name: HOSTILE_NAME,
    client_uri: 'https://evil.example/"><script>alert(1)</script>',
  },
  word: {
    ...TV_LIKE,
    client_name: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  },
};

type Scene = (visitor: Visitor, stage: Stage) => Promise<void>;

/** A device asks; `elsewhere`, from another network than the browser's. */
async function begin(
  stage: Stage,
  { locale }: Visitor,
  clientId = 'tv',
  elsewhere = false,
): Promise<Started> {
  const fields = { client_id: clientId, scope: 'openid profile email offline_access', ui_locales: locale };
  const isHostile = clientId === 'hostile';
  const headers: Record<string, string> = {
    'user-agent': isHostile ? '"><img/src=x/onerror=alert(1)>' : 'LivingRoomTV/4.2 (Linux)',
  };
  if (elsewhere) headers['x-forwarded-for'] = '203.0.113.5';
  const { body } = await ask(stage.app.issuer, fields, headers);
  return body as unknown as Started;
}

async function type(page: Page, issuer: string, code: string): Promise<void> {
  await page.goto(`${issuer}/device`);
  await page.locator('#device-code').fill(code);
  await press(page, 'device-submit');
}

const confirm =
  (clientId?: string, elsewhere?: boolean): Scene =>
  async (visitor, stage) => {
    const { user_code: code } = await begin(stage, visitor, clientId, elsewhere);
    await type(visitor.page, stage.app.issuer, code);
  };

const consent =
  (clientId?: string): Scene =>
  async (visitor, stage) => {
    await confirm(clientId)(visitor, stage);
    await press(visitor.page, 'device-confirm');
    await logIn(visitor.page, CREDENTIALS);
  };

const done: Scene = async (visitor, stage) => {
  await consent()(visitor, stage);
  // Asked again although it was agreed to in another language: there is no other answer to a browser without a session.
  if ((await visitor.page.locator('#consent-allow').count()) > 0) await press(visitor.page, 'consent-allow');
};

const SCENES: Record<string, Scene> = {
  device: async ({ page }, { app }) => {
    await page.goto(`${app.issuer}/device`);
  },
  'device-filled-in': async (visitor, stage) => {
    const { verification_uri_complete: complete } = await begin(stage, visitor);
    await visitor.page.goto(complete);
  },
  'device-confirm': confirm(),
  'device-confirm-elsewhere': confirm('tv', true),
  'device-confirm-hostile': confirm('hostile', true),
  'device-confirm-long-word': confirm('word'),
  'device-done': done,
  'device-confirm-account': async (visitor, stage) => {
    await done(visitor, stage);
    await confirm()(visitor, stage);
  },
  'device-denied': async (visitor, stage) => {
    await confirm()(visitor, stage);
    await press(visitor.page, 'device-deny');
  },
  'device-over': async (visitor, stage) => {
    await visitor.page.goto(`${stage.app.issuer}/device/gone`);
  },
};

/** These count for the address, so they come last. */
const WRONG: Record<string, Scene> = {
  'device-error': ({ page }, { app }) => type(page, app.issuer, 'BBBB-BBBB'),
  'device-locked': async ({ page }, { app }) => {
    await type(page, app.issuer, 'BBBB-BBBB');
    for (let n = 0; n < 5; n += 1) {
      await page.locator('#device-code').fill('BBBB-BBBB');
      await press(page, 'device-submit');
    }
  },
};

describe('in a browser, letting a device in', () => {
  let stage: Stage;

  before(async () => {
    stage = await openStage(APPS, { env: { OAUTH_FEATURES: DEVICE_FEATURES, TRUST_PROXY: '1' } });
  });
  afterEach(() => stage?.dismiss());
  after(() => stage?.close());

  for (const [name, open] of Object.entries({ ...SCENES, ...WRONG })) {
    for (const locale of LOCALES) {
      it(`the page ${name} is sound in ${locale}`, async () => {
        const visitor = await stage.visitor({ locale });
        await open(visitor, stage);
        await examineAll(visitor, name);
      });
    }
  }

  it('everything is reached with the keyboard, in the order it is read', async () => {
    for (const open of [SCENES.device, SCENES['device-confirm'], SCENES['device-done']]) {
      const visitor = await stage.visitor();
      await open?.(visitor, stage);
      const expected = await operable(visitor.page);
      expect((await tabThrough(visitor.page)).map((stop) => stop.name)).to.deep.equal(expected);
    }
  });

  it('hostile text of an app and a device is text', async () => {
    const visitor = await stage.visitor();
    await SCENES['device-confirm-hostile']?.(visitor, stage);
    const { page } = visitor;
    expect(await page.locator('script, [onerror], img[src="x"]').count()).to.equal(0);
    expect(await page.locator('body').textContent()).not.to.match(/[\u202A-\u202E\u2066-\u2069\u200B]/);
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('a person on a phone types the code, logs in and agrees, and the device gets its tokens', async () => {
    const visitor = await stage.visitor({ width: 390 });
    const { page } = visitor;
    const started = await begin(stage, visitor, 'fresh');
    await page.goto(started.verification_uri);
    expect(await page.evaluate('document.activeElement?.id')).to.equal('device-code');
    await page.keyboard.type(started.user_code.toLowerCase());
    await through(page, () => page.keyboard.press('Enter'));
    await press(page, 'device-confirm');
    await logIn(page, CREDENTIALS);
    await press(page, 'consent-allow');
    expect(await page.locator('#device-approved').count()).to.equal(1);
    const { status } = await poll(stage.app.issuer, started.device_code, { client_id: 'fresh' });
    expect(status).to.equal(200);
    expect(visitor.complaints()).to.deep.equal([]);
  });

  it('switching the language loses nothing but what was typed', async () => {
    const { page } = await stage.visitor({ locale: 'en' });
    await type(page, stage.app.issuer, 'x');
    await press(page, 'language-switch');
    expect(new URL(page.url()).pathname).to.equal('/device');
    expect(await page.evaluate('document.documentElement.lang')).to.equal('zh-CN');
  });
});

for (const strategy of ['session', 'ticket'] as const) {
  describe(`in a browser, letting a device in by way of the site (${strategy})`, () => {
    let browser: Browser;
    let scene: AppWithSite;

    before(async () => {
      browser = await openBrowser();
      scene = await startAppWithSite({
        env: { OAUTH_FEATURES: DEVICE_FEATURES },
        ...(strategy === 'ticket' && { tickets: { alg: 'ES256' } }),
      });
      await register(scene.app, TV);
    });
    after(async () => {
      await browser?.close();
      await scene?.close();
    });

    it('leads to the site and back, as somebody else too, and the device gets who came last', async () => {
      const { issuer } = scene.app;
      const visitor = await newVisitor(browser, { locale: 'en', width: 390 });
      try {
        const { page } = visitor;
        const first = await beginAt(issuer);
        await type(page, issuer, first.user_code);
        await press(page, 'device-confirm');
        expect(new URL(page.url()).origin).to.equal(scene.site.url);
        await logIn(page);
        await press(page, 'consent-allow');
        expect(await page.locator('#device-approved').count()).to.equal(1);
        expect((await poll(issuer, first.device_code)).status).to.equal(200);

        const second = await beginAt(issuer);
        await type(page, issuer, second.user_code);
        await press(page, 'device-confirm');
        await press(page, 'switch-account');
        expect(new URL(page.url()).origin).to.equal(scene.site.url);
        await press(page, 'site-other-account');
        await logIn(page, { username: OTHER_USER.email, password: PASSWORD });
        await press(page, 'consent-allow');
        expect(await page.locator('#device-approved').count()).to.equal(1);
        const { body } = await poll(issuer, second.device_code);
        expect(decodeJwt(String(body.id_token)).sub).to.equal(OTHER_USER.id);
        expect(visitor.complaints()).to.deep.equal([]);
      } finally {
        await visitor.close();
      }
    });
  });
}
