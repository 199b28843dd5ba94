// The janitor at work on the full database while logins run.
import pg from 'pg';
import { freePort, type Site } from '../bench/servers.js';
import { type ContenderOptions, type Round, startContender } from './measure.js';
import type { Plan } from './plan.js';

/** The lock that janitors take turns by, as src/store/postgres/expiry.ts has it: held, it keeps them waiting. */
const JANITOR_LOCK = 0x6c32756a;

const DELETED = /^link2ur_op_janitor_deleted_total\{kind="artifacts"\} (\d+)$/m;

export interface ClearingRound extends Round {
  /** Artifacts the janitor deleted meanwhile. */
  deleted: number;
  seconds: number;
}

export interface Clearing {
  rounds: ClearingRound[];
  deleted: number;
  seconds: number;
  isDone: boolean;
}

/** Keeps every janitor of this database waiting until the returned function is called. */
async function holdBack(connectionString: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query('SELECT pg_advisory_lock($1)', [JANITOR_LOCK]);
  return () => client.end();
}

/** A warm server with a janitor; rounds of logins on it from the moment it may begin until it has done enough. */
export async function measureClearing(
  site: Site,
  plan: Plan,
  { say, ...options }: Omit<ContenderOptions, 'env'> & { say(text: string): void },
): Promise<Clearing> {
  const metricsPort = await freePort();
  const letGo = await holdBack(site.env.DATABASE_URL ?? '');
  options.lifecycle.onClose(letGo);
  const env = { JANITOR_INTERVAL_SECONDS: '1', METRICS_PORT: String(metricsPort) };
  const contender = await startContender(site, { ...options, env });
  const deleted = async () => {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
      headers: { connection: 'close' },
    });
    return Number(DELETED.exec(await response.text())?.[1]);
  };
  if ((await deleted()) !== 0) throw new Error('the janitor did not wait for its lock');
  await letGo();

  const begun = performance.now();
  const rounds: ClearingRound[] = [];
  let total = 0;
  let seconds = 0;
  while (total < plan.clear && seconds < plan.limitSeconds) {
    const from = { total, seconds };
    const round = await contender.round(plan);
    total = await deleted();
    seconds = (performance.now() - begun) / 1_000;
    rounds.push({ ...round, deleted: total - from.total, seconds: seconds - from.seconds });
    say(`${total} rows cleared in ${seconds.toFixed(0)} s`);
  }
  await contender.stop();
  return { rounds, deleted: total, seconds, isDone: total >= plan.clear };
}
