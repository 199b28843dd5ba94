// Owns: letting the library end an interaction's exchange.
import type { Exchange } from '../../provider/interactions.js';
import { arrivalOf, type HttpContext } from '../context.js';

/** The request at hand, as the library takes it. */
export const exchangeOf = (ctx: HttpContext): Exchange => ({
  req: ctx.req,
  res: ctx.res,
  arrival: arrivalOf(ctx),
});

/** Lets the library end the exchange: it writes the answer itself. */
export async function handOver(ctx: HttpContext, work: () => Promise<void>): Promise<void> {
  await work();
  ctx.respond = false;
}
