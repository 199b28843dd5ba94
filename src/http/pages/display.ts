// Owns: making text and addresses that others wrote safe to show.
// Does not: escape HTML (the views' `<%= %>` does).

/** Controls, format characters (bidi, zero-width, tags), surrogates, private use, fillers: all unseen. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}]/gu;
const LINE_BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]/gu;
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

const MAX_LENGTH = 80;

/**
 * Untrusted text as one line that looks like what it is: no bidi overrides, no invisible characters,
 * no towers of combining marks, at most `maxLength` code points (an ellipsis included).
 * @see https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
export function displayText(value: string | undefined, maxLength = MAX_LENGTH): string {
  // Cutting first keeps the work bounded; what is removed below cannot need more than this.
  const line = (value ?? '')
    .slice(0, maxLength * 16)
    .replace(LINE_BREAKS, ' ')
    .replace(INVISIBLE, '');
  const text = line.normalize('NFC').replace(STACKED_MARKS, '$1').replace(/\s+/gu, ' ').trim();
  const points = Array.from(text);
  return points.length <= maxLength
    ? text
    : `${points
        .slice(0, maxLength - 1)
        .join('')
        .trimEnd()}…`;
}

function parse(value: string | undefined): URL | undefined {
  return value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
}

/** The address if it is absolute http(s) and hides no user name; else undefined: no link. */
export function safeLink(value: string | undefined): string | undefined {
  const url = parse(value);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined;
  return url.username === '' && url.password === '' ? url.href : undefined;
}

/** Whether the value is a path on our own origin: `/…`, neither `//…` nor `/\…`, which name another host. */
export function isOwnPath(value: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(value);
}

/** Like `safeLink`, and a path on our own origin too. */
export function safeHref(value: string | undefined): string | undefined {
  return value !== undefined && isOwnPath(value) ? value : safeLink(value);
}

/** An https address whose host can be named in a Content-Security-Policy: `;` or `,` would end the directive. */
const IMAGE = /^https:\/\/[\w.:[\]-]+\//;

/** The address of an image, or undefined for what the Content-Security-Policy could not let through. */
export function safeImage(value: string | undefined): string | undefined {
  const link = safeLink(value);
  return link !== undefined && IMAGE.test(link) ? link : undefined;
}

/** Host and port of an http(s) address, whole and in ASCII (punycode), or undefined. */
export function displayHost(value: string | undefined): string | undefined {
  const link = safeLink(value);
  return link === undefined ? undefined : new URL(link).host;
}

/** Alphabets whose letters can be taken for one another's. */
const ALPHABETS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic'].map(
  (script) => new RegExp(`(?=\\p{L})\\p{Script=${script}}`, 'u'),
);

/**
 * Whether a word of the name mixes letters of alphabets that look alike, as in a Latin name with a Cyrillic `а`.
 * Chinese beside Latin is ordinary, and so are several alphabets in words of their own.
 * @see https://www.unicode.org/reports/tr39/#Mixed_Script_Detection
 */
export function mixesAlphabets(name: string | undefined): boolean {
  const words = displayText(name).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.some((word) => ALPHABETS.filter((alphabet) => alphabet.test(word)).length > 1);
}

export interface ReturnTarget {
  /** `web`: a site; `app`: a native app on this device (custom scheme or loopback). */
  kind: 'web' | 'app';
  /** Host of the site, or scheme or loopback host of the app. */
  name: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Where a redirect URI leads, in words a person can check.
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7
 */
export function returnTarget(redirectUri: string | undefined): ReturnTarget | undefined {
  const url = parse(redirectUri);
  if (!url) return undefined;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { kind: 'app', name: displayText(url.protocol.slice(0, -1)) };
  }
  return { kind: LOOPBACK.test(url.hostname) ? 'app' : 'web', name: url.host };
}

/** The first character a person sees in a name, upper case, for a tile where there is no picture. */
export function initialOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(displayText(name));
  return first?.segment.toUpperCase() ?? '';
}

export interface Part {
  text: string;
  /** A filled-in value, to be isolated in `<bdi>`; otherwise our own wording. */
  isValue: boolean;
}

/** Splits a message at its `{placeholders}`; a placeholder without a value is left out. */
export function partsOf(message: string, values: Readonly<Record<string, string | undefined>>): Part[] {
  return message
    .split(/(\{\w+\})/)
    .map((piece): Part => {
      const key = /^\{(\w+)\}$/.exec(piece)?.[1];
      return key === undefined
        ? { text: piece, isValue: false }
        : { text: displayText(values[key]), isValue: true };
    })
    .filter(({ text }) => text !== '');
}
