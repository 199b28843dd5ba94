// Owns: the order in which a request passes through everything.
import Koa from 'koa';
import type { ProviderHandle } from '../provider/handle.js';
import type { Stores } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import type { RequestState } from './context.js';
import { createInteractionRoutes, type InteractionDeps } from './interaction/routes.js';
import { accessLog } from './middleware/access-log.js';
import { answerErrors } from './middleware/errors.js';
import { identify, requireHost } from './middleware/identify.js';
import { inputGuard } from './middleware/input-guard.js';
import { readForm } from './middleware/read-form.js';
import { securityHeaders } from './middleware/security-headers.js';
import { createOpsRoutes, type Readiness } from './ops.js';
import type { Renderer } from './pages/renderer.js';
import { createPageRoutes } from './pages/routes.js';
import { providerRoutes } from './provider-routes.js';
import { reportBroken } from './report-broken.js';

export interface HttpDeps extends InteractionDeps {
  config: { issuer: string; trustProxy: number };
  handle: ProviderHandle;
  renderer: Renderer;
  stores: Pick<Stores, 'check'>;
  readiness: Readiness;
  logger: Logger;
}

/** The Koa application. */
export function createHttpApp(deps: HttpDeps): Koa<RequestState> {
  const { config, logger, pages, renderer, handle, stores, readiness } = deps;
  const app = new Koa<RequestState>();
  app.on('error', (error) => reportBroken(logger, error));

  app.use(identify({ trustProxy: config.trustProxy }));
  app.use(accessLog({ logger }));
  app.use(securityHeaders({ isHttps: config.issuer.startsWith('https:') }));
  app.use(answerErrors({ issuer: config.issuer, pages, logger }));
  app.use(requireHost);
  app.use(createOpsRoutes({ stores, readiness }).routes());
  app.use(readForm());
  app.use(inputGuard);
  app.use(createPageRoutes({ pages, renderer }).routes());
  app.use(createInteractionRoutes(deps).routes());
  app.use(providerRoutes({ handle }));
  return app;
}
