// Owns: the headers every answer carries.
import type { ServerResponse } from 'node:http';
import type { HttpContext, Next } from '../context.js';

/** Where a page's forms may lead, redirects included, beside ourselves. */
export function contentSecurityPolicy(formTargets: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' https:",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * The library's own pages post themselves to the relying party: their one script is allowed by its hash,
 * which the library adds to script-src, and the form may go anywhere it was checked to go.
 */
const PROVIDER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' https:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sets them on an answer; computed once. */
export function createSecurityHeaders({ isHttps }: { isHttps: boolean }): (res: ServerResponse) => void {
  const headers: [string, string][] = [
    ['Content-Security-Policy', PROVIDER_POLICY],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'same-origin'],
    ['Cross-Origin-Opener-Policy', 'same-origin-allow-popups'],
    ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=()'],
  ];
  if (isHttps) headers.push(['Strict-Transport-Security', 'max-age=31536000; includeSubDomains']);
  return (res) => {
    for (const [name, value] of headers) res.setHeader(name, value);
  };
}

export function securityHeaders(set: (res: ServerResponse) => void) {
  return (ctx: HttpContext, next: Next) => {
    set(ctx.res);
    return next();
  };
}
