// Owns: requests to the documented endpoints that cannot go to the library as they are (see provider-entry.ts).
import { AppError, BadRequestError } from '../lib/errors.js';
import type { ProviderHandle } from '../provider/handle.js';
import { routeAt } from '../provider/routes.js';
import { arrivalOf, type HttpContext, type Next } from './context.js';

/** A request line has to fit the header limit with room for cookies. */
const MAX_QUERY_LENGTH = 8_000;

/** Asked by GET even where they are posted. */
export const POSTED_AS_GET = new Set(['authorization', 'end_session']);

/**
 * An authorization or logout request may be posted. The browser is told to ask again by GET: a form posted from
 * another site comes without our SameSite=Lax cookies, the GET it is turned into brings them.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
 */
function asGet(ctx: HttpContext): void {
  const { form } = ctx.state;
  if (form === undefined) throw new BadRequestError('this request is posted as a form');
  if (form.length > MAX_QUERY_LENGTH) throw new AppError('invalid_request', 413, 'the request is too large');
  ctx.status = 303;
  ctx.redirect(`${ctx.path}?${form}`);
}

/** A logout that needs no question (provider/logout.ts): the library gets the answer its form would have sent. */
function confirmedLogout({ query }: HttpContext) {
  const xsrf = typeof query.xsrf === 'string' ? query.xsrf : '';
  return { body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(), asForm: true };
}

export function providerRoutes({ handle }: { handle: ProviderHandle }) {
  return async (ctx: HttpContext, next: Next) => {
    const route = routeAt(ctx.path);
    if (!route) return next();
    ctx.state.routeName = route.name;
    if (ctx.method === 'POST' && POSTED_AS_GET.has(route.name)) return asGet(ctx);
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    if (!route.methods.includes(method)) {
      ctx.set('Allow', route.methods.join(', '));
      throw new AppError('invalid_request', 405, `${ctx.method.slice(0, 16)} is not supported here`);
    }
    const { name, audience } = route;
    const confirmed = name === 'end_session_confirm' && method === 'GET' ? confirmedLogout(ctx) : {};
    await handle.handle(ctx.req, ctx.res, { ...arrivalOf(ctx), ...confirmed, route: name, audience });
    ctx.respond = false;
  };
}
