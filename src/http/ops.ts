// Owns: what operators and balancers ask of a running instance.
import Router from '@koa/router';
import type { Stores } from '../store/ports/index.js';
import type { HttpContext, RequestState } from './context.js';

const CHECK_EVERY_MS = 1_000;

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
  // Anybody may ask; the stores are bothered once a second at most.
  let last: { at: number; result: Promise<void> } | undefined;
  const check = (): Promise<void> => {
    const now = performance.now();
    if (!last || now - last.at > CHECK_EVERY_MS) last = { at: now, result: stores.check() };
    return last.result;
  };

  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      if (!readiness.isAccepting()) throw new Error('stopping');
      await check();
      ctx.body = { status: 'ready' };
    } catch {
      ctx.status = 503;
      ctx.set('Retry-After', '2');
      ctx.body = { status: 'not ready' };
    }
  });
  return router;
}
