// Owns: the second factor, for apps that want more than a password. The real site has one already; here the code is
// shown instead of sent, and nobody counts wrong ones.
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Exchange, readForm, redirect, sendPage } from './exchange.js';
import type { FormGuard } from './form-guard.js';
import { type LoginRequest, loginUrl, readLoginRequest } from './login-request.js';
import { secondFactorPage } from './pages.js';
import type { Sessions, SiteSession } from './sessions.js';
import type { Visitor, Visitors } from './visitors.js';

/** Of this session only: another login gets another code. */
function codeFor({ id }: SiteSession): string {
  const number = createHash('sha256').update(`second factor ${id}`).digest().readUInt32BE(0) % 1_000_000;
  return String(number).padStart(6, '0');
}

function isRight(session: SiteSession, given: string): boolean {
  const [expected, code] = [Buffer.from(codeFor(session)), Buffer.from(given.trim())];
  return code.length === expected.length && timingSafeEqual(code, expected);
}

export function createSecondFactor(options: {
  providerOrigin: string;
  sessions: Sessions;
  visitors: Visitors;
  guard: FormGuard;
  handBack(exchange: Exchange, request: LoginRequest, session: SiteSession): Promise<void>;
}) {
  const { providerOrigin, sessions, visitors, guard, handBack } = options;

  function ask(
    exchange: Exchange,
    request: LoginRequest,
    { session, user }: Pick<Visitor, 'session' | 'user'>,
    isWrong = false,
  ): void {
    const { uiLocales } = request;
    const look = visitors.look(exchange, { address: loginUrl(request), uiLocales, user });
    const csrf = guard.tokenFor(exchange, session.id);
    sendPage(
      exchange,
      isWrong ? 400 : 200,
      secondFactorPage(look, { request, csrf, code: codeFor(session), isWrong }),
    );
  }

  return {
    ask,

    async submit(exchange: Exchange): Promise<void> {
      const fields = await readForm(exchange);
      const request = readLoginRequest(fields, providerOrigin);
      const visitor = await visitors.current(exchange);
      if (!visitor) return redirect(exchange, loginUrl(request));
      guard.check(exchange, fields, visitor.session.id);
      // The truth goes back as well: whether less is enough is between the app and the provider.
      if (fields.has('decline')) return handBack(exchange, request, visitor.session);
      if (!isRight(visitor.session, fields.get('code') ?? '')) return ask(exchange, request, visitor, true);
      // Proved anew: a new session, with its own time of login.
      await handBack(exchange, request, sessions.strengthen(exchange, visitor.user.id));
    },
  };
}
