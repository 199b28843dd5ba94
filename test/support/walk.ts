// A person at the browser: fills in whatever page the provider shows, and remembers which ones it were.
import { type Agent, formIn, type Page } from './agent.js';
import { PASSWORD, USER } from './app.js';

/** A page that asks the person something. */
export type Shown = 'login' | 'select-account' | 'consent' | 'logout';

export interface Manners {
  username?: string;
  password?: string;
  decision?: 'allow' | 'deny';
  choice?: 'continue' | 'other';
  /** Whether they can give the site a second factor when asked. */
  hasSecondFactor?: boolean;
}

export interface Walk {
  /** The page nobody is asked anything on any more, or the one that leaves the provider. */
  page: Page;
  /** The pages that asked something, in order. */
  shown: Shown[];
}

const FORMS: Record<Shown, string> = {
  login: 'login-form',
  'select-account': 'account-form',
  consent: 'consent-form',
  logout: 'logout-form',
};

/** Which question a page asks, if any. */
export function questionOn(page: Page): Shown | undefined {
  const names = Object.keys(FORMS) as Shown[];
  return names.find((name) => page.text.includes(`id="${FORMS[name]}"`));
}

/** The answer of a well-mannered person to one page's question. */
export function answer(agent: Agent, page: Page, question: Shown, manners: Manners = {}): Promise<Page> {
  const { username = USER.email, password = PASSWORD, decision = 'allow', choice = 'continue' } = manners;
  const fields: Record<Shown, Record<string, string>> = {
    login: { username, password },
    'select-account': { choice },
    consent: { decision },
    logout: { logout: 'yes' },
  };
  return agent.submit(formIn(page, FORMS[question]), fields[question]);
}

/** A page that, with JavaScript, posts itself; without, a person presses its one button. */
const postsItself = (page: Page) => page.text.includes('document.forms[0].submit()');

/** Follows redirects, and pages that post themselves to the provider. */
export async function goOn(agent: Agent, issuer: string, start: Page | string): Promise<Page> {
  let page = await agent.follow(start, issuer);
  while (postsItself(page)) {
    const form = formIn(page, 0);
    if (!form.action.startsWith(`${issuer}/`)) break;
    page = await agent.follow(await agent.submit(form), issuer);
  }
  return page;
}

/** Follows redirects and answers every page until there is nothing to answer. */
export async function walk(
  agent: Agent,
  issuer: string,
  start: Page | string,
  manners: Manners = {},
): Promise<Walk> {
  const shown: Shown[] = [];
  let page = await goOn(agent, issuer, start);
  for (let question = questionOn(page); question; question = questionOn(page)) {
    if (shown.length > 5) throw new Error(`asked again and again: ${shown.join(', ')} at ${page.url}`);
    shown.push(question);
    page = await goOn(agent, issuer, await answer(agent, page, question, manners));
  }
  return { page, shown };
}

/** Where the provider sent the browser. */
export function destination({ page }: Pick<Walk, 'page'>): URL {
  if (!page.location) throw new Error(`not sent away: ${page.status} ${page.url} ${page.text.slice(0, 500)}`);
  return new URL(page.location);
}

/** The parameters of the provider's answer to the relying party, as query. */
export function answerParams({ page }: Pick<Walk, 'page'>): Record<string, string> {
  return Object.fromEntries(destination({ page }).searchParams);
}

/** The form a response_mode=form_post answer is in. */
export function postedAnswer({ page }: Pick<Walk, 'page'>): {
  action: string;
  fields: Record<string, string>;
} {
  if (!page.text.includes('<form')) throw new Error(`no form: ${page.status} ${page.url} ${page.location}`);
  return formIn(page, 0);
}
