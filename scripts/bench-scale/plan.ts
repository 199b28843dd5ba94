// What the scale benchmark fills in, how it measures, against which targets; and its arguments.
import { parseArgs } from 'node:util';
import { MAX_USERS } from './fill.js';

/** How much more CPU and p99 a login may need on the full database: a share of what it needs on the empty one. */
export const GROWTH_TARGET = 0.1;
/** How many times the p99 of a login may be while the janitor clears. */
export const CLEARING_TARGET = 2;

export const MODES = ['postgres', 'redis'] as const;
export type ScaleMode = (typeof MODES)[number];

export interface Plan {
  mode: ScaleMode;
  /** Users, consents and grants. */
  users: number;
  /** Half of them expired. */
  artifacts: number;
  /** Expired ones that the janitor is to clear while logins run. */
  clear: number;
  limitSeconds: number;
  loginsPerSecond: number;
  rounds: number;
  seconds: number;
  json: string;
}

export const USAGE = `npm run bench:scale [-- options]

Compares logins on an empty database with logins on a full one, and with the janitor clearing it.
  --mode MODE      ${MODES.join(' or ')} (postgres); with Redis there are no expired artifacts to clear
  --users N        users, consents and grants in the full database (1000000)
  --artifacts N    artifacts in it, half of them expired (5000000)
  --clear N        expired artifacts the janitor is to clear; at most a quarter of all (1000000)
  --limit S        how long it may take for that (300)
  --rate N         logins that begin in a second (30)
  --rounds N       rounds on each database in turn; medians are shown (10)
  --seconds S      length of a round (10)
  --json FILE      where the figures go (bench-results/bench-scale.json)

BENCH_DATABASE_URL (postgresql://postgres@127.0.0.1:5432/postgres): a server on which databases may be created;
the full one takes 5 GB.
BENCH_REDIS_URL (redis://127.0.0.1:6379): a Redis; only keys under prefixes of this run are written.
`;

type Option = 'users' | 'artifacts' | 'clear' | 'limit' | 'rate' | 'rounds' | 'seconds';

/** The arguments, checked; undefined when help was asked for. */
export function parsePlan(args: string[]): Plan | undefined {
  const text = (value: string) => ({ type: 'string' as const, default: value });
  const { values } = parseArgs({
    args,
    options: {
      mode: text('postgres'),
      users: text('1000000'),
      artifacts: text('5000000'),
      clear: text('1000000'),
      limit: text('300'),
      rate: text('30'),
      rounds: text('10'),
      seconds: text('10'),
      json: text('bench-results/bench-scale.json'),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const mode = MODES.find((name) => name === values.mode);
  if (!mode) throw new Error(`${values.mode} is none of ${MODES.join(', ')}`);
  const whole = (name: Option) => {
    const value = Number(values[name]);
    if (!(Number.isInteger(value) && value > 0)) throw new Error(`--${name} must be a whole number above 0`);
    return value;
  };
  const users = whole('users');
  if (users > MAX_USERS) throw new Error(`--users must be at most ${MAX_USERS}`);
  const artifacts = whole('artifacts');
  return {
    mode,
    users,
    artifacts,
    clear: Math.min(whole('clear'), Math.floor(artifacts / 4)),
    limitSeconds: whole('limit'),
    loginsPerSecond: whole('rate'),
    rounds: whole('rounds'),
    seconds: whole('seconds'),
    json: values.json,
  };
}
