// Owns: turning any error of ours into an answer: a page for browsers, JSON for programs. Once, here.
import { AppError, SiteUnavailableError, TooManyRequestsError } from '../../lib/errors.js';
import { ROUTES, routeAt } from '../../provider/routes.js';
import type { Logger } from '../../telemetry/logger.js';
import type { HttpContext, Next } from '../context.js';
import type { PageWriter } from '../pages/writer.js';

export interface ErrorDeps {
  issuer: string;
  pages: PageWriter;
  logger: Logger;
}

interface Failure {
  status: number;
  code: string;
  description: string;
  /** What is worth trying again by the same address. */
  again?: { kind: string; retryAfter: number };
}

function toFailure(error: unknown): Failure {
  if (error instanceof AppError && error.statusCode < 600 && error.code !== 'invalid_configuration') {
    const { statusCode: status, code, message: description } = error;
    if (!(error instanceof SiteUnavailableError)) return { status, code, description };
    return { status, code, description, again: { kind: 'site_unavailable', retryAfter: error.retryAfter } };
  }
  // The library's errors, met outside its own routes.
  const {
    statusCode,
    expose,
    message,
    error_description: description,
  } = error as {
    statusCode?: number;
    expose?: boolean;
    message?: string;
    error_description?: string;
  };
  if (expose && statusCode !== undefined) {
    return { status: statusCode, code: String(message), description: String(description ?? message) };
  }
  return { status: 500, code: 'server_error', description: 'oops! something went wrong' };
}

export function answerErrors(deps: ErrorDeps) {
  const { logger } = deps;
  return async (ctx: HttpContext, next: Next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined && ctx.respond !== false) {
        writeFailure(ctx, deps, {
          status: 404,
          code: 'not_found',
          description: 'there is nothing at this address',
        });
      }
    } catch (error) {
      const failure = toFailure(error);
      const { requestId } = ctx.state;
      if (failure.status >= 500) logger.error({ error, requestId }, 'unexpected failure');
      else
        logger.warn(
          { event: failure.code, detail: (error as AppError).detail, requestId },
          failure.description,
        );
      if (ctx.res.headersSent) return;
      ctx.respond = true;
      ctx.remove('set-cookie');
      if (failure.status === 503) ctx.set('Retry-After', '2');
      if (error instanceof TooManyRequestsError) ctx.set('Retry-After', String(error.retryAfter));
      writeFailure(ctx, deps, failure);
    }
  };
}

function writeFailure(
  ctx: HttpContext,
  { issuer, pages }: ErrorDeps,
  { status, code, description, again }: Failure,
): void {
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  // What was not read of the body is still on its way.
  if (status === 413) ctx.set('Connection', 'close');
  if (routeAt(ctx.path)?.audience === 'program') {
    const reference = `${issuer}${ROUTES.errorReference}#${code}`;
    ctx.body = { error: code, error_description: description, error_uri: reference };
  } else if (ctx.accepts('json', 'html') === 'html') {
    const { requestId } = ctx.state;
    const retry = again && ctx.method === 'GET' ? { ...again, retryUrl: ctx.url } : {};
    pages.write(ctx, 'error', { code, description, requestId, ...retry });
  } else {
    ctx.body = { error: code, error_description: description };
  }
}
