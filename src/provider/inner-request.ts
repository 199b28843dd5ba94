// Owns: the request as the library gets to see it: Host, scheme and client address pinned, body replayed.
import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface InnerRequestOptions {
  origin: InnerOrigin;
  ip: string;
  /** The body, already read and checked; undefined for none. */
  body?: string | undefined;
  /** A form that the library gets although the browser asked by GET. */
  asForm?: boolean | undefined;
  /** Programs are answered in JSON, whatever they say they accept. */
  forceJson: boolean;
}

/** @see https://www.rfc-editor.org/rfc/rfc9701#section-4 */
const SIGNED_JSON = /\bapplication\/token-introspection\+jwt\b/i;
const SIGNED_OR_PLAIN = 'application/token-introspection+jwt, application/json;q=0.5';

/** Headers that could make the library believe in another host, scheme, client or body. */
const REPLACED = [
  'content-length',
  'expect',
  'transfer-encoding',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
];

/** The issuer's host and scheme, taken apart once. */
export interface InnerOrigin {
  host: string;
  scheme: string;
}

export function innerOrigin(issuer: string): InnerOrigin {
  const { host, protocol } = new URL(issuer);
  return { host, scheme: protocol.slice(0, -1) };
}

function innerHeaders(original: IncomingHttpHeaders, { origin, ip, forceJson }: InnerRequestOptions) {
  const headers = { ...original };
  for (const name of REPLACED) if (name in headers) delete headers[name];
  headers.host = origin.host;
  headers['x-forwarded-proto'] = origin.scheme;
  headers['x-forwarded-host'] = origin.host;
  headers['x-forwarded-for'] = ip;
  // But for what is JSON, signed: whoever asks for that is a program.
  if (forceJson)
    headers.accept = SIGNED_JSON.test(headers.accept ?? '') ? SIGNED_OR_PLAIN : 'application/json';
  return headers;
}

/**
 * The request as the library gets to see it. Its endpoint URLs come from Host and scheme, so both are the
 * issuer's own. A request with a body, which has been read, becomes a new one that replays it; the others are
 * used as they are, under other headers.
 */
export function createInnerRequest(original: IncomingMessage, options: InnerRequestOptions): IncomingMessage {
  const headers = innerHeaders(original.headers, options);
  if (options.body === undefined) {
    original.headers = headers;
    return original;
  }
  const body = Buffer.from(options.body);
  headers['content-length'] = String(body.length);
  if (options.asForm) headers['content-type'] = 'application/x-www-form-urlencoded';

  const inner = new IncomingMessage(original.socket);
  inner.method = options.asForm ? 'POST' : original.method;
  inner.url = original.url;
  inner.httpVersion = original.httpVersion;
  inner.httpVersionMajor = original.httpVersionMajor;
  inner.httpVersionMinor = original.httpVersionMinor;
  inner.headers = headers;
  inner.complete = true;
  inner.push(body);
  inner.push(null);
  return inner;
}
