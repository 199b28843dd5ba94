// How often a request asks PostgreSQL and Redis: as often as this table allows, however much is stored.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Counting, countStoreCalls, type StoreCalls } from '../../scripts/bench/store-calls.js';
import { fillDatabase } from '../../scripts/bench-scale/fill.js';
import { fillRedis } from '../../scripts/bench-scale/fill-redis.js';
import { createServices } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { listen } from '../../src/http/listen.js';
import { Agent } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  freePort,
  obtainTokens,
  refresh,
  seedBasics,
  userinfo,
} from '../support/app.js';
import { MODES, type Mode, openBackend } from '../support/production/backends.js';

const OPERATIONS = ['login', 'refresh', 'userinfo'] as const;
type Operation = (typeof OPERATIONS)[number];

interface Most {
  sql: number;
  redis: number;
}

/**
 * Statements and commands at most. Cold: nothing was asked for more than a second. Warm: it was asked just
 * before. Whoever needs more of them knows why; whoever needs fewer lowers the number.
 */
const MOST: Record<string, Record<Operation, { cold: Most; warm: Most }>> = {
  PostgreSQL: {
    login: { cold: { sql: 14, redis: 0 }, warm: { sql: 9, redis: 0 } },
    refresh: { cold: { sql: 10, redis: 0 }, warm: { sql: 8, redis: 0 } },
    userinfo: { cold: { sql: 5, redis: 0 }, warm: { sql: 1, redis: 0 } },
  },
  'PostgreSQL + Redis': {
    login: { cold: { sql: 7, redis: 6 }, warm: { sql: 2, redis: 6 } },
    refresh: { cold: { sql: 9, redis: 1 }, warm: { sql: 7, redis: 1 } },
    userinfo: { cold: { sql: 4, redis: 1 }, warm: { sql: 0, redis: 1 } },
  },
};

const STORED = { users: 3_000, artifacts: 10_000 };

/** Nothing is remembered for longer. */
const FORGOTTEN_MS = 1_100;
/** What is asked after the answer counts as well. */
const AFTERWARDS_MS = 30;

const ENV = {
  LOG_LEVEL: 'silent',
  KEY_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 5 + 1)).toString('base64url'),
  COOKIE_KEYS: 'cookie-key-of-the-store-calls-test-0123456789',
};

interface Service {
  /** Each of them succeeds, and no page is shown. */
  run: Record<Operation, () => Promise<void>>;
  close(): Promise<void>;
}

/** The service in this process, with a user who has logged in. */
async function openService(mode: Mode, isFull: boolean): Promise<Service> {
  const backend = await openBackend(mode);
  const { DATABASE_URL, REDIS_URL, REDIS_KEY_PREFIX = '' } = backend.env;
  if (isFull) await fillDatabase(DATABASE_URL, STORED);
  if (isFull && REDIS_URL !== undefined) await fillRedis(REDIS_URL, REDIS_KEY_PREFIX, STORED.artifacts);
  const port = await freePort();
  const config = loadConfig({ ...backend.env, ...ENV, PORT: String(port) });
  const services = await createServices(config);
  await seedBasics(services);
  const listener = await listen(services.http, config);

  const issuer = `http://localhost:${port}`;
  const agent = new Agent();
  let { access_token: access = '', refresh_token: token = '' } = await obtainTokens(issuer, agent);

  async function login(): Promise<void> {
    const { location = '' } = await agent.get(authorizeUrl(issuer));
    const code = new URL(location).searchParams.get('code');
    const { status, body } = await exchangeCode(issuer, code ?? '');
    expect(status).to.equal(200);
    access = body.access_token ?? '';
    await askUserinfo();
  }
  async function renew(): Promise<void> {
    const { status, body } = await refresh(issuer, token);
    expect(status).to.equal(200);
    token = body.refresh_token ?? '';
  }
  async function askUserinfo(): Promise<void> {
    expect((await userinfo(issuer, access)).status).to.equal(200);
  }
  return {
    run: { login, refresh: renew, userinfo: askUserinfo },
    async close() {
      await listener.close();
      await services.close();
      await backend.close();
    },
  };
}

/** The calls by name; those made at the same time come in no order. */
const sorted = ({ sql, redis }: StoreCalls): StoreCalls => ({ sql: sql.sort(), redis: redis.sort() });

for (const mode of MODES) {
  describe(`store calls on ${mode.name}`, () => {
    const services: Service[] = [];
    let counting: Counting;

    before(async () => {
      for (const isFull of [false, true]) services.push(await openService(mode, isFull));
      counting = countStoreCalls();
    });

    after(async () => {
      counting?.stop();
      for (const service of services) await service.close();
    });

    async function callsOf(work: () => Promise<void>): Promise<StoreCalls> {
      counting.take();
      await work();
      await delay(AFTERWARDS_MS);
      return sorted(counting.take());
    }

    for (const operation of OPERATIONS) {
      it(`of a ${operation} are as few as ever, cold and warm, in an empty database and a full one`, async () => {
        await delay(FORGOTTEN_MS);
        const calls: { cold: StoreCalls; warm: StoreCalls }[] = [];
        for (const { run } of services) {
          const cold = await callsOf(run[operation]);
          calls.push({ cold, warm: await callsOf(run[operation]) });
        }
        const [empty, full] = calls;
        expect(full).to.deep.equal(empty);
        for (const state of ['cold', 'warm'] as const) {
          const made = empty?.[state] ?? { sql: [], redis: [] };
          const most = MOST[mode.name]?.[operation][state];
          expect(made.sql.length, `${state}: ${made.sql}`).to.be.at.most(most?.sql ?? 0);
          expect(made.redis.length, `${state}: ${made.redis}`).to.be.at.most(most?.redis ?? 0);
        }
      });
    }
  });
}
