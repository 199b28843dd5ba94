// Logins at a fixed rate on a server: how long they take, what they cost, how often they ask the stores.
import { setTimeout as delay } from 'node:timers/promises';
import type { Lifecycle } from '../../src/lib/lifecycle.js';
import { ask } from '../bench/channel.js';
import type { Measure, Pace, Prepare } from '../bench/load.js';
import type { ProbeQuestion } from '../bench/probe.js';
import { type Site, startLoad, startServer } from '../bench/servers.js';
import { cpuMs, percentile } from '../bench/stats.js';
import type { StoreCalls } from '../bench/store-calls.js';
import type { Plan } from './plan.js';
import { cpuBetween, type Observer } from './postgres.js';

/** Users whose sessions are used in turn. */
export const LOGIN_USERS = 100;

const PREPARED_AT_ONCE = 4;
/** V8 has to have compiled what is hot. */
const WARMUP: Measure = {
  kind: 'measure',
  operation: 'login',
  settle: { seconds: 3, operations: 1_000 },
  seconds: 1,
};
/** Before each round, at its rate: connections are open and files read again. */
const SETTLE_SECONDS = 2;
/** So far apart that nothing is remembered from one to the next: each asks for all it needs. */
const COUNTED = { afterMs: 1_000, perSecond: 1, seconds: 10 };

export interface Round {
  logins: number;
  /** The server's process, per login. */
  serverCpuMs: number;
  /** PostgreSQL's processes, per login; unknown where PostgreSQL is on another machine. */
  databaseCpuMs?: number;
  /** Blocks that PostgreSQL asked the operating system for, per login. */
  blocksRead: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** Asked per login. */
export interface Calls {
  sql: number;
  redis: number;
}

export interface Contender {
  /** One round of logins. */
  round(plan: Pick<Plan, 'loginsPerSecond' | 'seconds'>): Promise<Round>;
  countCalls(): Promise<Calls>;
  stop(): Promise<void>;
}

export interface ContenderOptions {
  env: Record<string, string>;
  observer: Observer;
  /** Ends the processes if the benchmark ends early. */
  lifecycle: Pick<Lifecycle, 'onClose'>;
}

/** The name of the site's database. */
export const databaseOf = ({ env }: Site) => new URL(env.DATABASE_URL ?? '').pathname.slice(1);

/** A server on `site`, warm, whose users have logged in; and the load for it. */
export async function startContender(
  site: Site,
  { env, observer, lifecycle }: ContenderOptions,
): Promise<Contender> {
  const server = await startServer({ ...site, env: { ...site.env, ...env } }, { withProbe: true });
  lifecycle.onClose(server.stop);
  const load = startLoad();
  lifecycle.onClose(load.stop);
  const logIns = (perSecond: number, seconds: number) =>
    ask<number[]>(load.process, { kind: 'pace', operation: 'login', perSecond, seconds } satisfies Pace);

  const database = databaseOf(site);
  const { port, pid } = server;
  const message: Prepare = {
    kind: 'prepare',
    port,
    pid,
    users: LOGIN_USERS,
    concurrency: PREPARED_AT_ONCE,
  };
  await ask(load.process, message);
  await ask(load.process, WARMUP);
  return {
    async stop() {
      await load.stop();
      await server.stop();
    },
    async round({ loginsPerSecond, seconds }) {
      await logIns(loginsPerSecond, SETTLE_SECONDS);
      const usage = async () => ({
        server: cpuMs(server.pid),
        database: await observer.cpuOf(database),
        blocks: await observer.blocksRead(database),
      });
      const before = await usage();
      const times = await logIns(loginsPerSecond, seconds);
      const after = await usage();
      const databaseCpuMs = cpuBetween(before.database, after.database);
      return {
        logins: times.length,
        serverCpuMs: (after.server - before.server) / times.length,
        ...(databaseCpuMs !== undefined && { databaseCpuMs: databaseCpuMs / times.length }),
        blocksRead: (after.blocks - before.blocks) / times.length,
        p50Ms: percentile(times, 0.5),
        p99Ms: percentile(times, 0.99),
        maxMs: Math.max(...times),
      };
    },
    async countCalls() {
      await delay(COUNTED.afterMs);
      await ask(server.process, { kind: 'calls-start' } satisfies ProbeQuestion);
      const { length } = await logIns(COUNTED.perSecond, COUNTED.seconds);
      const { sql, redis } = await ask<StoreCalls>(server.process, {
        kind: 'calls-stop',
      } satisfies ProbeQuestion);
      return { sql: sql.length / length, redis: redis.length / length };
    },
  };
}
