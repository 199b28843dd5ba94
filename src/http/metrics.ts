// Owns: what is served on the metrics port, which is not the public one.
import Router from '@koa/router';
import Koa from 'koa';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { HttpContext, RequestState } from './context.js';
import { reportBroken } from './report-broken.js';

/** The Koa application of that port: `/metrics` in Prometheus' text format, and nothing else. */
export function createMetricsApp({
  metrics,
  logger,
}: {
  metrics: Pick<Metrics, 'render'>;
  logger: Logger;
}): Koa<RequestState> {
  const app = new Koa<RequestState>();
  app.on('error', (error) => reportBroken(logger, error));
  const router = new Router<RequestState, HttpContext>({ strict: true, sensitive: true });
  router.get('/metrics', async (ctx) => {
    const { contentType, text } = await metrics.render();
    ctx.set('Cache-Control', 'no-store');
    ctx.type = contentType;
    ctx.body = text;
  });
  app.use(router.routes());
  return app;
}
