// npm run bench: the bare library beside our service in each mode. What is measured and how to choose: --help.
import { mkdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processEnvironment } from '../src/config/environment.js';
import { createLifecycle } from '../src/lib/lifecycle.js';
import { ask } from './bench/channel.js';
import type { Flood, Measure, Measured, Prepare } from './bench/load.js';
import { type Plan, parsePlan, USAGE, WRONG_SECRETS_PER_SECOND } from './bench/plan.js';
import type { LoopDelay, ProbeQuestion } from './bench/probe.js';
import { formatReport, type Loop, type Results, toJson } from './bench/report.js';
import { createSite, type RunningServer, type Site, startLoad, startServer } from './bench/servers.js';
import { residentMb } from './bench/stats.js';
import { publish, runTool } from './bench/tool.js';

/** Without load, before the memory of a fresh process is read. */
const REST_MS = 5_000;
/** Before the first measurement V8 has to have compiled what is hot. */
const WARMUP_OPERATIONS = 1_000;
/** Load before each later measurement. */
const SETTLE = { seconds: 0.5, operations: 0 };
const FLOOD_WARMUP_SECONDS = 2;
const FLOOD_SECONDS = 15;

/** A server, and the process that puts load on it. */
interface Pair {
  server: RunningServer;
  load: ReturnType<typeof startLoad>;
  restMb: number;
}

const lifecycle = createLifecycle();
const say = (text: string) => process.stderr.write(`${text}\n`);

function startLoadFor({ port, pid }: RunningServer, { users, concurrency }: Plan) {
  const load = startLoad();
  lifecycle.onClose(load.stop);
  const message: Prepare = { kind: 'prepare', port, pid, users, concurrency };
  return { load, prepared: ask(load.process, message) };
}

/** All servers run all the time, so that a mode is measured right after the one it is compared with. */
async function startPairs(sites: Site[], plan: Plan): Promise<Pair[]> {
  const servers: RunningServer[] = [];
  for (const site of sites) {
    const server = await startServer(site, { withProbe: plan.profile !== undefined });
    lifecycle.onClose(server.stop);
    servers.push(server);
  }
  await delay(REST_MS);
  const rest = servers.map(({ pid }) => residentMb(pid));
  const pairs: Pair[] = [];
  for (const [index, server] of servers.entries()) {
    say(`preparing ${plan.users} users: ${server.mode}`);
    const { load, prepared } = startLoadFor(server, plan);
    await prepared;
    pairs.push({ server, load, restMb: rest[index] ?? Number.NaN });
  }
  return pairs;
}

async function measureAll(pairs: Pair[], plan: Plan): Promise<Results['samples']> {
  const samples: Results['samples'] = [];
  for (let run = 0; run < plan.runs; run += 1) {
    for (const operation of plan.operations) {
      say(`run ${run + 1} of ${plan.runs}: ${operation}`);
      for (const { server, load } of pairs) {
        const settle = run === 0 ? { seconds: plan.warmup, operations: WARMUP_OPERATIONS } : SETTLE;
        const message: Measure = { kind: 'measure', operation, settle, seconds: plan.seconds };
        const measured = await ask<Measured>(load.process, message);
        samples.push({ run, mode: server.mode, operation, ...measured });
      }
    }
  }
  return samples;
}

async function profileAll(pairs: Pair[], plan: Plan, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const operation of plan.operations) {
    for (const { server, load } of pairs) {
      const file = join(folder, `${server.mode}-${operation}.cpuprofile`);
      await ask(server.process, { kind: 'profile-start' } satisfies ProbeQuestion);
      const message: Measure = { kind: 'measure', operation, settle: SETTLE, seconds: plan.seconds };
      await ask(load.process, message);
      await ask(server.process, { kind: 'profile-stop', file } satisfies ProbeQuestion);
      say(`profile: ${file}`);
    }
  }
}

/** The event loop of a fresh server while wrong client secrets arrive. */
async function measureLoop(site: Site, plan: Plan): Promise<Loop> {
  say(`wrong client secrets: ${site.mode}`);
  const server = await startServer(site, { withProbe: true });
  lifecycle.onClose(server.stop);
  const { load, prepared } = startLoadFor(server, { ...plan, users: 1, concurrency: 1 });
  await prepared;
  const flood = (seconds: number): Flood => ({
    kind: 'flood',
    perSecond: WRONG_SECRETS_PER_SECOND,
    seconds,
  });
  await ask(load.process, flood(FLOOD_WARMUP_SECONDS));
  await ask(server.process, { kind: 'loop-start' } satisfies ProbeQuestion);
  const statuses = await ask<Record<number, number>>(load.process, flood(FLOOD_SECONDS));
  const loop = await ask<LoopDelay>(server.process, { kind: 'loop-stop' } satisfies ProbeQuestion);
  await load.stop();
  await server.stop();
  return { mode: site.mode, ...loop, statuses };
}

async function run(plan: Plan): Promise<void> {
  const [busy = 0] = loadavg();
  if (busy > 0.5) say(`load average ${busy.toFixed(1)}: something else is running, the figures will be off`);
  const env = processEnvironment();
  const sites: Site[] = [];
  for (const mode of plan.modes) {
    say(`setting up: ${mode}`);
    const site = await createSite(mode, {
      users: plan.users,
      withServiceClient: plan.operations.includes('client-credentials'),
      databaseUrl: env.BENCH_DATABASE_URL || 'postgresql://postgres@127.0.0.1:5432/postgres',
      redisUrl: env.BENCH_REDIS_URL || 'redis://127.0.0.1:6379',
    });
    lifecycle.onClose(site.remove);
    sites.push(site);
  }

  const pairs = await startPairs(sites, plan);
  const samples = await measureAll(pairs, plan);
  const memory = pairs.map(({ server: { mode, pid }, restMb }) => ({
    mode,
    restMb,
    afterLoadMb: residentMb(pid),
  }));
  if (plan.profile !== undefined) await profileAll(pairs, plan, plan.profile);
  for (const { server, load } of pairs) {
    await load.stop();
    await server.stop();
  }

  const loops: Loop[] = [];
  for (const site of sites) if (site.mode !== 'bare') loops.push(await measureLoop(site, plan));

  const results = { samples, memory, loops };
  await publish(plan.json, toJson(plan, results), formatReport(plan, results));
}

await runTool({ parsePlan, usage: USAGE, run, opened: lifecycle, say });
