// Owns: the headers every answer carries.
import type { ServerResponse } from 'node:http';
import type { Audience } from '../../provider/routes.js';
import type { HttpContext, Next } from '../context.js';

/** A scheme or an origin. A host may hold `;` and `,`, which would end the directive: no source then. */
const SOURCE = /^[a-z][a-z0-9+.-]*:(\/\/[\w.:[\]-]+)?$/i;

/** More origins than any page of one app has; beyond them the header would only grow. */
const MAX_IMAGE_ORIGINS = 20;

export interface PageSources {
  /** Where the page's forms may lead, redirects included. */
  formTargets?: readonly string[];
  /** Origins that the page loads images from. */
  imageOrigins?: readonly string[];
  /** The page runs a script of ours; never one that is written on it. */
  runsScript?: boolean;
}

/** The policy of a page of ours: what it may load and where it may send, beside ourselves. */
export function contentSecurityPolicy({
  formTargets = [],
  imageOrigins = [],
  runsScript = false,
}: PageSources = {}): string {
  const images = imageOrigins.length > MAX_IMAGE_ORIGINS ? ['https:'] : imageOrigins;
  const sources = (list: readonly string[]) =>
    ["'self'", ...list.filter((source) => SOURCE.test(source))].join(' ');
  return [
    "default-src 'none'",
    ...(runsScript ? ["script-src 'self'"] : []),
    "style-src 'self'",
    `img-src ${sources(images)}`,
    `form-action ${sources(formTargets)}`,
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

type SetHeaders = (res: ServerResponse) => void;

/** Functions that set them, computed once: on what a browser may show, and on what only programs read. */
export function createSecurityHeaders({ isHttps }: { isHttps: boolean }): Record<Audience, SetHeaders> {
  const always: [string, string][] = [['X-Content-Type-Options', 'nosniff']];
  if (isHttps) always.push(['Strict-Transport-Security', 'max-age=31536000; includeSubDomains']);
  const page: [string, string][] = [
    ...always,
    ['Content-Security-Policy', PROVIDER_POLICY],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'same-origin'],
    ['Cross-Origin-Opener-Policy', 'same-origin-allow-popups'],
    ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=()'],
  ];
  const data: [string, string][] = [
    ...always,
    ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ];
  const setter =
    (headers: [string, string][]): SetHeaders =>
    (res) => {
      for (const [name, value] of headers) res.setHeader(name, value);
    };
  return { browser: setter(page), program: setter(data) };
}

export function securityHeaders(set: SetHeaders) {
  return (ctx: HttpContext, next: Next) => {
    set(ctx.res);
    return next();
  };
}
