// The consent page with authorization details, in a real browser: legible in each language and width, whatever is in them.
import { expect } from 'chai';
import { examineAll } from '../support/browser/examine.js';
import { insist, logIn } from '../support/browser/person.js';
import { openStage, type Stage } from '../support/browser/stage.js';
import { LOCALES } from '../support/browser/visitor.js';
import { asking, PAYMENT, seedBank } from '../support/rich-requests.js';

const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(2);

describe('in a browser, authorization details', () => {
  let stage: Stage;

  before(async () => {
    stage = await openStage({}, { env: { OAUTH_FEATURES: 'rar' } });
    await seedBank(stage.app);
    const types = { authorization_details_types: ['payment_initiation'], scope: 'openid bank.use' };
    const { clients } = stage.app.services;
    await clients.update(
      'payer',
      { ...types, redirect_uris: [stage.rp.callback('payer')] },
      { actor: 'cli:test' },
    );
  });
  afterEach(() => stage.dismiss());
  after(() => stage?.close());

  for (const locale of LOCALES) {
    it(`are told and allowed, in ${locale}`, async () => {
      const visitor = await stage.visitor({ locale });
      const { page, complaints } = visitor;
      const details = [
        { ...PAYMENT, reference: 'Order 7 <b>&amp;</b>', actions: ['initiate', 'status'], urgent: true },
        { ...PAYMENT, creditor: LONG },
      ];
      await page.goto(stage.request('payer', asking(details, { ui_locales: locale })));
      await logIn(page);
      await examineAll(visitor, 'consent-details');
      expect(await page.locator('.detail').count()).to.equal(2);
      expect(await page.locator('.detail').first().textContent()).to.include('Order 7 <b>&amp;</b>');
      await insist(page, stage.rp.origin);
      expect(new URL(page.url()).searchParams.get('code')).to.be.a('string');
      expect(complaints()).to.deep.equal([]);
    });
  }
});
