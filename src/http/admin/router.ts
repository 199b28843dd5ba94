// Owns: the way of a request through the Admin API: found, authenticated, judged, done, answered. Every route goes
// this way. Does not: know any of them.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../lib/clock.js';
import { BadRequestError } from '../../lib/errors.js';
import type { Access } from '../../provider/access-tokens.js';
import { ROUTES } from '../../provider/routes.js';
import type { ArtifactStore } from '../../store/ports/index.js';
import type { Logger } from '../../telemetry/logger.js';
import type { HttpContext, Next } from '../context.js';
import { checkTarget } from '../middleware/identify.js';
import { guardInput } from '../middleware/input-guard.js';
import { type AuthenticationDeps, actorOf, authenticate } from './authenticate.js';
import { readJson } from './body.js';
import { etagOf, expectedVersion } from './conditions.js';
import { createIdempotency, idempotencyKeyOf, type KeptAnswer } from './idempotency.js';
import { AdminError, nothingThere, toFailure, writeProblem } from './problem.js';
import type { AdminRoute, Caller, Reply } from './route.js';
import { createRouteTable } from './route-table.js';

export interface AdminRouterDeps extends AuthenticationDeps {
  artifacts: ArtifactStore;
  clock: Clock;
  logger: Logger;
  routes: readonly AdminRoute[];
  /** Sets the headers of what only programs read. */
  setHeaders(res: ServerResponse): void;
}

const BASE = ROUTES.admin;

/** Said by the site, with a token of its own (site/routes.ts). */
const EVENTS = new RegExp(`^${ROUTES.adminUsers}/[^/]+/events$`);

function isOurs({ path, method }: HttpContext): boolean {
  if (path !== BASE && !path.startsWith(`${BASE}/`)) return false;
  return !(method === 'POST' && EVENTS.test(path));
}

/** The answer as it is sent. @throws Error when the route answers otherwise than it says: nothing of that gets out */
function finish(ctx: HttpContext, route: AdminRoute, reply: Reply): KeptAnswer {
  const { status = Number(Object.keys(route.answers)[0]), body, version, location, next } = reply;
  const answer = route.answers[status];
  if (!answer) throw new Error(`${route.operationId} does not know its answer ${status}`);
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' };
  if (version !== undefined) headers.ETag = etagOf(version);
  if (location !== undefined) headers.Location = `${BASE}${location}`;
  if (next !== undefined) {
    const query = new URLSearchParams(ctx.querystring);
    query.set('cursor', next);
    headers.Link = `<${ctx.path}?${query}>; rel="next"`;
  }
  if (!answer.schema) return { status, headers, body: undefined };
  // What is undefined is not sent, so it is not there.
  const text = JSON.stringify(body);
  const checked = answer.schema.safeParse(JSON.parse(text));
  if (!checked.success) {
    const at = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new Error(`${route.operationId} answers what it does not promise: ${at}`);
  }
  return { status, headers, body: text };
}

function send(ctx: HttpContext, { status, headers, body }: KeptAnswer): void {
  ctx.status = status;
  ctx.set(headers);
  if (body === undefined) return;
  ctx.type = 'application/json';
  ctx.body = body;
}

export function createAdminRouter(deps: AdminRouterDeps) {
  const { issuer, artifacts, clock, logger } = deps;
  const table = createRouteTable(deps.routes);
  const idempotency = createIdempotency({ artifacts, clock });

  async function perform(ctx: HttpContext, route: AdminRoute, params: Record<string, string>): Promise<void> {
    const access: Access | undefined =
      route.scope === undefined ? undefined : await authenticate(ctx, route.scope, deps);
    const body = await readJson(ctx.req, { isPatch: route.method === 'PATCH' });
    const run = route.prepare({ params, query: ctx.querystring, body });
    const ifMatch = ctx.get('if-match');
    if (ifMatch !== '' && !route.precondition) throw new BadRequestError('If-Match has no meaning here');
    const version = route.precondition && expectedVersion(ifMatch, route.precondition);
    const { ip, requestId } = ctx.state;
    const actor = access ? actorOf(access) : 'system';
    const caller: Caller = {
      author: { actor, ip, requestId },
      access: access ?? { scopes: new Set() },
      expectedVersion: version,
    };
    const work = async () => finish(ctx, route, await run(caller));

    const key = idempotencyKeyOf(ctx.get('idempotency-key'));
    if (!route.isCreate || key === undefined) return send(ctx, await work());
    // A user's key is theirs in one app.
    const owner = `${actor} ${access?.clientId}`;
    const content = [ctx.method, ctx.path, ctx.querystring, ifMatch, JSON.stringify(body ?? null)];
    const { isRepeated, ...answer } = await idempotency.once({ key, caller: owner, content }, work);
    if (isRepeated) ctx.set('Idempotent-Replayed', 'true');
    send(ctx, answer);
  }

  async function handle(ctx: HttpContext): Promise<void> {
    ctx.state.routeName = 'admin';
    checkTarget(ctx.req);
    guardInput(ctx.req, undefined);
    const found = table.find(ctx.path.slice(BASE.length));
    if (!found) throw nothingThere();
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    const route = found.routes.get(method);
    if (!route) {
      const headers = { Allow: [...found.routes.keys()].join(', ') };
      throw new AdminError('method_not_allowed', 405, `${method.slice(0, 16)} is not supported here`, {
        headers,
      });
    }
    ctx.state.routeName = route.operationId;
    await perform(ctx, route, found.params);
  }

  return async (ctx: HttpContext, next: Next): Promise<void> => {
    if (!isOurs(ctx)) return next();
    deps.setHeaders(ctx.res);
    try {
      await handle(ctx);
    } catch (error) {
      const failure = toFailure(error);
      const { requestId, routeName } = ctx.state;
      if (failure.status >= 500) logger.error({ error, requestId, route: routeName }, 'unexpected failure');
      else logger.warn({ event: failure.code, requestId, route: routeName }, 'request refused');
      writeProblem(ctx, issuer, failure);
    }
  };
}
