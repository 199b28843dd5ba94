// A browser set to block cookies, by its own setting.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { BrowserContext } from 'playwright-core';
import { openProfile } from '../support/browser/chromium.js';
import { examineAll } from '../support/browser/examine.js';
import { insist, press, sightOf } from '../support/browser/person.js';
import { openStage, type Stage } from '../support/browser/stage.js';
import { watchContext } from '../support/browser/visitor.js';

const ALLOW = 1;
const BLOCK = 2;

describe('a browser that blocks cookies', () => {
  let stage: Stage;
  let folder: string;
  const open: BrowserContext[] = [];

  before(async () => {
    stage = await openStage({ market: {} });
    folder = await mkdtemp(join(tmpdir(), 'l2u-profile-'));
  });
  after(async () => {
    await Promise.all(open.map((context) => context.close()));
    await stage?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function browserWith(cookies: number): Promise<BrowserContext> {
    await mkdir(join(folder, 'Default'), { recursive: true });
    const preferences = { profile: { default_content_setting_values: { cookies } } };
    await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
    const context = await openProfile(folder);
    open.push(context);
    return context;
  }

  it('is told what happened, and goes on with the same request once it takes them', async () => {
    const refusing = await browserWith(BLOCK);
    const complaints = await watchContext(refusing);
    const page = await refusing.newPage();
    await page.goto(stage.request('market', { state: 'kept' }));
    expect(await refusing.cookies()).to.deep.equal([]);
    expect(await sightOf(page)).to.equal('error');
    await examineAll(
      {
        context: refusing,
        page,
        locale: 'en',
        complaints,
        newTab: () => refusing.newPage(),
        close: () => refusing.close(),
      },
      'error-no-cookies',
    );
    // Still blocked, the way on leads here again, not round and round.
    await press(page, 'error-continue');
    expect(await sightOf(page)).to.equal('error');
    const next = await page.locator('#error-continue').getAttribute('href');
    const way = new URL(next ?? '', page.url()).href;
    await refusing.close();

    const taking = await browserWith(ALLOW);
    const again = await taking.newPage();
    await again.goto(way);
    await insist(again, stage.rp.origin);
    const { searchParams } = new URL(again.url());
    expect(searchParams.get('state')).to.equal('kept');
    expect(searchParams.get('code')).to.be.a('string');
  });
});
