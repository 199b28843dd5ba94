// Owns: the login page: asking for the password when it must be, and handing the browser back.
import { isSafeText } from '../../src/lib/text.js';
import { type Exchange, readForm, redirect, sendPage } from './exchange.js';
import type { FormGuard } from './form-guard.js';
import { type LoginRequest, loginUrl, readLoginRequest } from './login-request.js';
import { chooseAccountPage, loginPage } from './pages.js';
import { isRightPassword } from './passwords.js';
import { createSecondFactor } from './second-factor.js';
import type { Sessions, SiteSession } from './sessions.js';
import type { Tickets } from './tickets.js';
import type { SiteUsers } from './users.js';
import type { Visitor, Visitors } from './visitors.js';

const MAX_USERNAME_LENGTH = 254;

export function createLogin(options: {
  providerOrigin: string;
  users: Pick<SiteUsers, 'findByIdentifier'>;
  sessions: Sessions;
  visitors: Visitors;
  guard: FormGuard;
  /** Only with strategy "ticket". */
  tickets: Tickets | undefined;
}) {
  const { providerOrigin, users, sessions, visitors, guard, tickets } = options;

  async function handBack(exchange: Exchange, { returnTo }: LoginRequest, session: SiteSession) {
    if (!returnTo) return redirect(exchange, '/');
    redirect(exchange, (tickets ? await tickets.addTo(returnTo, session) : returnTo).href);
  }

  const secondFactor = createSecondFactor({ providerOrigin, sessions, visitors, guard, handBack });

  /** Somebody is logged in: back to the provider, by way of the second factor if it wants that. */
  async function goOn(exchange: Exchange, request: LoginRequest, visitor: Pick<Visitor, 'session' | 'user'>) {
    const isMissing = request.isSecondFactorWanted && request.returnTo && !visitor.session.hasSecondFactor;
    if (isMissing) return secondFactor.ask(exchange, request, visitor);
    await handBack(exchange, request, visitor.session);
  }

  function ask(exchange: Exchange, request: LoginRequest, username: string, isWrong = false): void {
    const look = visitors.look(exchange, { address: loginUrl(request), uiLocales: request.uiLocales });
    // Before login there is no session to tie the form to: the browser's own cookie does.
    const csrf = guard.tokenFor(exchange, '');
    sendPage(exchange, isWrong ? 400 : 200, loginPage(look, { request, csrf, username, isWrong }));
  }

  return {
    async show(exchange: Exchange): Promise<void> {
      const request = readLoginRequest(exchange.url.searchParams, providerOrigin);
      const visitor = await visitors.current(exchange);
      if (!visitor || request.isOtherAccount) return ask(exchange, request, request.loginHint);
      const { user, session } = visitor;
      if (request.isAccountChoice) {
        const { uiLocales } = request;
        const look = visitors.look(exchange, { address: loginUrl(request), uiLocales, user });
        return sendPage(exchange, 200, chooseAccountPage(look, { request, user }));
      }
      if (request.isReauthentication) {
        return ask(exchange, request, request.loginHint || (user.email ?? user.id));
      }
      await goOn(exchange, request, { user, session });
    },

    async submit(exchange: Exchange): Promise<void> {
      const fields = await readForm(exchange);
      guard.check(exchange, fields, '');
      const request = readLoginRequest(fields, providerOrigin);
      const username = (fields.get('username') ?? '').trim().slice(0, MAX_USERNAME_LENGTH);
      const user = isSafeText(username) ? await users.findByIdentifier(username) : undefined;
      if (!(await isRightPassword(user, fields.get('password') ?? '')) || !user) {
        return ask(exchange, request, username, true);
      }
      // Always a new session, with its own time of login: after prompt=login that is the point of it.
      await goOn(exchange, request, { user, session: sessions.start(exchange, user.id) });
    },

    submitSecondFactor: secondFactor.submit,
  };
}
