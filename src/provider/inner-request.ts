// Owns: the request as the library gets to see it: Host, scheme and client address pinned, body replayed.
import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface InnerRequestOptions {
  origin: InnerOrigin;
  ip: string;
  /** The body, already read and checked; undefined for none. */
  body?: string | undefined;
  /** Programs are answered in JSON, whatever they say they accept. */
  forceJson: boolean;
}

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
  if (forceJson) headers.accept = 'application/json';
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

  const inner = new IncomingMessage(original.socket);
  inner.method = original.method;
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
