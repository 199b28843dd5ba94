// Owns: the request as the library gets to see it: Host, scheme and client address pinned, body replayed.
import { IncomingMessage } from 'node:http';

export interface InnerRequestOptions {
  issuer: string;
  ip: string;
  /** The body, already read and checked; undefined for none. */
  body?: string | undefined;
  /** Programs are answered in JSON, whatever they say they accept. */
  forceJson: boolean;
}

/** Headers that could make the library believe in another host, scheme or client. */
const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
];

/**
 * A copy of `original` for the library. Its endpoint URLs come from Host and scheme, so both are the
 * issuer's own; the original is left untouched.
 */
export function createInnerRequest(original: IncomingMessage, options: InnerRequestOptions): IncomingMessage {
  const { host, protocol } = new URL(options.issuer);
  const headers = { ...original.headers };
  for (const name of FORWARDED) delete headers[name];
  delete headers['transfer-encoding'];
  delete headers['content-length'];
  delete headers.expect;
  headers.host = host;
  headers['x-forwarded-proto'] = protocol.slice(0, -1);
  headers['x-forwarded-host'] = host;
  headers['x-forwarded-for'] = options.ip;
  if (options.forceJson) headers.accept = 'application/json';

  const inner = new IncomingMessage(original.socket);
  inner.method = original.method;
  inner.url = original.url;
  inner.httpVersion = original.httpVersion;
  inner.httpVersionMajor = original.httpVersionMajor;
  inner.httpVersionMinor = original.httpVersionMinor;
  if (options.body !== undefined) {
    headers['content-length'] = String(Buffer.byteLength(options.body));
    inner.push(Buffer.from(options.body));
  }
  inner.headers = headers;
  inner.complete = true;
  inner.push(null);
  return inner;
}
