// Owns: the wording that robots rely on. Changing one breaks a conformance plan (docs/conformance).
import type { Locale } from './locale.js';

/** Stands on every error page in every language, before `#error-code` and `#error-description`. */
export const ERROR_PHRASE = 'Authorization error';

/** The `<h1>` of the login page. */
export const LOGIN_HEADING: Readonly<Record<Locale, string>> = { en: 'Sign in', zh: '登录' };

/** The `<h1>` of the signed-out page. */
export const SIGNED_OUT_PHRASE: Readonly<Record<Locale, string>> = {
  en: 'You are signed out',
  zh: '你已退出登录',
};
