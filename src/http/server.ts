// Owns: the order in which a request passes through everything.
import type { IncomingMessage, RequestListener } from 'node:http';
import Koa from 'koa';
import type { ProviderHandle } from '../provider/handle.js';
import type { Stores } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import { type AccountDeps, createAccountRoutes } from './account/routes.js';
import { type AdminDeps, createAdminApi } from './admin/index.js';
import type { RequestState } from './context.js';
import { createInteractionRoutes, type InteractionDeps } from './interaction/routes.js';
import { accessLog } from './middleware/access-log.js';
import { answerErrors } from './middleware/errors.js';
import { identify, requireHost } from './middleware/identify.js';
import { inputGuard } from './middleware/input-guard.js';
import { readForm } from './middleware/read-form.js';
import { createSecurityHeaders, securityHeaders } from './middleware/security-headers.js';
import { createOpsRoutes, type Readiness } from './ops.js';
import type { Renderer } from './pages/renderer.js';
import { createPageRoutes } from './pages/routes.js';
import { createProviderEntry, type Refusal } from './provider-entry.js';
import { providerRoutes } from './provider-routes.js';
import { createRegistrationRoutes, type RegistrationRouteDeps } from './registration/routes.js';
import { reportBroken } from './report-broken.js';
import { createSiteRoutes, type SiteDeps } from './site/routes.js';

export interface HttpDeps extends InteractionDeps, SiteDeps, Pick<AccountDeps, 'accountSessions'> {
  config: { issuer: string; trustProxy: number };
  handle: ProviderHandle;
  admin: AdminDeps;
  /** Undefined: registration is off. */
  registration: RegistrationRouteDeps['registration'] | undefined;
  renderer: Renderer;
  stores: Pick<Stores, 'check'>;
  readiness: Readiness;
  logger: Logger;
}

/** What a listener needs. */
export interface HttpApp {
  callback(): RequestListener;
}

/** The pages and everything else that is ours, as a Koa application; `failures` are requests that already failed. */
function createOwnApp(deps: HttpDeps, failures: WeakMap<IncomingMessage, Refusal>): Koa<RequestState> {
  const { config, logger, pages, renderer, handle, stores, readiness } = deps;
  const app = new Koa<RequestState>();
  app.on('error', (error) => reportBroken(logger, error));

  app.use(identify({ trustProxy: config.trustProxy }));
  app.use(accessLog({ logger, startOf: (req) => failures.get(req)?.start }));
  const headers = createSecurityHeaders({ isHttps: config.issuer.startsWith('https:') });
  app.use(createAdminApi({ ...deps.admin, setHeaders: headers.program }));
  if (deps.registration) {
    const { registration } = deps;
    const routes = { issuer: config.issuer, registration, logger, setHeaders: headers.program };
    app.use(createRegistrationRoutes(routes));
  }
  app.use(securityHeaders(headers.browser));
  app.use(answerErrors({ issuer: config.issuer, pages, logger }));
  app.use((ctx, next) => {
    const failure = failures.get(ctx.req);
    if (!failure) return next();
    ctx.state.routeName = failure.routeName;
    throw failure.error;
  });
  app.use(requireHost);
  app.use(createOpsRoutes({ stores, readiness }).routes());
  app.use(readForm());
  app.use(inputGuard);
  app.use(createPageRoutes({ issuer: config.issuer, pages, renderer }).routes());
  app.use(createInteractionRoutes(deps).routes());
  app.use(createSiteRoutes(deps).routes());
  app.use(createAccountRoutes(deps).routes());
  app.use(providerRoutes({ handle }));
  return app;
}

/** Everything that is served on the public port. */
export function createHttpApp(deps: HttpDeps): HttpApp {
  const { config, handle, logger } = deps;
  const failures = new WeakMap<IncomingMessage, Refusal>();
  const own = createOwnApp(deps, failures).callback();
  const enterProvider = createProviderEntry({
    handle,
    logger,
    trustProxy: config.trustProxy,
    setSecurityHeaders: createSecurityHeaders({ isHttps: config.issuer.startsWith('https:') }),
    refuse(req, res, refusal) {
      failures.set(req, refusal);
      own(req, res);
    },
  });
  return {
    callback: () => (req, res) => {
      if (!enterProvider(req, res)) own(req, res);
    },
  };
}
