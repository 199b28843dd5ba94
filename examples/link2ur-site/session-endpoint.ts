// Owns: telling the provider, server to server, whose session a cookie is (strategy "session").
import { setTimeout as delay } from 'node:timers/promises';
import { authenticationOf } from './authentication.js';
import { type Exchange, redirect, sendJson, sendPage } from './exchange.js';
import type { SiteFaults } from './faults.js';
import type { Visitors } from './visitors.js';

export function createSessionEndpoint({ visitors, faults }: { visitors: Visitors; faults: SiteFaults }) {
  /** Answers wrongly, as tests ask for. */
  function misbehave(exchange: Exchange): boolean {
    const { sessionAnswer } = faults;
    if (sessionAnswer === 'error') sendJson(exchange, 500, { error: 'internal_error' });
    if (sessionAnswer === 'html') sendPage(exchange, 200, '<!doctype html><title>Link²Ur</title>');
    if (sessionAnswer === 'nonsense') sendJson(exchange, 200, { user: { id: 1 } });
    if (sessionAnswer === 'redirect') redirect(exchange, '/login');
    return sessionAnswer !== undefined;
  }

  return async (exchange: Exchange): Promise<void> => {
    if (faults.sessionDelayMs) await delay(faults.sessionDelayMs, undefined, { ref: false });
    if (misbehave(exchange)) return;
    const visitor = await visitors.current(exchange);
    if (!visitor) return sendJson(exchange, 401, { error: 'not_logged_in' });
    const { session } = visitor;
    const { userId: id, authTime } = session;
    const time = faults.omitAuthTime ? {} : { auth_time: authTime };
    sendJson(exchange, 200, { id, ...time, ...authenticationOf(session) });
  };
}
