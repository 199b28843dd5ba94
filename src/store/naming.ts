// Owns: whether a stored payload names somebody. Pure; every artifact store uses it.
import type { JsonObject } from './ports/common.js';

/** Everything that is special in a regular expression is ASCII punctuation, and may be escaped where it is not. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/**
 * A regular expression, the same to JavaScript and PostgreSQL, for `name` in JSON text as a word of its own: not as
 * part of a longer one, such as a date in seconds in which some user's id turns up.
 */
function patternFor(name: string): string {
  const text = JSON.stringify(name).slice(1, -1).replace(PUNCTUATION, '\\$&');
  return `(?<![0-9A-Za-z])${text}(?![0-9A-Za-z])`;
}

/** What to look for: ids and phone numbers as they are, e-mail addresses in any case. */
export interface NamePatterns {
  exact: string[];
  anyCase: string[];
}

export function patternsFor(names: readonly string[]): NamePatterns {
  const isEmail = (name: string) => name.includes('@');
  return {
    exact: names.filter((name) => !isEmail(name)).map(patternFor),
    anyCase: names.filter(isEmail).map(patternFor),
  };
}

function isNamedInText(text: string, { exact, anyCase }: NamePatterns): boolean {
  return (
    exact.some((pattern) => new RegExp(pattern).test(text)) ||
    anyCase.some((pattern) => new RegExp(pattern, 'i').test(text))
  );
}

/** Whether a JWT, or whatever else was sent as an ID token, names somebody in what it says in clear. */
export function isNamedInToken(token: unknown, patterns: NamePatterns): boolean {
  if (typeof token !== 'string') return false;
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  // A pushed request may hold an ID token in turn.
  const [, inner] = /"id_token_hint":"([^"]*)"/.exec(claims) ?? [];
  return isNamedInText(claims, patterns) || (inner !== undefined && isNamedInToken(inner, patterns));
}

/**
 * Whether somebody is named anywhere in `payload`: as a member's value, in an address that an app asked to come back
 * to, in the ID token that an authorization request brought along, or in a request that was pushed.
 */
export function isNamedIn(payload: JsonObject, patterns: NamePatterns): boolean {
  const { params, request } = payload as { params?: { id_token_hint?: unknown }; request?: unknown };
  const token = params?.id_token_hint ?? request;
  return isNamedInText(JSON.stringify(payload), patterns) || isNamedInToken(token, patterns);
}
