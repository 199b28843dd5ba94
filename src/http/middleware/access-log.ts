// Owns: one log line a request. Never the query, never a body: they carry codes and tokens.
import type { Logger } from '../../telemetry/logger.js';
import type { HttpContext, Next } from '../context.js';

/** Paths that end in an interaction's uid: whoever has it can go on with it. */
const BEARER_SEGMENT = /^(\/interaction|\/api\/oauth\/authorize)\/.*/;

/** 5xx are errors, 4xx warnings, the rest information. */
export function accessLog({ logger }: { logger: Logger }) {
  return async (ctx: HttpContext, next: Next) => {
    const start = performance.now();
    try {
      await next();
    } finally {
      const status = ctx.res.statusCode;
      const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
      const { requestId, ip, routeName } = ctx.state;
      const path = routeName ?? ctx.path.replace(BEARER_SEGMENT, '$1/…').slice(0, 200);
      const ms = Math.round((performance.now() - start) * 10) / 10;
      logger[level]({ requestId, method: ctx.method, path, status, ms, ip }, 'request');
    }
  };
}
