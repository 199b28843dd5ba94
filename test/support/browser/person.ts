// What a person does at the browser: reads which page it is, and answers it.
import type { Page } from 'playwright-core';
import { PASSWORD, USER } from '../app.js';

const MARKS = {
  login: '#login-form',
  site: '#site-username',
  'select-account': '#account-form',
  consent: '#consent-form',
  logout: '#logout-form',
  handoff: '#handoff-continue',
  error: '#error-code',
  'signed-out': '#signed-out',
} as const;

export type Sight = keyof typeof MARKS;

/** Which of our pages is open. */
export async function sightOf(page: Page): Promise<Sight> {
  for (const [sight, mark] of Object.entries(MARKS)) {
    if ((await page.locator(mark).count()) > 0) return sight as Sight;
  }
  throw new Error(`nothing known at ${page.url()}: ${(await page.content()).slice(0, 600)}`);
}

/** Does `act` and waits until the page it leads to has been loaded. */
export async function through(page: Page, act: () => Promise<unknown>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), act()]);
}

export interface Credentials {
  username: string;
  password: string;
}

export const CREDENTIALS: Credentials = { username: USER.email, password: PASSWORD };

/** Fills in the login form that is open, the provider's own or the site's, and sends it. */
export async function logIn(page: Page, { username, password }: Credentials = CREDENTIALS): Promise<void> {
  const prefix = (await sightOf(page)) === 'site' ? '#site' : '#login';
  await page.locator(`${prefix}-username`).fill(username);
  await page.locator(`${prefix}-password`).fill(password);
  await through(page, () => page.locator(`${prefix}-submit`).click());
}

export const press = (page: Page, id: string) => through(page, () => page.locator(`#${id}`).click());

const ANSWERS: Record<Sight, (page: Page, credentials: Credentials) => Promise<void>> = {
  login: logIn,
  site: logIn,
  'select-account': (page) => press(page, 'account-continue'),
  consent: (page) => press(page, 'consent-allow'),
  logout: (page) => press(page, 'logout-confirm'),
  handoff: (page) => press(page, 'handoff-continue'),
  // The way on that an error page offers; one without is a dead end.
  error: (page) => {
    if (new URL(page.url()).protocol === 'chrome-error:')
      throw new Error('the browser could not open a page');
    return press(page, 'error-continue');
  },
  'signed-out': () => {
    throw new Error('signed out, and nothing more to do');
  },
};

/** Answers every page as a patient person would until the browser is at `target`; the pages seen on the way. */
export async function insist(page: Page, target: string, credentials = CREDENTIALS): Promise<Sight[]> {
  const seen: Sight[] = [];
  while (!page.url().startsWith(target)) {
    if (seen.length > 8) throw new Error(`going round in circles: ${seen.join(', ')} at ${page.url()}`);
    const sight = await sightOf(page);
    seen.push(sight);
    if (sight === 'error' && (await page.locator('#error-continue').count()) === 0) {
      throw new Error(`a dead end after ${seen.join(', ')}: ${await page.locator('main').textContent()}`);
    }
    await ANSWERS[sight](page, credentials);
  }
  return seen;
}
