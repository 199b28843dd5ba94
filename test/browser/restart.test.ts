// The provider is killed and started again while somebody is in the middle of a login.
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { createServices } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { openBrowser } from '../support/browser/chromium.js';
import { insist, logIn, press, sightOf } from '../support/browser/person.js';
import { addApp, requestOf } from '../support/browser/stage.js';
import { openStandIn, type StandIn } from '../support/browser/stand-in.js';
import { newVisitor, type Visitor } from '../support/browser/visitor.js';
import { freePort, type ServiceProcess, seededDataDir, startService } from '../support/child.js';

const APPS = ['at-login', 'at-consent', 'while-away'];

describe('a browser whose provider is killed and started again', () => {
  let browser: Browser;
  let rp: StandIn;
  let dataDir: string;
  let port: number;
  let service: ServiceProcess;
  let visitor: Visitor;

  before(async () => {
    browser = await openBrowser();
    rp = await openStandIn();
    port = await freePort();
    dataDir = await seededDataDir();
    const services = await createServices(loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' }));
    for (const name of APPS) await addApp(services, rp, name);
    await services.close();
    service = await startService(dataDir, port);
  });
  beforeEach(async () => {
    visitor = await newVisitor(browser);
  });
  afterEach(() => visitor.close());
  after(async () => {
    await browser?.close();
    service?.process.kill('SIGKILL');
    await service?.ended;
    await rp?.close();
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
  });

  async function killAndStart() {
    // What belongs to the page has been loaded.
    await visitor.page.waitForLoadState('networkidle');
    service.process.kill('SIGKILL');
    await service.ended;
    service = await startService(dataDir, port);
  }

  function expectAnswered(name: string) {
    expect(visitor.page.url().startsWith(rp.callback(name))).to.equal(true);
    const { searchParams } = new URL(visitor.page.url());
    expect(searchParams.get('state')).to.equal('the-state');
    expect(searchParams.get('code')).to.be.a('string');
    expect(visitor.complaints()).to.deep.equal([]);
  }

  it('at the login page goes on from there', async () => {
    const { page } = visitor;
    await page.goto(requestOf(service.issuer, rp, 'at-login'));
    await killAndStart();
    await logIn(page);
    expect(await sightOf(page)).to.equal('consent');
    await press(page, 'consent-allow');
    expectAnswered('at-login');
  });

  it('at the consent page goes on from there', async () => {
    const { page } = visitor;
    await page.goto(requestOf(service.issuer, rp, 'at-consent'));
    await logIn(page);
    await killAndStart();
    await press(page, 'consent-allow');
    expectAnswered('at-consent');
  });

  it('between two visits to the app is still logged in', async () => {
    const { page } = visitor;
    await page.goto(requestOf(service.issuer, rp, 'while-away'));
    await insist(page, rp.origin);
    await killAndStart();
    await page.goto(requestOf(service.issuer, rp, 'while-away', { prompt: 'none' }));
    expectAnswered('while-away');
  });
});
