// Owns: the client registration endpoint and the client configuration endpoints. Does not: hold the rules (clients/).
import type { ServerResponse } from 'node:http';
import type { RegistrationService } from '../../clients/registration/index.js';
import { AppError, BadRequestError } from '../../lib/errors.js';
import { ROUTES } from '../../provider/routes.js';
import type { Logger } from '../../telemetry/logger.js';
import { readJson } from '../admin/body.js';
import type { HttpContext, Next } from '../context.js';
import { checkTarget } from '../middleware/identify.js';
import { guardInput } from '../middleware/input-guard.js';
import { writeRefusal } from './errors.js';

export interface RegistrationRouteDeps {
  issuer: string;
  registration: RegistrationService;
  logger: Logger;
  /** Sets the headers of what only programs read. */
  setHeaders(res: ServerResponse): void;
}

const BASE = ROUTES.registration;
const CLIENT = new RegExp(`^${BASE}/([\\w.~-]{1,64})$`);

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function bearerOf(ctx: HttpContext): string {
  if (new URLSearchParams(ctx.querystring).has('access_token')) {
    throw new BadRequestError('a token does not belong in an address');
  }
  const token = /^Bearer +([\w.~+/-]{1,512}=*)$/i.exec(ctx.get('authorization'))?.[1];
  if (token !== undefined) return token;
  throw new AppError('invalid_token', 401, 'a bearer token in the Authorization header is needed');
}

async function bodyOf(ctx: HttpContext): Promise<Record<string, unknown>> {
  const body = await readJson(ctx.req, { isPatch: false });
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new BadRequestError('the body must be a JSON object');
}

const notAllowed = (ctx: HttpContext, allowed: string) => {
  ctx.set('Allow', allowed);
  return new AppError('invalid_request', 405, `${ctx.method.slice(0, 16)} is not supported here`);
};

/**
 * Answers requests at the registration endpoint and below, and passes the others on.
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-3
 * @see https://www.rfc-editor.org/rfc/rfc7592#section-2
 */
export function createRegistrationRoutes(deps: RegistrationRouteDeps) {
  const { issuer, registration, logger, setHeaders } = deps;

  const caller = ({ state }: HttpContext) => ({ ip: state.ip, requestId: state.requestId });

  function answer(ctx: HttpContext, status: number, information: Readonly<Record<string, unknown>>): void {
    const uri = `${issuer}${BASE}/${String(information.client_id)}`;
    ctx.status = status;
    ctx.body = { ...information, registration_client_uri: uri };
  }

  async function register(ctx: HttpContext): Promise<void> {
    if (ctx.method !== 'POST') throw notAllowed(ctx, 'POST');
    const token = bearerOf(ctx);
    await registration.check(token);
    answer(ctx, 201, await registration.register(token, await bodyOf(ctx), caller(ctx)));
  }

  async function manage(ctx: HttpContext, clientId: string): Promise<void> {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    if (!['GET', 'PUT', 'DELETE'].includes(method)) throw notAllowed(ctx, 'GET, PUT, DELETE');
    const managed = { clientId, token: bearerOf(ctx) };
    if (method === 'DELETE') {
      await registration.remove(managed, caller(ctx));
      ctx.status = 204;
    } else if (method === 'GET') {
      answer(ctx, 200, await registration.read(managed));
    } else {
      await registration.read(managed);
      answer(ctx, 200, await registration.update(managed, await bodyOf(ctx), caller(ctx)));
    }
  }

  return async (ctx: HttpContext, next: Next): Promise<void> => {
    const isEndpoint = ctx.path === BASE;
    const clientId = CLIENT.exec(ctx.path)?.[1];
    if (!isEndpoint && clientId === undefined) return next();
    ctx.state.routeName = isEndpoint ? 'registration' : 'registration_client';
    setHeaders(ctx.res);
    ctx.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
    try {
      checkTarget(ctx.req);
      guardInput(ctx.req, undefined);
      await (clientId === undefined ? register(ctx) : manage(ctx, clientId));
    } catch (error) {
      const { status, code, description } = writeRefusal(ctx, issuer, error);
      const { requestId, routeName } = ctx.state;
      if (status >= 500) logger.error({ error, requestId, route: routeName }, 'unexpected failure');
      else logger.warn({ event: code, description, requestId, route: routeName }, 'request refused');
    }
  };
}
