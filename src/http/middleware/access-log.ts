// Owns: one log line a request. Never the query, never a body: they carry codes and tokens.
import type { IncomingMessage } from 'node:http';
import type { Logger } from '../../telemetry/logger.js';
import type { HttpContext, Next } from '../context.js';
import type { Identity } from './identify.js';

/** Paths that end in an interaction's uid: whoever has it can go on with it. */
const BEARER_SEGMENT = /^(\/interaction|\/api\/oauth\/authorize)\/.*/;

export interface Answered extends Identity {
  method: string | undefined;
  /** A path, or a route's name where the path says too much or too little. */
  path: string;
  status: number;
  /** When it came in, in `performance.now()` terms. */
  start: number;
}

/** One line: 5xx are errors, 4xx warnings, the rest information. */
export function logAnswer(logger: Logger, { requestId, method, path, status, start, ip }: Answered): void {
  const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
  const ms = Math.round((performance.now() - start) * 10) / 10;
  logger[level]({ requestId, method, path, status, ms, ip }, 'request');
}

/** @param startOf when a request came in that has been elsewhere before */
export function accessLog({
  logger,
  startOf,
}: {
  logger: Logger;
  startOf(req: IncomingMessage): number | undefined;
}) {
  return async (ctx: HttpContext, next: Next) => {
    const start = startOf(ctx.req) ?? performance.now();
    try {
      await next();
    } finally {
      const { requestId, ip, routeName } = ctx.state;
      const path = routeName ?? ctx.path.replace(BEARER_SEGMENT, '$1/…').slice(0, 200);
      logAnswer(logger, { requestId, ip, method: ctx.method, path, status: ctx.res.statusCode, start });
    }
  };
}
