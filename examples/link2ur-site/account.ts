// Owns: what users do with their account: look at it, log out, change the password, delete it.
import { type Exchange, readForm, redirect, sendPage } from './exchange.js';
import type { FormGuard } from './form-guard.js';
import { type AccountModel, accountPage, logoutPage, welcomePage } from './pages.js';
import { hashPassword, isAcceptablePassword, isRightPassword } from './passwords.js';
import type { ProviderEvents } from './provider-events.js';
import { safeReturnTo } from './return-to.js';
import type { Sessions } from './sessions.js';
import type { SiteUsers } from './users.js';
import type { Visitor, Visitors } from './visitors.js';

export function createAccount(options: {
  issuer: string;
  users: Pick<SiteUsers, 'setPassword' | 'delete'>;
  sessions: Sessions;
  visitors: Visitors;
  guard: FormGuard;
  events: ProviderEvents;
}) {
  const { issuer, users, sessions, visitors, guard, events } = options;
  const providerOrigin = new URL(issuer).origin;

  function showAccount(exchange: Exchange, { user, session }: Visitor, problem?: AccountModel['problem']) {
    const look = visitors.look(exchange, { user, ...(problem && { address: '/' }) });
    const page = accountPage(look, {
      user,
      csrf: guard.tokenFor(exchange, session.id),
      appsUrl: `${issuer}/account/apps`,
      done: exchange.url.searchParams.get('done') ?? '',
      ...(problem && { problem }),
    });
    sendPage(exchange, problem ? 400 : 200, page);
  }

  /** Reads a form of the account page; undefined, and on to the login page, when nobody is logged in. */
  async function accountForm(exchange: Exchange) {
    const fields = await readForm(exchange);
    const visitor = await visitors.current(exchange);
    if (!visitor) {
      redirect(exchange, '/login');
      return undefined;
    }
    guard.check(exchange, fields, visitor.session.id);
    return { fields, visitor };
  }

  async function endSession(exchange: Exchange, userId: string | undefined): Promise<void> {
    sessions.end(exchange);
    if (userId !== undefined) await events.tell(userId, 'logged_out');
  }

  return {
    async home(exchange: Exchange): Promise<void> {
      const visitor = await visitors.current(exchange);
      if (visitor) return showAccount(exchange, visitor);
      const done = exchange.url.searchParams.get('done') ?? '';
      sendPage(exchange, 200, welcomePage(visitors.look(exchange), { done }));
    },

    /** The provider sends browsers here to log out; it has asked the user already. Anybody else is asked. */
    async logoutPage(exchange: Exchange): Promise<void> {
      const returnTo = safeReturnTo(exchange.url.searchParams.getAll('return_to'), providerOrigin);
      const session = sessions.find(exchange);
      if (returnTo) {
        await endSession(exchange, session?.userId);
        return redirect(exchange, returnTo.href);
      }
      if (!session) return redirect(exchange, '/');
      const csrf = guard.tokenFor(exchange, session.id);
      sendPage(exchange, 200, logoutPage(visitors.look(exchange), { csrf }));
    },

    async logout(exchange: Exchange): Promise<void> {
      const form = await accountForm(exchange);
      if (!form) return;
      await endSession(exchange, form.visitor.user.id);
      redirect(exchange, '/?done=logged_out');
    },

    async changePassword(exchange: Exchange): Promise<void> {
      const form = await accountForm(exchange);
      if (!form) return;
      const { fields, visitor } = form;
      const { user } = visitor;
      const isRight = await isRightPassword(user, fields.get('current') ?? '');
      if (!isRight) return showAccount(exchange, visitor, 'password_wrong');
      const password = fields.get('new') ?? '';
      if (!isAcceptablePassword(password)) return showAccount(exchange, visitor, 'password_unfit');
      await users.setPassword(user.id, await hashPassword(password));
      // Whoever else knew the old password is out; this browser has just proved who it is.
      sessions.endAllOf(user.id);
      sessions.start(exchange, user.id);
      await events.tell(user.id, 'password_changed');
      redirect(exchange, '/?done=password_changed');
    },

    async deleteAccount(exchange: Exchange): Promise<void> {
      const form = await accountForm(exchange);
      if (!form) return;
      const { fields, visitor } = form;
      const { user } = visitor;
      const isRight = await isRightPassword(user, fields.get('current') ?? '');
      if (!isRight) return showAccount(exchange, visitor, 'delete_wrong');
      await users.delete(user.id);
      sessions.endAllOf(user.id);
      sessions.end(exchange);
      await events.tell(user.id, 'deleted');
      redirect(exchange, '/?done=deleted');
    },
  };
}
