// Owns: the addresses for the Link²Ur site: its backend's word of what became of a user, and the way back from
// its logout (docs/login-handoff.md).
import Router from '@koa/router';
import { koaBody } from 'koa-body';
import { z } from 'zod';
import { isUserId, USER_EVENTS, type UserEnding } from '../../grants/user-end.js';
import { AppError, BadRequestError, NotFoundError } from '../../lib/errors.js';
import { constantTimeEqual, hashOf } from '../../lib/ids.js';
import { ROUTES } from '../../provider/routes.js';
import type { HttpContext, RequestState } from '../context.js';

export interface SiteDeps {
  /** What the site's backend proves itself with; undefined: there is nothing to tell. */
  eventsToken: string | undefined;
  userEnding: UserEnding;
  /** Where a browser goes that is back from the site's logout. */
  afterSiteLogout(handle: string): Promise<string>;
}

const MAX_BODY = '4kb';
const MAX_HANDLE_LENGTH = 64;

const bodySchema = z.strictObject({ event: z.enum(USER_EVENTS) });

function authenticate(ctx: HttpContext, eventsToken: string): void {
  const given = /^Bearer (\S{1,1000})$/i.exec(ctx.get('authorization'))?.[1] ?? '';
  // Of equal length whatever was sent.
  if (constantTimeEqual(hashOf(given), hashOf(eventsToken))) return;
  ctx.set('WWW-Authenticate', 'Bearer realm="link2ur-op"');
  throw new AppError('invalid_token', 401, 'the events token is missing or wrong');
}

async function readJson(ctx: HttpContext): Promise<unknown> {
  if (!ctx.is('application/json')) throw new BadRequestError('the body must be application/json');
  const parse = koaBody({
    json: true,
    urlencoded: false,
    text: false,
    multipart: false,
    jsonLimit: MAX_BODY,
    onError(error) {
      const { status } = error as Error & { status?: number };
      if (status === 413) throw new AppError('invalid_request', 413, 'the request body is too large');
      throw new BadRequestError('the body is not valid JSON', { cause: error });
    },
  });
  await parse(ctx as never, async () => {});
  return (ctx.request as { body?: unknown }).body;
}

export function createSiteRoutes({ eventsToken, userEnding, afterSiteLogout }: SiteDeps) {
  const router = new Router<RequestState, HttpContext>({ strict: true, sensitive: true });

  router.post(`${ROUTES.adminUsers}/:id/events`, async (ctx) => {
    ctx.state.routeName = 'user-event';
    if (eventsToken === undefined) throw new NotFoundError('there is nothing at this address');
    authenticate(ctx, eventsToken);
    const id = String(ctx.params.id);
    if (!isUserId(id)) throw new BadRequestError('this is no id of a user');
    const body = bodySchema.safeParse(await readJson(ctx));
    if (!body.success) throw new BadRequestError(`event must be one of ${USER_EVENTS.join(', ')}`);
    const { ip, requestId } = ctx.state;
    await userEnding.end(id, body.data.event, { actor: 'site', ip, requestId });
    ctx.status = 204;
  });

  router.get(`${ROUTES.logoutReturn}/:handle`, async (ctx) => {
    ctx.state.routeName = 'logout-return';
    ctx.status = 303;
    ctx.redirect(await afterSiteLogout(String(ctx.params.handle).slice(0, MAX_HANDLE_LENGTH)));
  });
  return router;
}
