// Every page in both languages, light and dark, on a phone and on a desk, enlarged, and with spaced text.
import { expect } from 'chai';
import { examineAll } from '../support/browser/examine.js';
import { HOSTILE_NAME, SCENE_APPS, SCENES } from '../support/browser/scenes.js';
import { openStage, type Stage } from '../support/browser/stage.js';
import { LOCALES } from '../support/browser/visitor.js';

describe('in a browser, the page', () => {
  let stage: Stage;

  before(async () => {
    stage = await openStage(SCENE_APPS);
  });
  afterEach(() => stage?.dismiss());
  after(() => stage?.close());

  for (const [name, open] of Object.entries(SCENES)) {
    for (const locale of LOCALES) {
      it(`${name} is sound in ${locale}`, async () => {
        const visitor = await stage.visitor({ locale });
        await open(visitor, stage);
        await examineAll(visitor, name);
      });
    }
  }

  for (const name of ['login-hostile', 'consent-hostile']) {
    it(`${name} shows hostile text as text`, async () => {
      const visitor = await stage.visitor();
      await SCENES[name]?.(visitor, stage);
      const { page } = visitor;
      expect(await page.locator('script, [onerror], [onclick], img[src="x"]').count()).to.equal(0);
      const text = await page.locator('body').textContent();
      expect(HOSTILE_NAME).to.match(/[\u202E\u2066\u200B]/);
      expect(text).not.to.match(/[\u202A-\u202E\u2066-\u2069\u200B]/);
      expect(text).to.include('<script>alert(1)</script>');
      expect(visitor.complaints()).to.deep.equal([]);
    });
  }
});
