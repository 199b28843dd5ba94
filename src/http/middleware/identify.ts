// Owns: who is asking and under which id; refuses requests that do not even name a host properly.
import { BadRequestError } from '../../lib/errors.js';
import { randomToken } from '../../lib/ids.js';
import { clientAddress } from '../../lib/ip.js';
import type { HttpContext, Next } from '../context.js';

const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i;

/** Sets `state.requestId` (answered as X-Request-Id) and `state.ip`. */
export function identify({ trustProxy }: { trustProxy: number }) {
  return async (ctx: HttpContext, next: Next) => {
    ctx.state.requestId = randomToken(12);
    ctx.set('X-Request-Id', ctx.state.requestId);
    const forwardedFor = ctx.get('x-forwarded-for');
    ctx.state.ip = clientAddress(ctx.req.socket.remoteAddress, forwardedFor, trustProxy);
    await next();
  };
}

const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * Reduces a request target in absolute form to its path: the host in it is no more to be believed than the
 * Host header.
 * @throws BadRequestError for a Host header that is none (`evil@host`, spaces, …) or a target that is no path
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export async function requireHost(ctx: HttpContext, next: Next) {
  const target = (ctx.req.url ?? '').replace(ABSOLUTE_FORM, '');
  ctx.req.url = target.startsWith('?') ? `/${target}` : target || '/';
  if (!ctx.req.url.startsWith('/')) throw new BadRequestError('malformed request target');
  const names = ctx.req.rawHeaders.filter((_value, index) => index % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'host').length > 1) {
    throw new BadRequestError('more than one Host header');
  }
  const { host } = ctx.req.headers;
  if (host !== undefined && host !== '' && !HOST.test(host))
    throw new BadRequestError('malformed Host header');
  await next();
}
