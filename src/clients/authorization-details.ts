// Owns: authorization details (RFC 9396): whether one is of its type, and what users are told of it.
// Does not: know who may ask for which (provider/rich-requests.ts).
import { isSafeText } from '../lib/text.js';
import type { DetailsMember, DetailsType, SimpleDetailsMember } from '../store/ports/index.js';

/** One of the things asked for, as the client sent it. */
export type AuthorizationDetail = Readonly<Record<string, unknown>> & { type: string };

/** How many a request may ask for, and how long all of them may be as JSON, in characters: people read them. */
export const MAX_DETAILS = 10;
export const MAX_DETAILS_LENGTH = 4_000;

const MAX_TEXT = 200;
const MAX_LIST = 20;

/** What nobody sees, or what shows a text as another one: users are to read exactly what the app gets. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}]/u;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isText(value: unknown, allowed: readonly string[] | undefined): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) return false;
  return isSafeText(value) && !UNSEEN.test(value) && (allowed?.includes(value) ?? true);
}

const FITS: Record<SimpleDetailsMember['kind'], (value: unknown, allowed?: readonly string[]) => boolean> = {
  text: isText,
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  list: (value, allowed) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_LIST &&
    value.every((item) => isText(item, allowed)),
};

/** The name of the first member that is not as the type has it; undefined when all are. */
function faultIn(value: Record<string, unknown>, members: readonly DetailsMember[]): string | undefined {
  const unknown = Object.keys(value).find((name) => !members.some((member) => member.name === name));
  // Told without its name: it is anybody's text.
  if (unknown !== undefined) return 'there is a member that the type does not have';
  for (const member of members) {
    const { name, kind } = member;
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined) {
      if (member.is_required) return `${name} is missing`;
    } else if (kind === 'object') {
      const inner = isObject(given) ? faultIn(given, member.members) : `${name} must be an object`;
      if (inner !== undefined) return inner;
    } else if (!FITS[kind](given, member.values)) {
      return member.values ? `${name} is none of those allowed` : `${name} must be a ${kind} that fits`;
    }
  }
  return undefined;
}

/**
 * Why a detail is not of its type; undefined when it is. Nothing is let through that the type does not name.
 * @see https://www.rfc-editor.org/rfc/rfc9396#section-5
 */
export function detailFault({ type: _type, ...rest }: AuthorizationDetail, type: DetailsType) {
  return faultIn(rest, type.members);
}

/** The members that a template has places for: `{amount}`, `{amount.currency}`. */
export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
}

/** A piece of the sentence that users read: the operator's words, or a value the app sent. */
export interface SentencePart {
  text: string;
  isValue: boolean;
}

/** What users are told of one detail. */
export interface DetailWords {
  type: string;
  /** The operator's sentence with the values in it; undefined: there is none in this language. */
  sentence: SentencePart[] | undefined;
  /** Every value that the sentence does not tell. */
  rest: { label: string; value: string }[];
}

export type Language = 'en' | 'zh';

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** The values of a detail by path, with what users are told they are. */
function valuesOf(
  value: Record<string, unknown>,
  members: readonly DetailsMember[],
  language: Language,
  prefix = '',
): { path: string; label: string; value: string }[] {
  return members.flatMap((member) => {
    const given = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
    if (given === undefined) return [];
    const path = `${prefix}${member.name}`;
    if (member.kind === 'object') {
      return isObject(given) ? valuesOf(given, member.members, language, `${path}.`) : [];
    }
    return [{ path, label: member.label?.[language] ?? member.label?.en ?? path, value: shown(given) }];
  });
}

/** A detail in words; nothing of it is left out. */
export function wordsOf(detail: AuthorizationDetail, type: DetailsType, language: Language): DetailWords {
  const values = valuesOf(detail, type.members, language);
  const template = type.description?.[language] ?? type.description?.en;
  const told = new Set(template === undefined ? [] : placeholdersOf(template));
  const sentence = template
    ?.split(/(\{[^{}]*\})/)
    .map((piece): SentencePart => {
      const [, name] = /^\{(.*)\}$/.exec(piece) ?? [];
      if (name === undefined) return { text: piece, isValue: false };
      return { text: values.find(({ path }) => path === name)?.value ?? '–', isValue: true };
    })
    .filter(({ text }) => text !== '');
  return {
    type: detail.type,
    sentence,
    rest: values.filter(({ path }) => !told.has(path)).map(({ label, value }) => ({ label, value })),
  };
}
