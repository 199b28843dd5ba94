// Owns: how this app answers over HTTP: headers, redirects, and which POSTs it accepts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** The requested URL on this app's own base URL. */
  url: URL;
}

/** No inline script or style, no frames; the issuer is where the SPA fetches. */
export function contentSecurityPolicy(issuer: string): string {
  const { origin } = new URL(issuer);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ${origin}`,
    `img-src 'self' https: ${origin}`, // the user's picture may come from any CDN
    // No form-action: browsers apply it to redirects too, and POST /logout redirects to Link²Ur, which goes on to
    // whatever else the user is to be logged out of.
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export function sendPage(response: ServerResponse, status: number, html: string, policy: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    // The callback URL holds a code: it must not leak to others in a Referer header. (`no-referrer` would
    // also blank the Origin header of our own forms, which isSameOriginRequest relies on.)
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  response.end(html);
}

export function sendFile(response: ServerResponse, path: string, content: Buffer): void {
  response.writeHead(200, {
    'content-type': MEDIA_TYPES[extname(path)] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  response.end(content);
}

export function redirect(response: ServerResponse, location: string): void {
  // 303: whatever the method was, the next request is a GET.
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end();
}

/**
 * Whether a page of this app sent the request (protection against cross-site request forgery). Browsers set
 * both headers and no page can forge them; the second is for browsers and addresses without the first.
 */
export function isSameOriginRequest(request: IncomingMessage, baseUrl: string): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === undefined ? request.headers.origin === baseUrl : site === 'same-origin';
}
