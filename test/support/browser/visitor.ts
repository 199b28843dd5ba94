// A person with a browser profile of their own; whatever the browser complains about is written down.
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';

export type Locale = 'en' | 'zh';
export type Scheme = 'light' | 'dark';

export const SIZES = { 390: { width: 390, height: 844 }, 1280: { width: 1280, height: 800 } } as const;
export type Width = keyof typeof SIZES;

export const LOCALES: Locale[] = ['en', 'zh'];
export const SCHEMES: Scheme[] = ['light', 'dark'];
export const WIDTHS: Width[] = [390, 1280];

/** What `<html lang>` says. */
export const LANG: Record<Locale, string> = { en: 'en', zh: 'zh-CN' };

export interface VisitorOptions {
  locale?: Locale;
  scheme?: Scheme;
  width?: Width;
  javaScriptEnabled?: boolean;
}

export interface Visitor {
  context: BrowserContext;
  page: Page;
  locale: Locale;
  newTab(): Promise<Page>;
  /**
   * What the browser complained about so far: errors in its console, violations of the pages' own policies,
   * requests to this machine that failed, and issues its developer tools list.
   */
  complaints(): string[];
  close(): Promise<void>;
}

interface Complaint {
  text: string;
  url: string;
}

const isOurs = (url: string) => /^https?:\/\/(localhost|127\.0\.0\.1)(:|\/)/.test(url);

/** The developer tools list these for plain http on this machine, whatever the page does. */
const NO_ISSUE = /^(CookieIssue|GenericIssue|ClientHintIssue)$/;

async function watch(context: BrowserContext, page: Page, list: Complaint[], answered: Set<string>) {
  page.on('console', (message) => {
    if (message.type() === 'error')
      list.push({ text: `console: ${message.text()}`, url: message.location().url });
  });
  page.on('pageerror', (error) => list.push({ text: `script: ${error.message}`, url: page.url() }));
  page.on('dialog', (dialog) => {
    list.push({ text: `dialog: ${dialog.message()}`, url: page.url() });
    void dialog.dismiss();
  });
  const begun = new WeakSet<Request>();
  page.on('requestfailed', (request) => {
    // Given up by the browser itself: the page was left before the end of the answer was read, or before the icon of its
    // tab, which is fetched last of all. What the server refuses or breaks has another name.
    const isIcon = /\/favicon[^/]*\.svg$/.test(request.url());
    if ((begun.has(request) || isIcon) && request.failure()?.errorText === 'net::ERR_ABORTED') return;
    const text = `request failed: ${request.method()} ${request.failure()?.errorText}`;
    list.push({ text, url: request.url() });
  });
  page.on('response', (response) => {
    begun.add(response.request());
    // A page may well answer 400; what it loads may not.
    if (response.request().isNavigationRequest()) answered.add(response.url());
    else if (response.status() >= 400)
      list.push({ text: `status ${response.status()}`, url: response.url() });
  });
  const devTools = await context.newCDPSession(page);
  devTools.on('Audits.issueAdded', ({ issue }) => {
    if (!NO_ISSUE.test(issue.code)) list.push({ text: `issue: ${JSON.stringify(issue)}`, url: page.url() });
  });
  await devTools.send('Audits.enable');
}

/** Runs in every page before its own scripts; the console is watched. */
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`;

/** Begins to watch a browser context. */
export async function watchContext(context: BrowserContext): Promise<() => string[]> {
  const list: Complaint[] = [];
  const answered = new Set<string>();
  await context.addInitScript(TELL_VIOLATIONS);
  const watched = new Map<Page, Promise<void>>();
  const begin = (page: Page) => {
    if (!watched.has(page)) watched.set(page, watch(context, page, list, answered));
    return watched.get(page);
  };
  context.on('page', begin);
  await Promise.all(context.pages().map(begin));
  return () =>
    list
      .filter(({ text, url }) => {
        // The browser notes each page that answers 4xx or 5xx, and each picture of others that is not there.
        if (/^console: Failed to load resource/.test(text)) return isOurs(url) && !answered.has(url);
        return !/^(request failed|status)/.test(text) || isOurs(url);
      })
      .map(({ text, url }) => `${text} (${url})`);
}

/** A new person in `browser`. */
export async function newVisitor(
  browser: Browser,
  { locale = 'en', scheme = 'light', width = 390, javaScriptEnabled = true }: VisitorOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    locale: locale === 'zh' ? 'zh-CN' : 'en-US',
    colorScheme: scheme,
    viewport: SIZES[width],
    javaScriptEnabled,
  });
  context.setDefaultTimeout(15_000);
  const complaints = await watchContext(context);
  const newTab = () => context.newPage();
  return { context, page: await newTab(), locale, newTab, complaints, close: () => context.close() };
}
