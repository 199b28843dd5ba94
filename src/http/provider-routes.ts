// Owns: passing the documented endpoints on to the library, and nothing else.
import { AppError } from '../lib/errors.js';
import type { ProviderHandle } from '../provider/handle.js';
import { routeAt } from '../provider/routes.js';
import { arrivalOf, type HttpContext, type Next } from './context.js';

export function providerRoutes({ handle }: { handle: ProviderHandle }) {
  return async (ctx: HttpContext, next: Next) => {
    const route = routeAt(ctx.path);
    if (!route) return next();
    ctx.state.routeName = route.name;
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    if (!route.methods.includes(method)) {
      ctx.set('Allow', route.methods.join(', '));
      // Programs read JSON, whatever they say they accept.
      if (route.audience === 'program') ctx.req.headers.accept = 'application/json';
      throw new AppError('invalid_request', 405, `${ctx.method.slice(0, 16)} is not supported here`);
    }
    const { name, audience } = route;
    await handle.handle(ctx.req, ctx.res, { ...arrivalOf(ctx), route: name, audience });
    ctx.respond = false;
  };
}
