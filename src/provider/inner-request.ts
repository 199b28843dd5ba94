// Owns: the request as the library gets to see it: Host, scheme and client address pinned, body replayed.
import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface InnerRequestOptions {
  origin: InnerOrigin;
  ip: string;
  /** The body, already read and checked; undefined for none. */
  body?: string | undefined;
  /** A form that the library gets although the browser asked by GET. */
  asForm?: boolean | undefined;
  /** The original goes on being used, as it is. */
  isOthersToo?: boolean | undefined;
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

/** Lets the library read a body that has been read: by iteration, which is how it does, and without a stream. */
function replay(req: IncomingMessage, body: Buffer): void {
  const chunks = async function* () {
    yield body;
  };
  Object.defineProperties(req, {
    readable: { value: true, writable: true, configurable: true },
    iterator: { value: chunks, configurable: true },
    [Symbol.asyncIterator]: { value: chunks, configurable: true },
  });
}

/**
 * The request as the library gets to see it. Its endpoint URLs come from Host and scheme, so both are the
 * issuer's own. It is the same request under other headers, its body replayed; where others look at the request
 * afterwards (`isOthersToo`), it is a new one.
 */
export function createInnerRequest(original: IncomingMessage, options: InnerRequestOptions): IncomingMessage {
  const headers = innerHeaders(original.headers, options);
  const body = options.body === undefined ? undefined : Buffer.from(options.body);
  if (body) headers['content-length'] = String(body.length);
  if (!options.asForm && !options.isOthersToo) {
    original.headers = headers;
    if (body) replay(original, body);
    return original;
  }
  if (options.asForm) headers['content-type'] = 'application/x-www-form-urlencoded';

  const inner = new IncomingMessage(original.socket);
  inner.method = options.asForm ? 'POST' : original.method;
  inner.url = original.url;
  inner.httpVersion = original.httpVersion;
  inner.httpVersionMajor = original.httpVersionMajor;
  inner.httpVersionMinor = original.httpVersionMinor;
  inner.headers = headers;
  inner.complete = true;
  if (body) inner.push(body);
  inner.push(null);
  return inner;
}
