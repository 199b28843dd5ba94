// Looks at the page that is open as a reviewer would: accessibility, layout, and a picture to look at.
import axe from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { projectPath } from '../../../src/lib/paths.js';
import {
  LANG,
  type Locale,
  SCHEMES,
  type Scheme,
  SIZES,
  type Visitor,
  WIDTHS,
  type Width,
} from './visitor.js';

export const SCREENSHOTS = projectPath('test-results', 'screenshots');

const AXE_OPTIONS: axe.RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
  // It would fetch the style sheets once more, which the pages' policy rightly forbids.
  preload: false,
};

/** What axe-core finds wrong, one line an element. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Evaluated by the developer tools: the pages' policy lets no script in, and is not loosened for this.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run(document, ${JSON.stringify(AXE_OPTIONS)})`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')} ${failureSummary}`),
  );
}

/** Elements that stick out of the window sideways, and text that is cut off. */
const LAYOUT_PROBLEMS = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  const name = (element) => element.tagName.toLowerCase() + (element.id ? '#' + element.id : '') +
    [...element.classList].map((part) => '.' + part).join('');
  const problems = [];
  for (const element of document.body.querySelectorAll('*')) {
    const { left, right, width } = element.getBoundingClientRect();
    const { overflowX, clipPath, position } = getComputedStyle(element);
    if (width === 0 || clipPath !== 'none' || element.closest('.unseen, svg, input')) continue;
    const scrolls = element.parentElement.closest('.scroll, pre') !== null;
    if (!scrolls && (left < -0.5 || right > clientWidth + 0.5)) problems.push(name(element) + ' sticks out');
    const clips = overflowX === 'hidden' || overflowX === 'clip';
    const isCut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    if (clips && isCut) problems.push(name(element) + ' is cut off');
  }
  if (scrollWidth > clientWidth) problems.push('scrolls sideways: ' + scrollWidth + ' in ' + clientWidth);
  return problems;
})()`;

export function layoutProblems(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(LAYOUT_PROBLEMS);
}

export interface Look {
  locale: Locale;
  scheme: Scheme;
  width: Width;
}

function pathOf(name: string, { locale, scheme, width }: { locale: Locale; scheme: Scheme; width: number }) {
  return `${SCREENSHOTS}/${name}-${locale}-${scheme}-${width}.png`;
}

/** The open page in one look: pictured, and free of accessibility and layout problems. */
export async function examine(page: Page, name: string, look: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: look.scheme });
  await page.setViewportSize(SIZES[look.width]);
  await page.screenshot({ path: pathOf(name, look), fullPage: true });
  const where = `${name}, ${look.locale}, ${look.scheme}, ${look.width} pixels wide`;
  expect(await accessibilityProblems(page), where).to.deep.equal([]);
  expect(await layoutProblems(page), where).to.deep.equal([]);
}

/** What a window of 1280 by 800 is at 200 % and 400 %, and the smallest phone. */
const NARROW = [
  { width: 640, height: 400 },
  { width: 320, height: 256 },
  { width: 320, height: 640 },
];

/** @see https://www.w3.org/TR/WCAG22/#text-spacing */
const SPACED_TEXT = `{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; ' +
    'word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
  document.adoptedStyleSheets = [sheet];
  undefined;
}`;

/** The open page enlarged, on the smallest screen, and with its text spaced out. */
export async function examineReflow(page: Page, name: string, locale: Locale): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  for (const size of NARROW) {
    await page.setViewportSize(size);
    expect(await layoutProblems(page), `${name} at ${size.width} x ${size.height}`).to.deep.equal([]);
  }
  await page.screenshot({ path: pathOf(name, { locale, scheme: 'light', width: 320 }), fullPage: true });
  await page.evaluate(SPACED_TEXT);
  for (const size of [SIZES[390], SIZES[1280], ...NARROW]) {
    await page.setViewportSize(size);
    expect(await layoutProblems(page), `${name} spaced out at ${size.width}`).to.deep.equal([]);
  }
  await page.evaluate('document.adoptedStyleSheets = []; undefined');
}

/** The visitor's page in every look and size, in the visitor's language; nobody may have complained by the end. */
export async function examineAll({ page, locale, complaints }: Visitor, name: string): Promise<void> {
  expect(await page.evaluate('document.documentElement.lang')).to.equal(LANG[locale]);
  const backgrounds = new Set<string>();
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) await examine(page, name, { locale, scheme, width });
    backgrounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
  }
  expect(backgrounds.size, 'light and dark look the same').to.equal(2);
  await examineReflow(page, name, locale);
  expect(complaints()).to.deep.equal([]);
}
