// Owns: what operators and balancers ask of a running instance.
import Router from '@koa/router';
import type { Stores } from '../store/ports/index.js';
import type { HttpContext, RequestState } from './context.js';

export interface Readiness {
  /** False from the moment the instance is told to stop. */
  isAccepting(): boolean;
}

/** `/healthz`: the process answers. `/readyz`: it can do its work, stores included. */
export function createOpsRoutes({
  stores,
  readiness,
}: {
  stores: Pick<Stores, 'check'>;
  readiness: Readiness;
}) {
  const router = new Router<RequestState, HttpContext>({ strict: true, sensitive: true });
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      if (!readiness.isAccepting()) throw new Error('stopping');
      await stores.check();
      ctx.body = { status: 'ready' };
    } catch {
      ctx.status = 503;
      ctx.set('Retry-After', '2');
      ctx.body = { status: 'not ready' };
    }
  });
  return router;
}
