// Owns: one request and its answer: cookies, form bodies, headers, redirects.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** The requested URL on the site's own base URL. */
  url: URL;
}

/** A request that is refused with a page. `code` is stable, for tests and support. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: 'not_found' | 'form_refused' | 'bad_request',
  ) {
    super(code);
  }
}

const MAX_BODY_BYTES = 16 * 1024;

/** The fields of a form that was sent. */
export async function readForm({ request }: Exchange): Promise<URLSearchParams> {
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    throw new Refusal(415, 'bad_request');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal(413, 'bad_request');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** The value of a cookie the browser sent, or ''. */
export function cookieFrom(request: IncomingMessage, name: string): string {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}

/** Sets a cookie no script can read; Lax, since the way from the provider is a navigation from elsewhere. */
export function setCookie(
  { response }: Exchange,
  name: string,
  value: string,
  { isHttps, maxAge }: { isHttps: boolean; maxAge: number },
): void {
  const expiry = maxAge > 0 ? `Max-Age=${maxAge}` : 'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
  const secure = isHttps ? '; Secure' : '';
  response.appendHeader('set-cookie', `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; ${expiry}${secure}`);
}

// form-action is left out: the browser checks every redirect after a form, and after the login form they lead
// to the provider and from there to any app.
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

export function sendPage({ response }: Exchange, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    // `no-referrer` would also blank the Origin header of our own forms.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  response.end(html);
}

export function sendJson({ response }: Exchange, status: number, body: unknown, maxAge = 0): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': maxAge > 0 ? `max-age=${maxAge}` : 'no-store',
  });
  response.end(JSON.stringify(body));
}

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export function sendFile({ response }: Exchange, path: string, content: Buffer): void {
  response.writeHead(200, {
    'content-type': MEDIA_TYPES[extname(path)] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  response.end(content);
}

export function redirect({ response }: Exchange, location: string): void {
  // 303: whatever the method was, the next request is a GET.
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end();
}
