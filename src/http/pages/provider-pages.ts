// Owns: the pages the library asks for: errors, logout, logged out.
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { SiteUnavailableError } from '../../lib/errors.js';
import { formTargetOf } from '../../provider/form-target.js';
import { confirmAddress, isProvenByHint } from '../../provider/logout.js';
import type { ProviderPages } from '../../provider/pages.js';
import type { RequestScopes } from '../../provider/request-scope.js';
import { ROUTES } from '../../provider/routes.js';
import type { Subjects } from '../../users/subjects.js';
import { clientView } from './client-view.js';
import { createDevicePages, type DevicePageDeps } from './device-pages.js';
import type { ErrorModel } from './models.js';
import type { PageOptions } from './writer.js';

export interface ProviderPageDeps extends Omit<DevicePageDeps, 'localesOf' | 'writeError'> {
  scopes: RequestScopes;
  subjects: Pick<Subjects, 'pairwise'>;
  /** The site's logout page, where a confirmed logout goes on to. */
  siteLogoutUrl: string | undefined;
  /** An address that begins the authorization request of an interaction anew. */
  restartUrl(uid: string): Promise<string | undefined>;
}

/** What went wrong, where the error code alone says too little. */
function kindOf(error: Error): string | undefined {
  if (error.cause instanceof SiteUnavailableError) return 'site_unavailable';
  if (!(error instanceof errors.SessionNotFound)) return undefined;
  return /mismatch|changed/.test(error.error_description ?? '') ? 'session_mismatch' : 'session_expired';
}

export function createProviderPages(deps: ProviderPageDeps): ProviderPages {
  const { pages, clients, users, scopes, siteLogoutUrl, restartUrl } = deps;
  const uiLocalesOf = (ctx: KoaContextWithOIDC) => {
    const { ui_locales: uiLocales } = (ctx.oidc?.params ?? ctx.query ?? {}) as { ui_locales?: unknown };
    return typeof uiLocales === 'string' ? { uiLocales } : {};
  };

  /** What is known of the language to answer in. A store that is down is not asked for the account's. */
  async function localesOf(
    ctx: KoaContextWithOIDC,
  ): Promise<Pick<PageOptions, 'uiLocales' | 'userLanguage'>> {
    const accountId = ctx.status < 500 ? ctx.oidc?.session?.accountId : undefined;
    const user = accountId === undefined ? undefined : await users.find(accountId).catch(() => undefined);
    return { ...uiLocalesOf(ctx), userLanguage: user?.languagePreference };
  }

  async function viewOf(clientId: string | undefined) {
    const client = clientId === undefined ? undefined : await clients.find(clientId);
    return client && clientView(client);
  }

  /** Where the user can go on from a session that is no longer what it was: the same request, anew. */
  async function continueUrlOf(ctx: KoaContextWithOIDC, error: Error): Promise<string | undefined> {
    if (!(error instanceof errors.SessionNotFound)) return undefined;
    const uid =
      ctx.oidc?.entities.Interaction?.uid ?? /^\/api\/oauth\/authorize\/([\w-]+)$/.exec(ctx.path)?.[1];
    return uid === undefined ? undefined : restartUrl(uid);
  }

  const writeError: DevicePageDeps['writeError'] = async (ctx, out, error, more) => {
    if (ctx.accepts('html', 'json') === 'json') {
      ctx.body = out;
      return;
    }
    // A store that is down must not keep the page that says so from being drawn.
    const continueUrl = more.continueUrl ?? (await continueUrlOf(ctx, error).catch(() => undefined));
    const model: ErrorModel = {
      code: out.error,
      description: out.error_description,
      kind: more.kind ?? kindOf(error),
      requestId: scopes.current()?.requestId,
      continueUrl,
      referenceUrl: ROUTES.errorReference,
      ...(ctx.status === 503 && ctx.method === 'GET' ? { retryUrl: ctx.url, retryAfter: 2 } : {}),
    };
    pages.write(ctx, 'error', model, await localesOf(ctx));
  };

  return {
    device: createDevicePages({ ...deps, localesOf, writeError }),

    error: (ctx, out, error) => writeError(ctx, out, error, {}),

    async formPost(ctx, { action, fields }) {
      const { status } = ctx;
      const form = { action, hidden: fields };
      const formTargets = formTargetOf(action);
      const client = await viewOf(ctx.oidc.client?.clientId);
      pages.write(
        ctx,
        'form-post',
        { form, client },
        { ...(await localesOf(ctx)), formTargets, isAnswer: true },
      );
      ctx.status = status;
    },

    async logout(ctx) {
      const state = ctx.oidc.session?.state as
        | { secret?: string; clientId?: string; postLogoutRedirectUri?: string }
        | undefined;
      const xsrf = String(state?.secret ?? '');
      if (await isProvenByHint(ctx, deps.subjects)) {
        ctx.status = 303;
        return ctx.redirect(confirmAddress(xsrf));
      }
      const model = {
        action: ctx.oidc.urlFor('end_session_confirm'),
        xsrf,
        client: await viewOf(state?.clientId),
      };
      const formTargets = [state?.postLogoutRedirectUri, siteLogoutUrl].flatMap(formTargetOf);
      pages.write(ctx, 'logout', model, { ...(await localesOf(ctx)), formTargets });
    },

    async loggedOut(ctx) {
      pages.write(ctx, 'logged-out', { client: await viewOf(ctx.oidc.client?.clientId) }, uiLocalesOf(ctx));
    },
  };
}
