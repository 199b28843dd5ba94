// Owns: refusing text that must not enter the system, wherever in the request it stands.
import type { IncomingMessage } from 'node:http';
import { BadRequestError } from '../../lib/errors.js';
import { isSafeText, isSafeValue } from '../../lib/text.js';
import type { HttpContext, Next } from '../context.js';

/** Parameters whose value is JSON: escapes inside it can spell what the text itself does not hold. */
const JSON_PARAMETERS = new Set(['claims', 'authorization_details', 'registration']);

/** Longest value in characters; what is not named may have DEFAULT_MAX. */
const MAX_LENGTH: Record<string, number> = {
  state: 1024,
  nonce: 1024,
  login_hint: 512,
  ui_locales: 256,
  claims_locales: 256,
  client_id: 256,
  scope: 1024,
  redirect_uri: 2048,
  post_logout_redirect_uri: 2048,
  username: 512,
  password: 1024,
};
const DEFAULT_MAX = 8192;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What stands for itself. */
const PLAIN = /^[!-$&-*,-~]*$/;

/** The bytes that `encoded` (percent- and plus-encoded) stands for, as text. */
function decode(encoded: string): string {
  if (PLAIN.test(encoded)) return encoded;
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return decodeLeniently(encoded);
  }
}

/** As decode, but a percent sign that begins no byte stands for itself. @throws TypeError when it is not UTF-8 */
function decodeLeniently(encoded: string): string {
  const bytes = Buffer.from(
    encoded
      .replace(/[^ -~]+/g, encodeURIComponent)
      .replaceAll('+', ' ')
      .replace(/%([\da-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return utf8.decode(bytes);
}

function isSafeJson(value: string): boolean {
  try {
    return isSafeValue(JSON.parse(value));
  } catch {
    return true; // Not JSON at all: the endpoint says so in its own words.
  }
}

function checkPair(pair: string): void {
  const [rawName = '', ...rest] = pair.split('=');
  let name: string;
  let value: string;
  try {
    name = decode(rawName);
    value = decode(rest.join('='));
  } catch (cause) {
    throw new BadRequestError('a parameter is not valid UTF-8', { cause });
  }
  if (!isSafeText(name) || !isSafeText(value) || (JSON_PARAMETERS.has(name) && !isSafeJson(value))) {
    throw new BadRequestError('a parameter holds characters that are not allowed');
  }
  const max = Object.hasOwn(MAX_LENGTH, name) ? (MAX_LENGTH[name] ?? DEFAULT_MAX) : DEFAULT_MAX;
  if (value.length > max) throw new BadRequestError(`the parameter ${name.slice(0, 40)} is too long`);
}

function checkParameters(encoded: string): void {
  for (const pair of encoded.split('&')) if (pair !== '') checkPair(pair);
}

/** Node hands headers over as Latin-1; control characters in them are nobody's name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** The bytes ED A0 80 to ED BF BF: a surrogate spelled in UTF-8. */
const SURROGATE_BYTES = /\u00ed[\u00a0-\u00bf][\u0080-\u00bf]/;

function checkBasicCredentials(header: string): void {
  const [scheme, encoded] = header.split(' ');
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return;
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  if (text.includes('\0') || /%00/i.test(text)) {
    throw new BadRequestError('a header holds characters that are not allowed');
  }
}

/** @throws BadRequestError for NUL, invalid UTF-8, lone surrogates or oversized values in path, query, form or headers */
export function guardInput(
  { url = '/', rawHeaders, headers }: IncomingMessage,
  form: string | undefined,
): void {
  const query = url.indexOf('?');
  if (query !== -1) checkParameters(url.slice(query + 1));
  const path = query === -1 ? url : url.slice(0, query);
  if (path.includes('%00')) throw new BadRequestError('the path holds characters that are not allowed');
  const text = rawHeaders.join(' ');
  if (CONTROL.test(text) || SURROGATE_BYTES.test(text)) {
    throw new BadRequestError('a header holds characters that are not allowed');
  }
  if (headers.authorization !== undefined) checkBasicCredentials(headers.authorization);
  if (form !== undefined) checkParameters(form);
}

/** guardInput, in Koa's terms. */
export function inputGuard(ctx: HttpContext, next: Next) {
  guardInput(ctx.req, ctx.state.form);
  return next();
}

/**
 * The fields of a form of ours, already guarded.
 * @throws BadRequestError when a field occurs twice
 */
export function formFields({ state }: HttpContext): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(state.form ?? '')) {
    if (Object.hasOwn(fields, name)) throw new BadRequestError(`the field ${name.slice(0, 40)} occurs twice`);
    Object.defineProperty(fields, name, { value, enumerable: true });
  }
  return fields;
}
