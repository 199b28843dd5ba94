// A relying party's back-channel logout endpoint: keeps what it is sent, and answers as it is told.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface LogoutReceiver {
  /** Where it listens: a `backchannel_logout_uri`. */
  uri: string;
  /** The bodies received, in order. */
  received: string[];
  /** The most requests it had at the same time. */
  mostAtOnce: number;
  /** The status it answers with from now on; `hang` answers nothing. */
  answer: number | 'hang';
  /** How long it takes to answer. */
  slowMs: number;
  /** The logout tokens received, once there are `count`. */
  tokens(count: number): Promise<string[]>;
  close(): Promise<void>;
}

const PATIENCE_MS = 10_000;

/** @param at its port; a free one unless given */
export async function openLogoutReceiver(at = 0): Promise<LogoutReceiver> {
  const received: string[] = [];
  let underWay = 0;
  const server = createServer(async (req, res) => {
    underWay += 1;
    receiver.mostAtOnce = Math.max(receiver.mostAtOnce, underWay);
    res.once('close', () => {
      underWay -= 1;
    });
    let body = '';
    for await (const chunk of req) body += chunk;
    received.push(body);
    if (receiver.answer === 'hang') return;
    await delay(receiver.slowMs);
    res.statusCode = receiver.answer;
    res.end();
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const receiver: LogoutReceiver = {
    uri: `http://localhost:${port}/backchannel-logout`,
    received,
    mostAtOnce: 0,
    answer: 204,
    slowMs: 0,
    async tokens(count) {
      const from = performance.now();
      while (received.length < count && performance.now() - from < PATIENCE_MS) await delay(20);
      return received.map((body) => new URLSearchParams(body).get('logout_token') ?? '');
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
