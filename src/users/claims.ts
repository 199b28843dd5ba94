// Owns: a user's values of the standard claims. Does not: decide which of them a client may see.
import { toEpochSeconds } from '../lib/clock.js';
import type { UserRecord } from '../store/ports/users.js';
import { splitName } from './names.js';

/**
 * The claims each scope gives access to.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims
 */
export const SCOPE_CLAIMS: Record<'openid' | 'profile' | 'email' | 'phone', string[]> = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name', 'picture', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number'],
};

/**
 * Every standard claim that is known of `user`; one that is not known is left out, never null or empty.
 * A relative avatar is joined to `avatarBaseUrl`, or left out when there is none.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
 */
export function userClaims(user: UserRecord, options: { avatarBaseUrl?: string }): Record<string, unknown> {
  const email = present(user.email);
  const claims: Record<string, unknown> = {
    sub: user.id,
    name: present(user.name),
    ...splitName(user.name),
    email,
    email_verified: email === undefined ? undefined : user.isVerified,
    phone_number: present(user.phone),
    picture: pictureOf(user.avatar, options.avatarBaseUrl),
    locale: localeOf(user.languagePreference),
    updated_at: epochOf(user.updatedAt),
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

// The website's columns may hold NULL or blanks whatever our types say.
function present(value: string | null | undefined): string | undefined {
  return value?.trim() || undefined;
}

/** The http(s) address of an avatar; undefined when there is none that a browser could load safely. */
function pictureOf(avatar: string | undefined, baseUrl: string | undefined): string | undefined {
  const path = present(avatar);
  if (path === undefined) return undefined;
  if (/^[a-z][a-z\d+.-]*:/i.test(path)) return isHttpUrl(path) ? path : undefined;
  if (path.startsWith('//')) return isHttpUrl(`https:${path}`) ? `https:${path}` : undefined;
  const base = present(baseUrl);
  if (base === undefined) return undefined;
  // Joined as text, so that a base with a path keeps it and no avatar can leave the base's host.
  const joined = `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  return isHttpUrl(joined) ? new URL(joined).href : undefined;
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
}

/** What nearly every row holds: asking Intl costs more than all other claims together. */
const KNOWN_LOCALES = new Map(
  ['zh', 'zh-CN', 'zh-TW', 'zh-HK', 'en', 'en-US', 'en-GB'].flatMap((locale) => [
    [locale, locale],
    [locale.replace('-', '_'), locale],
  ]),
);

/**
 * The canonical BCP 47 form of a language preference, e.g. `zh_cn` → `zh-CN`.
 * @see https://www.rfc-editor.org/rfc/rfc5646#section-2.1
 */
function localeOf(preference: string | undefined): string | undefined {
  const known = preference === undefined ? undefined : KNOWN_LOCALES.get(preference);
  if (known) return known;
  try {
    const [locale] = Intl.getCanonicalLocales(present(preference)?.replaceAll('_', '-') ?? []);
    // Well-formed but never registered: "english", "chinese". Languages have two or three letters.
    return locale !== undefined && /^[a-z]{2,3}(?:-|$)/.test(locale) ? locale : undefined;
  } catch {
    return undefined;
  }
}

function epochOf(date: Date): number | undefined {
  const seconds = toEpochSeconds(date);
  return Number.isFinite(seconds) ? seconds : undefined;
}
