// Owns: the pages on which a person lets a device in: its code, whether it is theirs, and the end.
// Does not: judge codes (provider/). @see https://www.rfc-editor.org/rfc/rfc8628#section-3.3
import { type ErrorOut, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ResourceServers } from '../../clients/resource-servers.js';
import { formTargetOf } from '../../provider/form-target.js';
import type { DevicePages } from '../../provider/pages.js';
import { ROUTES } from '../../provider/routes.js';
import type { ClientStore, UserStore } from '../../store/ports/index.js';
import { accountView, clientView } from './client-view.js';
import type { FormTarget } from './models.js';
import type { PageOptions, PageWriter } from './writer.js';

export interface DevicePageDeps {
  pages: PageWriter;
  clients: Pick<ClientStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  resources: Pick<ResourceServers, 'words'>;
  /** The site's login page, where a confirmed device may lead to. */
  loginUrl: string | undefined;
  localesOf(ctx: KoaContextWithOIDC): Promise<Pick<PageOptions, 'uiLocales' | 'userLanguage'>>;
  /** The ordinary page of an error, with a word on where to go on. */
  writeError(
    ctx: KoaContextWithOIDC,
    out: ErrorOut,
    error: Error,
    more: { kind?: string | undefined; continueUrl?: string },
  ): Promise<void>;
}

/** What this library says of a form that is not of the session at hand. */
const FOREIGN_FORM = /^(xsrf token invalid|could not find device form details)$/;

function kindOf(ctx: KoaContextWithOIDC, error: Error): string | undefined {
  if (ctx.status === 429) return 'device_locked';
  const { error_description: description = '' } = error as { error_description?: string };
  if (!(error instanceof errors.InvalidRequest || error instanceof errors.SessionNotFound)) return undefined;
  if (ctx.get('cookie') === '') return 'cookies_blocked';
  return FOREIGN_FORM.test(description) ? 'form_expired' : undefined;
}

export function createDevicePages(deps: DevicePageDeps): DevicePages {
  const { pages, clients, users, resources, loginUrl, localesOf, writeError } = deps;

  /** Only the browser that was given this page can send its form: the session holds the secret. */
  function formOf({ oidc }: KoaContextWithOIDC, hidden: Record<string, string> = {}): FormTarget {
    const { secret } = (oidc.session?.state ?? {}) as { secret?: unknown };
    return { action: ROUTES.device, hidden: { xsrf: String(secret ?? ''), ...hidden } };
  }

  async function viewOf(clientId: string | undefined) {
    const client = clientId === undefined ? undefined : await clients.find(clientId);
    return client && clientView(client);
  }

  return {
    async enterCode(ctx, { userCode, isWrong = false }) {
      const model = { form: formOf(ctx), userCode, problem: isWrong ? ('wrong_code' as const) : undefined };
      pages.write(ctx, 'device', model, await localesOf(ctx));
    },

    async confirm(ctx, { userCode, product, isElsewhere }) {
      const { DeviceCode: code } = ctx.oidc.entities;
      const { accountId } = ctx.oidc.session ?? {};
      const [client, user, words] = await Promise.all([
        viewOf(code?.clientId),
        accountId === undefined ? undefined : users.find(accountId),
        resources.words(),
      ]);
      const scopes = String(code?.params?.scope ?? '')
        .split(' ')
        .filter((name) => name !== '');
      const model = {
        form: formOf(ctx, { user_code: userCode }),
        userCode,
        client: client ?? { name: '' },
        account: user && accountView(user),
        scopes: scopes.map((name) => ({ name, granted: false, words: words.get(name) })),
        product,
        isElsewhere,
      };
      const formTargets = formTargetOf(loginUrl);
      pages.write(ctx, 'device-confirm', model, { ...(await localesOf(ctx)), formTargets });
    },

    async answered(ctx, answer) {
      const { Client: client, DeviceCode: code } = ctx.oidc.entities;
      const model = {
        client: await viewOf(client?.clientId ?? code?.clientId),
        isApproved: answer === 'approved',
        appsUrl: ROUTES.accountApps,
        againUrl: ROUTES.device,
      };
      pages.write(ctx, 'device-done', model, await localesOf(ctx));
    },

    async failed(ctx, out, error) {
      const isGone = out.error === 'not_found';
      const { retryAfter } = error as { retryAfter?: number };
      if (ctx.status === 429 && retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
      const more = isGone ? {} : { kind: kindOf(ctx, error), continueUrl: ROUTES.device };
      await writeError(ctx, out, error, more);
    },
  };
}
