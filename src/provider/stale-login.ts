// Owns: a login that was done but not yet followed by the browser when the site told that the user's logins are over.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { USER_ENDED } from '../grants/user-end.js';
import { hashOf } from '../lib/ids.js';
import type { ArtifactStore } from '../store/ports/index.js';
import { callStore } from './adapter/failure.js';
import { authorizationUrl, isPrivateRequest } from './authorization-url.js';
import type { RequestScopes } from './request-scope.js';
import { ROUTES } from './routes.js';

interface FinishedLogin {
  accountId?: string;
  /** When it was finished, epoch milliseconds. */
  at?: number;
}

/**
 * Such a login is between two requests: no session that could be ended holds it. The same request begins anew, here or
 * at its app.
 */
export function refuseStaleLogin({
  artifacts,
  scopes,
}: {
  artifacts: Pick<ArtifactStore, 'find'>;
  scopes: RequestScopes;
}) {
  async function isStale({ accountId, at }: FinishedLogin): Promise<boolean> {
    if (accountId === undefined) return false;
    const ended = await artifacts.find(USER_ENDED, hashOf(accountId));
    return ended !== undefined && (at ?? 0) <= Number(ended.payload.at);
  }

  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    const route = scopes.current()?.route;
    if (route !== 'resume' && route !== 'device_resume') return next();
    const uid = ctx.path.split('/').at(-1) ?? '';
    const interaction = await callStore(() => artifacts.find('Interaction', hashOf(uid)));
    const { result, params } = (interaction?.payload ?? {}) as {
      result?: { login?: FinishedLogin };
      params?: Record<string, unknown>;
    };
    const login = result?.login;
    if (!login || !params || !(await callStore(() => isStale(login)))) return next();
    if (isPrivateRequest(interaction?.payload ?? {})) throw new errors.SessionNotFound('the login is over');
    ctx.status = 303;
    ctx.redirect(route === 'resume' ? authorizationUrl(params) : ROUTES.device);
  };
}
