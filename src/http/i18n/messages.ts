// Owns: the catalogue of page texts by language. A key missing in one language does not compile.
import { en, type Messages } from './en.js';
import type { Locale } from './locale.js';
import { zh } from './zh.js';

export type { Messages } from './en.js';

export const MESSAGES: Readonly<Record<Locale, Messages>> = { en, zh };
