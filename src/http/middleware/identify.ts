// Owns: who is asking and under which id; refuses requests that do not even name a host properly.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadRequestError } from '../../lib/errors.js';
import { randomId } from '../../lib/ids.js';
import { clientAddress } from '../../lib/ip.js';
import type { HttpContext, Next } from '../context.js';

const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;

/** Who is asking, and under which id the answer and the log speak of it. */
export interface Identity {
  requestId: string;
  ip: string;
}

/** Names the request (answered as X-Request-Id) and tells whom it comes from. */
export function identifyRequest(req: IncomingMessage, res: ServerResponse, trustProxy: number): Identity {
  const requestId = randomId();
  res.setHeader('X-Request-Id', requestId);
  const forwardedFor = req.headers['x-forwarded-for'];
  const chain = Array.isArray(forwardedFor) ? forwardedFor.join(',') : (forwardedFor ?? '');
  return { requestId, ip: clientAddress(req.socket.remoteAddress, chain, trustProxy) };
}

const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * Reduces a request target in absolute form to its path: the host in it is no more to be believed than the
 * Host header.
 * @throws BadRequestError for a Host header that is none (`evil@host`, spaces, …) or a target that is no path
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export function checkTarget(req: IncomingMessage): void {
  if (!req.url?.startsWith('/')) {
    const target = (req.url ?? '').replace(ABSOLUTE_FORM, '');
    req.url = target.startsWith('?') ? `/${target}` : target || '/';
    if (!req.url.startsWith('/')) throw new BadRequestError('malformed request target');
  }
  let hosts = 0;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    if (req.rawHeaders[i]?.length === 4 && req.rawHeaders[i]?.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) throw new BadRequestError('more than one Host header');
  const { host } = req.headers;
  if (host !== undefined && host !== '' && !HOST.test(host))
    throw new BadRequestError('malformed Host header');
}

/** Sets `state.requestId` and `state.ip`. */
export function identify({ trustProxy }: { trustProxy: number }) {
  return (ctx: HttpContext, next: Next) => {
    Object.assign(ctx.state, identifyRequest(ctx.req, ctx.res, trustProxy));
    return next();
  };
}

/** checkTarget, in Koa's terms. */
export function requireHost(ctx: HttpContext, next: Next) {
  checkTarget(ctx.req);
  return next();
}
