// A person without a mouse.
import type { Page } from 'playwright-core';

/** What can be operated on the open page, in the order it is written in. */
const OPERABLE = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')]`;

const FOCUSED = `(() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return {
    index: ${OPERABLE}.indexOf(element),
    name: element.id || element.textContent.trim() || element.tagName,
    ring: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth),
    isInView: top >= 0 && left >= 0 && bottom <= innerHeight + 1 && right <= innerWidth + 1,
  };
})()`;

export interface Stop {
  /** Its place among everything that can be operated; -1 for the page itself. */
  index: number;
  name: string;
  /** Width of the focus ring in pixels. */
  ring: number;
  isInView: boolean;
}

const focused = (page: Page) => page.evaluate<Stop>(FOCUSED);

/** Everything a person can operate there, by name. */
export function operable(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `${OPERABLE}.map((element) => element.id || element.textContent.trim() || element.tagName)`,
  );
}

/** Goes from the first thing to the last with Tab: where the focus was, in turn. */
export async function tabThrough(page: Page): Promise<Stop[]> {
  const count = (await operable(page)).length;
  await page.evaluate(`${OPERABLE}[0]?.focus()`);
  // There and back, so that the first has its focus from the keyboard too.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  const stops: Stop[] = [];
  for (let n = 0; n < count; n += 1) {
    stops.push(await focused(page));
    await page.keyboard.press('Tab');
  }
  return stops;
}

/** Presses Tab until the element with this id has the focus. */
export async function tabTo(page: Page, id: string): Promise<void> {
  const most = (await operable(page)).length + 2;
  for (let n = 0; n < most; n += 1) {
    if ((await focused(page)).name === id) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${id} at ${page.url()}`);
}
