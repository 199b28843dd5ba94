// An app with a short schedule for logout tokens, and users who log in at clients that listen for them.
import { decodeJwt } from 'jose';
import type { StoredDelivery } from '../../src/store/ports/index.js';
import { Agent } from './agent.js';
import { startApp, type TestApp, type TestAppOptions, USER } from './app.js';
import { eventually } from './production/waiting.js';
import { logIn, register, relyingParty } from './relying-party.js';

export const SHORT = { firstRetryMs: 150, maxRetryMs: 600, pollMs: 50, leaseMs: 10_000 };

/** Sends by itself, soon and often. */
export async function startSendingApp({ env = {}, overrides = {} }: TestAppOptions = {}): Promise<TestApp> {
  const app = await startApp({ env, overrides: { deliverySchedule: SHORT, ...overrides } });
  app.services.backchannelLogout.start();
  return app;
}

/** A client that is told of logouts at `uri`, session by session. */
export function listen(app: TestApp, clientId: string, uri: string): Promise<void> {
  const settings = { backchannel_logout_uri: uri, backchannel_logout_session_required: true };
  return register(app, { client_id: clientId, ...settings });
}

/** Somebody who is logged in at these clients, and the `sid` each knows them by. */
export async function logInAt(app: TestApp, ...clientIds: string[]) {
  const agent = new Agent();
  const sids: Record<string, unknown> = {};
  for (const clientId of clientIds) {
    const { claims } = await logIn(await relyingParty(app, { clientId }), agent);
    sids[clientId] = claims.sid;
  }
  return { agent, sids };
}

/** Has logins end, as far as the outbox is concerned. */
export async function note(
  { services }: Pick<TestApp, 'services'>,
  { userId = USER.id, ...ended }: { userId?: string; clientId: string; sids: string[] },
): Promise<void> {
  await services.backchannelLogout.note({ userId, ...ended });
  services.backchannelLogout.begin();
}

export async function deliveriesOf(app: TestApp, clientId: string): Promise<StoredDelivery[]> {
  return (await app.services.deliveries.list(clientId, { limit: 200 })).items;
}

/** The client's deliveries, once one is in this state. */
export function untilState(app: TestApp, clientId: string, state: StoredDelivery['state']) {
  return eventually(15_000, async () => {
    const all = await deliveriesOf(app, clientId);
    const found = all.find((delivery) => delivery.state === state);
    if (!found) throw new Error(`none is ${state}: ${JSON.stringify(all)}`);
    return found;
  });
}

export const claimsOf = (token = '') => decodeJwt(token);
