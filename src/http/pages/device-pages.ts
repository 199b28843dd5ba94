// Owns: the pages on which a person lets a device in: its code, whether it is theirs, and the end.
// Does not: judge codes (provider/). @see https://www.rfc-editor.org/rfc/rfc8628#section-3.3
import type { ResourceServers } from '../../clients/resource-servers.js';
import { formTargetOf } from '../../provider/form-target.js';
import type { DevicePages, ProviderPages } from '../../provider/pages.js';
import { ROUTES } from '../../provider/routes.js';
import type { ClientStore, UserStore } from '../../store/ports/index.js';
import { accountView, clientView } from './client-view.js';
import type { FormTarget } from './models.js';
import type { PageOptions, PageWriter } from './writer.js';

/** The library's context, and what it tells a program of an error. */
type ProviderContext = Parameters<ProviderPages['error']>[0];
type ErrorOut = Parameters<ProviderPages['error']>[1];

export interface DevicePageDeps {
  pages: PageWriter;
  clients: Pick<ClientStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  resources: Pick<ResourceServers, 'words'>;
  /** The site's login page, where a confirmed device may lead to. */
  loginUrl: string | undefined;
  localesOf(ctx: ProviderContext): Promise<Pick<PageOptions, 'uiLocales' | 'userLanguage'>>;
  /** The ordinary page of an error, with a word on where to go on. */
  writeError(
    ctx: ProviderContext,
    out: ErrorOut,
    error: Error,
    more: { kind?: string | undefined; continueUrl?: string },
  ): Promise<void>;
}

export function createDevicePages(deps: DevicePageDeps): DevicePages {
  const { pages, clients, users, resources, loginUrl, localesOf, writeError } = deps;

  /** Only the browser that was given this page can send its form: the session holds the secret. */
  function formOf({ oidc }: ProviderContext, hidden: Record<string, string> = {}): FormTarget {
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
      const { ui_locales: uiLocales } = code?.params ?? {};
      pages.write(ctx, 'device-confirm', model, {
        ...(await localesOf(ctx)),
        ...(typeof uiLocales === 'string' && { uiLocales }),
        formTargets: formTargetOf(loginUrl),
      });
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

    async failed(ctx, out, error, kind) {
      const isGone = out.error === 'not_found';
      const { retryAfter } = error as { retryAfter?: number };
      if (ctx.status === 429 && retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
      const more = isGone ? {} : { kind, continueUrl: ROUTES.device };
      await writeError(ctx, out, error, more);
    },
  };
}
