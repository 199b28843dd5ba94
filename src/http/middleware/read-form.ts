// Owns: reading form bodies, 64 KB at most.
import type { IncomingMessage } from 'node:http';
import { koaBody } from 'koa-body';
import { AppError } from '../../lib/errors.js';
import type { HttpContext, Next } from '../context.js';
import { MAX_BODY_BYTES, readBytes } from './read-body.js';

function tooLarge(cause?: unknown): AppError {
  return new AppError('invalid_request', 413, 'the request body is too large', { cause });
}

/** Whether this is a form that needs no decoding first. */
export function isPlainForm({ headers }: IncomingMessage): boolean {
  const type = headers['content-type'] ?? '';
  return (
    /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type) && headers['content-encoding'] === undefined
  );
}

/** The text of a plain form. @throws AppError with status 413 when it is too large, 400 when it breaks off */
export async function readFormText(req: IncomingMessage): Promise<string> {
  return (await readBytes(req, tooLarge)).toString('utf8');
}

/** Reads a form into `state.form`, as it was sent. Anything but a form is left to the endpoint to refuse. */
export function readForm() {
  const parse = koaBody({
    urlencoded: true,
    json: false,
    text: false,
    multipart: false,
    formLimit: MAX_BODY_BYTES,
    parsedMethods: ['POST'] as never,
    includeUnparsed: true,
    onError: (error) => {
      const { status } = error as Error & { status?: number };
      if (status === 413) throw tooLarge(error);
      throw new AppError('invalid_request', 400, 'the request body cannot be read', { cause: error });
    },
  });

  return async (ctx: HttpContext, next: Next) => {
    if (Number(ctx.get('content-length') || 0) > MAX_BODY_BYTES) throw tooLarge();
    if (ctx.method !== 'POST' || !ctx.is('application/x-www-form-urlencoded')) return next();
    await parse(ctx as never, async () => {});
    ctx.state.form = (ctx.request as { rawBody?: string }).rawBody ?? '';
    await next();
  };
}
