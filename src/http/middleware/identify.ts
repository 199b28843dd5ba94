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

/** @throws BadRequestError for a Host header that is none (`evil@host`, spaces, …) */
export async function requireHost(ctx: HttpContext, next: Next) {
  const { host } = ctx.req.headers;
  if (host !== undefined && host !== '' && !HOST.test(host))
    throw new BadRequestError('malformed Host header');
  await next();
}
