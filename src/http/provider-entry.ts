// Owns: the way in for requests to the library's endpoints. These are nearly all there are, so they pass through
// the same checks as every other request, but not through Koa twice: the library has one of its own.
// Does not: answer errors; those go through the other door, which draws pages (server.ts).
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProviderHandle } from '../provider/handle.js';
import { routeAt } from '../provider/routes.js';
import type { Logger } from '../telemetry/logger.js';
import { logAnswer } from './middleware/access-log.js';
import { checkTarget, identifyRequest } from './middleware/identify.js';
import { guardInput } from './middleware/input-guard.js';
import { isPlainForm, readFormText } from './middleware/read-form.js';
import type { createSecurityHeaders } from './middleware/security-headers.js';
import { POSTED_AS_GET } from './provider-routes.js';

export interface Refusal {
  error: unknown;
  /** When the request came in, in `performance.now()` terms. */
  start: number;
  routeName: string;
}

export interface ProviderEntryDeps {
  handle: ProviderHandle;
  logger: Logger;
  trustProxy: number;
  setSecurityHeaders: ReturnType<typeof createSecurityHeaders>;
  /** Answers a request that was refused before the library saw it. */
  refuse(req: IncomingMessage, res: ServerResponse, refusal: Refusal): void;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** The route a request goes to straight away; undefined for everything that needs a closer look. */
function directRoute(req: IncomingMessage) {
  const route = routeAt(pathOf(req.url ?? ''));
  if (!route?.methods.includes(req.method ?? '')) return undefined;
  if (req.method !== 'POST') return route.name === 'end_session_confirm' ? undefined : route;
  return POSTED_AS_GET.has(route.name) || !isPlainForm(req) ? undefined : route;
}

/** Answers what it can and says so: false leaves the request untouched. */
export function createProviderEntry(deps: ProviderEntryDeps) {
  const { handle, logger, trustProxy, setSecurityHeaders, refuse } = deps;

  async function pass(
    req: IncomingMessage,
    res: ServerResponse,
    route: NonNullable<ReturnType<typeof routeAt>>,
  ): Promise<void> {
    const start = performance.now();
    const { method } = req;
    try {
      const identity = identifyRequest(req, res, trustProxy);
      setSecurityHeaders[route.audience](res);
      checkTarget(req);
      const body = method === 'POST' ? await readFormText(req) : undefined;
      guardInput(req, body);
      const { name, audience } = route;
      await handle.handle(req, res, { ...identity, body, route: name, audience });
      logAnswer(logger, { ...identity, method, path: name, status: res.statusCode, start });
    } catch (error) {
      refuse(req, res, { error, start, routeName: route.name });
    }
  }

  return (req: IncomingMessage, res: ServerResponse): boolean => {
    const route = directRoute(req);
    if (route) void pass(req, res, route);
    return route !== undefined;
  };
}
