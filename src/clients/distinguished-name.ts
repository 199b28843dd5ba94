// Owns: distinguished names as text (RFC 4514): reading and comparing them. Does not: read certificates.

/** One relative name: its attributes, each as `type=value`, in an order of their own. */
type Relative = string[];

/** A name, the most specific part first; undefined when the text is none. */
export type DistinguishedName = Relative[] | undefined;

/** Other names of the same attribute, in lower case: short names as openssl prints them, and object identifiers. */
const SAME: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.4': 'sn',
  '2.5.4.5': 'serialnumber',
  '2.5.4.6': 'c',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  s: 'st',
  '2.5.4.9': 'street',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '2.5.4.12': 'title',
  '2.5.4.15': 'businesscategory',
  '2.5.4.42': 'gn',
  givenname: 'gn',
  '2.5.4.97': 'organizationidentifier',
  '0.9.2342.19200300.100.1.1': 'uid',
  userid: 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
  '1.2.840.113549.1.9.1': 'emailaddress',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionc',
};

const TYPE = /^\s*([a-z][a-z\d-]*|\d+(?:\.\d+)+)\s*=/i;

/** The value with its escapes undone; undefined when one is wrong, or the value is given in hexadecimal. */
function unescaped(text: string): string | undefined {
  if (text.startsWith('#')) return undefined;
  const bytes: Buffer[] = [];
  for (const [whole, plain, hex, escaped] of text.matchAll(
    /([^\\]+)|\\([\da-f]{2})|\\([ "#+,;<=>\\])|\\/gi,
  )) {
    if (whole === '\\') return undefined;
    bytes.push(hex === undefined ? Buffer.from(plain ?? escaped ?? '') : Buffer.from(hex, 'hex'));
  }
  return Buffer.concat(bytes).toString();
}

/** Cuts at `separator`s that are not escaped. */
function cut(text: string, separator: ',' | '+'): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === separator) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** Spaces around a value count only where they are escaped. */
const trimmed = (text: string) => text.trimStart().replace(/(?<!\\)((?:\\\\)*) +$/, '$1');

function relativeOf(text: string): Relative | undefined {
  const attributes: string[] = [];
  for (const part of cut(text, '+')) {
    const [start = '', type = ''] = TYPE.exec(part) ?? [];
    const value = start === '' ? undefined : unescaped(trimmed(part.slice(start.length)));
    if (value === undefined || value === '') return undefined;
    const name = type.toLowerCase();
    attributes.push(`${SAME[name] ?? name}=${value}`);
  }
  return attributes.sort();
}

function allOf(texts: string[]): DistinguishedName {
  const names = texts.map(relativeOf);
  return names.every((name) => name !== undefined) ? names : undefined;
}

/**
 * A name such as `CN=payments,O=Tea Shop,C=GB`, the most specific part first.
 * @see https://www.rfc-editor.org/rfc/rfc4514
 */
export const parseName = (text: string): DistinguishedName => allOf(cut(text, ','));

/** The subject as Node tells it: a relative name a line, the most specific one last. */
export const parseSubject = (lines: string): DistinguishedName => allOf(lines.split('\n').reverse());

/** Whether both name the same: the types in any case, the values as they are, letter by letter. */
export function isSameName(one: DistinguishedName, other: DistinguishedName): boolean {
  return one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
