// npm run bench:scale: logins on an empty database, on a full one, and while the janitor clears it: see --help.
import { loadavg } from 'node:os';
import { processEnvironment } from '../src/config/environment.js';
import { createLifecycle } from '../src/lib/lifecycle.js';
import { createSite, type Site } from './bench/servers.js';
import { publish, runTool } from './bench/tool.js';
import { measureClearing } from './bench-scale/clearing.js';
import { fillDatabase, vacuum } from './bench-scale/fill.js';
import { fillRedis } from './bench-scale/fill-redis.js';
import {
  type Contender,
  databaseOf,
  LOGIN_USERS,
  type Round,
  startContender,
} from './bench-scale/measure.js';
import { type Plan, parsePlan, USAGE } from './bench-scale/plan.js';
import { type Observer, openObserver } from './bench-scale/postgres.js';
import { type Database, formatReport, type Results, toJson } from './bench-scale/report.js';

/** The servers that are compared leave what has expired where it is. */
const WITHOUT_JANITOR = { JANITOR_INTERVAL_SECONDS: '0' };

interface Sides<T> {
  empty: T;
  full: T;
}

interface Sites {
  sites: Sides<Site>;
  observer: Observer;
  fillSeconds: number;
}

const lifecycle = createLifecycle();
const say = (text: string) => process.stderr.write(`${text}\n`);
const busy = () => loadavg()[0] ?? Number.NaN;

async function makeSites({ mode, users, artifacts }: Plan): Promise<Sites> {
  const env = processEnvironment();
  const databaseUrl = env.BENCH_DATABASE_URL || 'postgresql://postgres@127.0.0.1:5432/postgres';
  const redisUrl = env.BENCH_REDIS_URL || 'redis://127.0.0.1:6379';
  const options = { users: LOGIN_USERS, withServiceClient: false, databaseUrl, redisUrl };
  const make = async () => {
    const site = await createSite(mode, options);
    lifecycle.onClose(site.remove);
    return site;
  };
  const sites = { empty: await make(), full: await make() };
  const observer = await openObserver(databaseUrl);
  lifecycle.onClose(observer.close);

  const begun = performance.now();
  const { DATABASE_URL = '', REDIS_KEY_PREFIX } = sites.full.env;
  await fillDatabase(DATABASE_URL, { users, artifacts }, (what) => say(`filling: ${what}`));
  if (REDIS_KEY_PREFIX !== undefined) await fillRedis(redisUrl, REDIS_KEY_PREFIX, Math.ceil(artifacts / 2));
  return { sites, observer, fillSeconds: (performance.now() - begun) / 1_000 };
}

/** Rounds on both in turn, and which of them is first changes, so that a busier moment falls on both. */
async function measureRounds(contenders: Sides<Contender>, plan: Plan): Promise<Sides<Round[]>> {
  const rounds: Sides<Round[]> = { empty: [], full: [] };
  for (let n = 0; n < plan.rounds; n += 1) {
    say(`round ${n + 1} of ${plan.rounds}`);
    for (const side of n % 2 ? (['full', 'empty'] as const) : (['empty', 'full'] as const)) {
      rounds[side].push(await contenders[side].round(plan));
    }
  }
  return rounds;
}

async function compare({ sites, observer }: Sites, plan: Plan): Promise<Sides<Database>> {
  say('preparing users');
  const options = { env: WITHOUT_JANITOR, observer, lifecycle };
  const contenders = {
    empty: await startContender(sites.empty, options),
    full: await startContender(sites.full, options),
  };
  // Now that each table has rows: a plan for an empty one would not do for long.
  for (const { env } of Object.values(sites)) await vacuum(env.DATABASE_URL ?? '');
  await observer.checkpoint();
  const rounds = await measureRounds(contenders, plan);
  say('counting store calls');
  const [callsEmpty, callsFull] = await Promise.all([
    contenders.empty.countCalls(),
    contenders.full.countCalls(),
  ]);
  const sizes = {
    empty: await observer.sizeMb(databaseOf(sites.empty)),
    full: await observer.sizeMb(databaseOf(sites.full)),
  };
  for (const { stop } of Object.values(contenders)) await stop();
  return {
    empty: { rounds: rounds.empty, calls: callsEmpty, sizeMb: sizes.empty },
    full: { rounds: rounds.full, calls: callsFull, sizeMb: sizes.full },
  };
}

async function run(plan: Plan): Promise<void> {
  const load: Results['load'] = { 'before the fill': busy() };
  if (busy() > 0.5)
    say(`load average ${busy().toFixed(1)}: something else is running, the figures will be off`);
  const made = await makeSites(plan);
  load['before the rounds'] = busy();
  const databases = await compare(made, plan);
  load['after them'] = busy();

  const { sites, observer, fillSeconds } = made;
  let clearing: Results['clearing'];
  // With Redis artifacts go by themselves.
  if (plan.mode === 'postgres') {
    say('the janitor');
    clearing = await measureClearing(sites.full, plan, { observer, lifecycle, say });
    load['at the end'] = busy();
  }

  const settings = await observer.settings();
  const results: Results = { ...databases, clearing, fillSeconds, load, settings };
  await publish(plan.json, toJson(plan, results), formatReport(plan, results));
}

await runTool({ parsePlan, usage: USAGE, run, opened: lifecycle, say });
