// Owns: which of our languages a page is written in. Does not: hold any text.

export type Locale = 'zh' | 'en';

export const LOCALES: readonly Locale[] = ['zh', 'en'];

/** What `<html lang>` says; a full tag lets browsers choose Chinese glyphs and voices. */
export const HTML_LANG: Readonly<Record<Locale, string>> = { zh: 'zh-CN', en: 'en' };

/** What each language calls itself. */
export const OWN_NAME: Readonly<Record<Locale, string>> = { zh: '中文', en: 'English' };

/** The language a page can be switched to. */
export const OTHER_LOCALE: Readonly<Record<Locale, Locale>> = { zh: 'en', en: 'zh' };

const DEFAULT_LOCALE: Locale = 'en';
const MAX_HEADER_LENGTH = 1000;

/** Where the wish for a language may come from, strongest first; each is optional and untrusted. */
export interface LocaleHints {
  /** What the user switched to on a page of ours, one tag. */
  chosen?: string | undefined;
  /** OIDC `ui_locales`: BCP 47 tags, space separated, in order of preference. */
  uiLocales?: string | undefined;
  /** The user's stored language preference, one tag. */
  userLanguage?: string | undefined;
  /** The Accept-Language header. */
  acceptLanguage?: string | undefined;
}

/** Our locale for one language tag: zh for every Chinese, en for every English, else undefined. */
function supported(tag: string): Locale | undefined {
  const language = tag.trim().toLowerCase().split(/[-_]/, 1)[0];
  return LOCALES.find((locale) => locale === language);
}

function firstSupported(tags: readonly string[]): Locale | undefined {
  for (const tag of tags) {
    const locale = supported(tag);
    if (locale) return locale;
  }
  return undefined;
}

/** The tags of an Accept-Language header, best first; malformed and refused (q=0) ones are left out. */
function acceptedTags(header: string): string[] {
  const entries = header.split(',').map((entry) => {
    const [tag = '', ...parameters] = entry.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => /^q=/i.test(parameter));
    return { tag, quality: weight === undefined ? 1 : Number(weight.slice(2)) };
  });
  return entries
    .filter(({ tag, quality }) => tag !== '' && quality > 0 && quality <= 1)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}

/**
 * The language to answer in: what the user switched to, then `ui_locales`, then the language of the account,
 * then the browser's, then English. A switch that the app could undo would be none.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 */
export function pickLocale({
  chosen = '',
  uiLocales = '',
  userLanguage = '',
  acceptLanguage = '',
}: LocaleHints): Locale {
  return (
    supported(chosen) ??
    firstSupported(uiLocales.slice(0, MAX_HEADER_LENGTH).split(/\s+/)) ??
    supported(userLanguage) ??
    firstSupported(acceptedTags(acceptLanguage.slice(0, MAX_HEADER_LENGTH))) ??
    DEFAULT_LOCALE
  );
}
