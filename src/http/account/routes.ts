// Owns: the addresses under /account: the apps a user agreed to, and taking an agreement back.
// Does not: log anybody in; whoever is not is sent through an authorization request of our own.

import Router from '@koa/router';
import type { ResourceServers } from '../../clients/resource-servers.js';
import type { Config } from '../../config/load.js';
import type { ConsentService } from '../../grants/service.js';
import { ForbiddenError } from '../../lib/errors.js';
import type { AccountSession, AccountSessions } from '../../provider/account-session.js';
import { ROUTES } from '../../provider/routes.js';
import type { ClientStore, UserRecord, UserStore } from '../../store/ports/index.js';
import { arrivalOf, type HttpContext, type RequestState } from '../context.js';
import type { Csrf } from '../interaction/csrf.js';
import { formFields } from '../middleware/input-guard.js';
import type { PageOptions, PageWriter } from '../pages/writer.js';
import {
  appsModel,
  type ConnectedApp,
  cookiesModel,
  DONE,
  inLanguage,
  refusalModel,
  revokeAppModel,
  staleFormModel,
} from './views.js';

export interface AccountDeps {
  accountSessions: AccountSessions;
  consents: Pick<ConsentService, 'find' | 'list' | 'withdraw'>;
  clients: Pick<ClientStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  resources: Pick<ResourceServers, 'words'>;
  pages: PageWriter;
  csrf: Csrf;
  config: Pick<Config, 'issuer'>;
}

/** Whoever is logged in at this browser. */
interface Visitor {
  session: AccountSession;
  user: UserRecord;
}

/** What a form's token is bound to: one person in one session. */
function subjectOf({ session: { uid, accountId } }: Visitor): string {
  return `account:${uid}:${accountId}`;
}

function optionsFor(ctx: HttpContext, user?: UserRecord): PageOptions {
  const { ui_locales: uiLocales } = ctx.query;
  return {
    uiLocales: typeof uiLocales === 'string' ? uiLocales : undefined,
    userLanguage: user?.languagePreference,
  };
}

function seeOther(ctx: HttpContext, url: string): void {
  ctx.status = 303;
  ctx.redirect(url);
}

/** The list, in the language this was asked for in. */
const toList = (ctx: HttpContext, query = '') =>
  seeOther(ctx, inLanguage(`${ROUTES.accountApps}${query}`, optionsFor(ctx).uiLocales));

export function createAccountRoutes(deps: AccountDeps) {
  const { accountSessions, consents, clients, users, resources, pages, csrf, config } = deps;
  const router = new Router<RequestState, HttpContext>({ strict: true, sensitive: true });

  async function findVisitor(ctx: HttpContext): Promise<Visitor | undefined> {
    const session = await accountSessions.find(ctx.req, ctx.res, arrivalOf(ctx));
    const user = session && (await users.find(session.accountId));
    return session && user?.isActive ? { session, user } : undefined;
  }

  async function findApp(userId: string, clientId: string): Promise<ConnectedApp | undefined> {
    const [consent, client] = await Promise.all([consents.find(userId, clientId), clients.find(clientId)]);
    return consent && client && { consent, client };
  }

  async function listApps(userId: string): Promise<ConnectedApp[]> {
    const given = await consents.list(userId);
    const apps = given.map(async (consent) => ({ consent, client: await clients.find(consent.clientId) }));
    return (await Promise.all(apps)).flatMap(({ consent, client }) => (client ? [{ consent, client }] : []));
  }

  /** Back from our authorization request, or here for the first time; never sent round twice. */
  async function list(ctx: HttpContext): Promise<void> {
    const { code, error, done } = ctx.query;
    const { requestId } = ctx.state;
    if (error !== undefined) {
      ctx.status = 400;
      return pages.write(ctx, 'error', refusalModel(String(error), requestId), optionsFor(ctx));
    }
    const visitor = await findVisitor(ctx);
    if (code !== undefined) {
      if (visitor) return toList(ctx);
      ctx.status = 400;
      return pages.write(ctx, 'error', cookiesModel(requestId), optionsFor(ctx));
    }
    const { uiLocales } = optionsFor(ctx);
    if (!visitor) return seeOther(ctx, await accountSessions.loginUrl(uiLocales));
    const { user } = visitor;
    pages.write(
      ctx,
      'apps',
      appsModel(user, await listApps(user.id), {
        done,
        issuer: config.issuer,
        uiLocales,
        words: await resources.words(),
      }),
      optionsFor(ctx, user),
    );
  }

  async function ask(ctx: HttpContext): Promise<void> {
    const visitor = await findVisitor(ctx);
    const app = visitor && (await findApp(visitor.user.id, String(ctx.params.clientId)));
    if (!app) return toList(ctx);
    const { user } = visitor;
    const model = revokeAppModel(user, app, {
      csrf: csrf.tokenFor(subjectOf(visitor)),
      uiLocales: optionsFor(ctx).uiLocales,
    });
    pages.write(ctx, 'revoke-app', model, optionsFor(ctx, user));
  }

  async function revoke(ctx: HttpContext): Promise<void> {
    const visitor = await findVisitor(ctx);
    if (!visitor) return toList(ctx);
    const { id: userId } = visitor.user;
    const { ip, requestId } = ctx.state;
    csrf.check(ctx, subjectOf(visitor), formFields(ctx).csrf);
    const app = await findApp(userId, String(ctx.params.clientId));
    if (!app) return toList(ctx);
    const { client_id: clientId } = app.client;
    const withdrawal = await consents.withdraw({ userId, clientId, actor: `user:${userId}`, ip, requestId });
    toList(ctx, withdrawal ? `?done=${DONE}` : '');
  }

  /** A form of another session, of another person, or of somebody else's page: nothing is done, and said so. */
  async function orStale(ctx: HttpContext, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      ctx.status = error.statusCode;
      const model = staleFormModel(error, String(ctx.params.clientId), ctx.state.requestId);
      pages.write(ctx, 'error', model, optionsFor(ctx));
    }
  }

  const one = `${ROUTES.accountApps}/:clientId/revoke`;
  router.get(ROUTES.accountApps, list);
  router.get(one, ask);
  router.post(one, (ctx) => orStale(ctx, () => revoke(ctx)));
  return router;
}
