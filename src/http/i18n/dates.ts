// Owns: how a date reads in each language.
import { HTML_LANG, type Locale } from './locale.js';

export interface ShownDate {
  /** The day in words, which no country reads the other way round: `22 November 2026`. */
  day: string;
  /** For `<time datetime>`. */
  iso: string;
}

/** Turns a moment into the day it fell on, in UTC: where the reader is we do not know. */
export function dateFormat(locale: Locale): (date: Date) => ShownDate {
  const tag = locale === 'en' ? 'en-GB' : HTML_LANG[locale];
  const format = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' });
  return (date) => ({ day: format.format(date), iso: date.toISOString() });
}
