// The load generator, a process of its own for each server: prepares users, then runs operations on request.
import { setTimeout as delay } from 'node:timers/promises';
import { answer } from './channel.js';
import { fullUsers, lightUsers, WEB_CLIENT } from './dataset.js';
import { CookieJar, createHttpClient, type HttpClient } from './http-client.js';
import { basic, type LoadUser, OPERATION_STEPS, prepareUser, type Target } from './operations.js';
import type { Operation } from './plan.js';
import { cpuMs, percentile } from './stats.js';

export interface Prepare {
  kind: 'prepare';
  port: number;
  /** The server whose CPU time is read. */
  pid: number;
  users: number;
  concurrency: number;
}

export interface Measure {
  kind: 'measure';
  operation: Operation;
  /** Load before the measurement begins: as long as this, and longer while there were fewer operations. */
  settle: { seconds: number; operations: number };
  seconds: number;
}

export interface Flood {
  kind: 'flood';
  perSecond: number;
  seconds: number;
}

/** One operation after another begins at a fixed rate, whether or not the ones before have ended. */
export interface Pace {
  kind: 'pace';
  operation: Operation;
  perSecond: number;
  seconds: number;
}

export interface Measured {
  operations: number;
  cpuMs: number;
  opsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** How much longer than asked for the load before a measurement may be, for want of operations. */
const MAX_SETTLE_FACTOR = 4;

let setup: Prepare | undefined;
let users: { light: LoadUser[]; full: LoadUser[] } = { light: [], full: [] };

const unprepared = ({ id, email = '' }: { id: string; email?: string | undefined }): LoadUser => ({
  id,
  email,
  jar: new CookieJar(),
  accessToken: '',
  refreshToken: '',
});

/** A target with connections of its own: between two measurements the server closes idle ones. */
async function withTarget<T>(work: (target: Target, setup: Prepare) => Promise<T>): Promise<T> {
  if (!setup) throw new Error('not prepared');
  const http: HttpClient = createHttpClient(setup.port);
  try {
    const { text } = await http.send('GET', '/.well-known/openid-configuration');
    return await work({ http, endpoints: JSON.parse(text) as Record<string, string> }, setup);
  } finally {
    http.close();
  }
}

/** Each worker has users of its own, so that no two requests change the same session at once. */
const shareOf = (all: LoadUser[], worker: number, concurrency: number) =>
  all.filter((_, index) => index % concurrency === worker);

async function prepare(message: Prepare): Promise<void> {
  setup = message;
  const { users: count } = message;
  users = { light: lightUsers(count).map(unprepared), full: fullUsers(count).map(unprepared) };
  await withTarget(async (target) => {
    const workers = Array.from({ length: message.concurrency }, async (_, worker) => {
      for (const user of shareOf(users.light, worker, message.concurrency)) await prepareUser(target, user);
    });
    await Promise.all(workers);
  });
}

async function measure({ operation, settle, seconds }: Measure): Promise<Measured> {
  return withTarget(async (target, { pid, concurrency }) => {
    const step = OPERATION_STEPS[operation];
    const all = operation === 'first-login' ? users.full : users.light;
    const latencies: number[] = [];
    let done = 0;
    let isMeasuring = false;
    let isOver = false;

    async function work(worker: number): Promise<void> {
      const own = shareOf(all, worker, concurrency);
      for (let turn = 0; !isOver; turn += 1) {
        const start = performance.now();
        await step(target, own[turn % own.length] as LoadUser);
        done += 1;
        if (isMeasuring) latencies.push(performance.now() - start);
      }
    }

    async function keepTime(): Promise<Measured> {
      for (let waited = 0; waited < settle.seconds * MAX_SETTLE_FACTOR; waited += settle.seconds) {
        await delay(settle.seconds * 1000);
        if (done >= settle.operations) break;
      }
      const [cpuBefore, before] = [cpuMs(pid), performance.now()];
      isMeasuring = true;
      await delay(seconds * 1000);
      isMeasuring = false;
      const [cpuAfter, after] = [cpuMs(pid), performance.now()];
      isOver = true;
      return {
        operations: latencies.length,
        cpuMs: (cpuAfter - cpuBefore) / latencies.length,
        opsPerSecond: latencies.length / ((after - before) / 1000),
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
      };
    }

    const workers = Array.from({ length: concurrency }, (_, worker) => work(worker));
    const [measured] = await Promise.all([keepTime(), ...workers]);
    return measured;
  });
}

/** Makes attempts at a fixed rate for so long, whatever becomes of them; then waits for all. */
async function atRate<T>(
  perSecond: number,
  seconds: number,
  attempt: (n: number) => Promise<T>,
): Promise<T[]> {
  const attempts: Promise<T>[] = [];
  const start = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    await delay(Math.max(0, start + (n * 1000) / perSecond - performance.now()));
    const under = attempt(n);
    // Told at the end.
    under.catch(() => {});
    attempts.push(under);
  }
  return Promise.all(attempts);
}

/** How long each operation took, in milliseconds. All users in turn. */
async function pace({ operation, perSecond, seconds }: Pace): Promise<number[]> {
  return withTarget((target) =>
    atRate(perSecond, seconds, async (n) => {
      const start = performance.now();
      await OPERATION_STEPS[operation](target, users.light[n % users.light.length] as LoadUser);
      return performance.now() - start;
    }),
  );
}

/** Wrong client secrets, each another one; how often each status came. */
async function flood({ perSecond, seconds }: Flood): Promise<Record<number, number>> {
  return withTarget(async ({ http, endpoints }) => {
    const statuses: Record<number, number> = {};
    const body = 'grant_type=authorization_code&code=none';
    const attempt = async (n: number) => {
      const secret = `wrong-${n}-${performance.now()}`;
      const headers = basic({ client_id: WEB_CLIENT.client_id, client_secret: secret });
      const { status } = await http.send('POST', endpoints.token_endpoint ?? '', headers, body);
      statuses[status] = (statuses[status] ?? 0) + 1;
    };
    await atRate(perSecond, seconds, attempt);
    return statuses;
  });
}

answer<Prepare | Measure | Pace | Flood>((message) => {
  if (message.kind === 'prepare') return prepare(message);
  if (message.kind === 'measure') return measure(message);
  return message.kind === 'pace' ? pace(message) : flood(message);
});
