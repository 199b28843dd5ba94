// Owns: the language a person switches to: the cookie that remembers it, the link, the address behind the link.
// Does not: weigh it against other wishes (i18n/locale.ts).
import type { Context } from 'koa';
import { BadRequestError } from '../../lib/errors.js';
import { LOCALES, type Locale, OTHER_LOCALE } from '../i18n/locale.js';
import { isOwnPath } from './display.js';

export const LANGUAGE_PATH = '/language';

const COOKIE = 'link2ur_op_lang';
const ONE_YEAR_SECONDS = 31_536_000;

/** A request line has to fit the header limit with room for cookies. */
const MAX_LINK_LENGTH = 8_000;

const IN_COOKIE_HEADER = new RegExp(`(?:^|;\\s*)${COOKIE}=([a-z]{2})(?:;|$)`);

/** The language chosen before, as the browser sent it: untrusted. */
export function chosenLanguage(ctx: Pick<Context, 'get'>): string | undefined {
  return IN_COOKIE_HEADER.exec(ctx.get('cookie'))?.[1];
}

/** A device's page; the address it ends at is good once. */
const DEVICE = /^\/device(\/[\w-]+)?(?=\?|$)/;

const STEP_OF_INTERACTION = /^(\/interaction\/[\w-]+)\/[^?]*/;

/**
 * Where the page that answers this request can be had by GET; undefined for nowhere. Below an interaction the
 * query is left out: on the way back from the site it carries the login ticket, which is no link's business.
 */
function backOf({ method, url }: Pick<Context, 'method' | 'url'>): string | undefined {
  const [device, end] = DEVICE.exec(url) ?? [];
  if (device !== undefined && (end !== undefined || method === 'POST')) return '/device';
  const [step, question] = STEP_OF_INTERACTION.exec(url) ?? [];
  if (method !== 'GET' && method !== 'HEAD') return question;
  if (url.split('?', 1)[0] === LANGUAGE_PATH) return undefined;
  return step ?? url;
}

/** The address that switches the page at hand to the other language; undefined if it cannot be asked for again. */
export function languageHref(ctx: Pick<Context, 'method' | 'url'>, locale: Locale): string | undefined {
  const back = backOf(ctx);
  if (back === undefined || !isOwnPath(back)) return undefined;
  const href = `${LANGUAGE_PATH}?${new URLSearchParams({ to: OTHER_LOCALE[locale], back })}`;
  return href.length > MAX_LINK_LENGTH ? undefined : href;
}

type RouteContext = Pick<Context, 'query' | 'set' | 'append' | 'redirect' | 'status'>;

/**
 * GET with `to` (a language of ours) and `back` (a path of ours): remembers the one, goes to the other.
 * @throws BadRequestError for anything else: this must lead nobody to another site
 */
export function createLanguageRoute({ isHttps }: { isHttps: boolean }) {
  const attributes = [
    'Path=/',
    `Max-Age=${ONE_YEAR_SECONDS}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isHttps ? ['Secure'] : []),
  ].join('; ');
  return (ctx: RouteContext) => {
    const { to, back } = ctx.query;
    if (!LOCALES.some((locale) => locale === to)) throw new BadRequestError('to must be zh or en');
    if (typeof back !== 'string' || !isOwnPath(back))
      throw new BadRequestError('back must be a path of ours');
    ctx.set('Cache-Control', 'no-store');
    ctx.append('Set-Cookie', `${COOKIE}=${to}; ${attributes}`);
    ctx.status = 303;
    ctx.redirect(back);
  };
}
