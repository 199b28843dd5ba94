// Owns: the pages the library asks for: errors, logout, logged out.
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { formTargetOf } from '../../provider/form-target.js';
import { authorizationUrl } from '../../provider/interactions.js';
import type { ProviderPages } from '../../provider/pages.js';
import type { RequestScopes } from '../../provider/request-scope.js';
import { ROUTES } from '../../provider/routes.js';
import type { ClientStore } from '../../store/ports/index.js';
import { clientView } from './client-view.js';
import type { ErrorModel } from './models.js';
import type { PageWriter } from './writer.js';

export interface ProviderPageDeps {
  pages: PageWriter;
  clients: Pick<ClientStore, 'find'>;
  scopes: RequestScopes;
  /** An address that begins the authorization request of an interaction anew. */
  restartUrl(uid: string): Promise<string | undefined>;
}

/** What went wrong, where the error code alone says too little. */
function kindOf(error: Error): string | undefined {
  if (!(error instanceof errors.SessionNotFound)) return undefined;
  return /mismatch|changed/.test(error.error_description ?? '') ? 'session_mismatch' : 'session_expired';
}

export function createProviderPages({ pages, clients, scopes, restartUrl }: ProviderPageDeps): ProviderPages {
  const uiLocalesOf = (ctx: KoaContextWithOIDC) => {
    const { ui_locales: uiLocales } = (ctx.oidc?.params ?? ctx.query ?? {}) as { ui_locales?: unknown };
    return typeof uiLocales === 'string' ? { uiLocales } : {};
  };

  async function viewOf(clientId: string | undefined) {
    const client = clientId === undefined ? undefined : await clients.find(clientId);
    return client && clientView(client);
  }

  /** Where the user can go on from a session that is no longer what it was: the same request, anew. */
  async function continueUrlOf(ctx: KoaContextWithOIDC, error: Error): Promise<string | undefined> {
    if (!(error instanceof errors.SessionNotFound)) return undefined;
    const params = ctx.oidc?.entities.Interaction?.params;
    if (params) return authorizationUrl(params);
    const uid = /^\/api\/oauth\/authorize\/([\w-]+)$/.exec(ctx.path)?.[1];
    return uid === undefined ? undefined : restartUrl(uid);
  }

  return {
    async error(ctx, out, error) {
      if (ctx.accepts('html', 'json') === 'json') {
        ctx.body = out;
        return;
      }
      // A store that is down must not keep the page that says so from being drawn.
      const continueUrl = await continueUrlOf(ctx, error).catch(() => undefined);
      const model: ErrorModel = {
        code: out.error,
        description: out.error_description,
        kind: kindOf(error),
        requestId: scopes.current()?.requestId,
        continueUrl,
        referenceUrl: ROUTES.errorReference,
        ...(ctx.status === 503 && ctx.method === 'GET' ? { retryUrl: ctx.url, retryAfter: 2 } : {}),
      };
      pages.write(ctx, 'error', model, uiLocalesOf(ctx));
    },

    async logout(ctx) {
      const state = ctx.oidc.session?.state as
        | { secret?: string; clientId?: string; postLogoutRedirectUri?: string }
        | undefined;
      const model = {
        action: ctx.oidc.urlFor('end_session_confirm'),
        xsrf: String(state?.secret ?? ''),
        client: await viewOf(state?.clientId),
      };
      const formTargets = formTargetOf(state?.postLogoutRedirectUri);
      pages.write(ctx, 'logout', model, { ...uiLocalesOf(ctx), formTargets });
    },

    async loggedOut(ctx) {
      pages.write(ctx, 'logged-out', { client: await viewOf(ctx.oidc.client?.clientId) }, uiLocalesOf(ctx));
    },
  };
}
