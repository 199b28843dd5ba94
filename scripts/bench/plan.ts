// What is measured, in which modes, against which targets; and the benchmark's arguments.
import { parseArgs } from 'node:util';

/** `bare` is the library alone; the others are our service. */
export const MODES = ['bare', 'redis', 'postgres', 'embedded'] as const;
export type Mode = (typeof MODES)[number];
export type OurMode = Exclude<Mode, 'bare'>;

export const MODE_NAMES: Record<Mode, string> = {
  bare: 'bare library, in-memory map',
  redis: 'PostgreSQL + Redis',
  postgres: 'PostgreSQL',
  embedded: 'embedded',
};

export const OPERATIONS = [
  'login',
  'first-login',
  'first-login-light',
  'refresh',
  'client-credentials',
  'userinfo',
  'introspection',
  'discovery',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export const OPERATION_NAMES: Record<Operation, string> = {
  login: 'login, existing session',
  'first-login': 'first login',
  'first-login-light': 'first login, hash cost 4',
  refresh: 'refresh',
  'client-credentials': 'client credentials',
  userinfo: 'userinfo',
  introspection: 'introspection',
  discovery: 'discovery',
};

/** Highest ratio of server CPU per operation to the bare library's. */
export const TARGETS: Partial<Record<Operation, Record<OurMode, number>>> = {
  login: { redis: 1.3, postgres: 2, embedded: 4 },
  refresh: { redis: 1.5, postgres: 2.5, embedded: 5 },
  userinfo: { redis: 1.5, postgres: 3, embedded: 5 },
  introspection: { redis: 1.5, postgres: 3, embedded: 5 },
};

/** Event-loop delay, p99, while wrong client secrets arrive. */
export const LOOP_TARGET_MS = 25;
export const WRONG_SECRETS_PER_SECOND = 50;
/** Resident memory of an instance without load. */
export const MEMORY_TARGETS_MB: Partial<Record<Mode, number>> = { redis: 180 };

export const USAGE = `npm run bench [-- options]

Compares our service in each mode with the bare library: server CPU per operation, latency, memory.
  --modes LIST     of ${MODES.join(', ')} (default: all)
  --only LIST      of ${OPERATIONS.join(', ')} (default: all)
  --runs N         runs; medians are shown (5)
  --seconds S      measured time of each operation in each run (3)
  --warmup S       how long each operation runs before it is measured the first time; longer if slow (3)
  --concurrency N  operations under way at once (8)
  --users N        users whose sessions, consents and tokens are used in turn (100)
  --json FILE      where the figures go (bench-results/bench.json)
  --profile DIR    one more run with the CPU profiler on; one .cpuprofile for each mode and operation

BENCH_DATABASE_URL (postgresql://postgres@127.0.0.1:5432/postgres): a server on which databases may be created.
BENCH_REDIS_URL (redis://127.0.0.1:6379): a Redis; only keys under a prefix of this run are written.
`;

export interface Plan {
  modes: Mode[];
  operations: Operation[];
  runs: number;
  seconds: number;
  warmup: number;
  concurrency: number;
  users: number;
  json: string;
  profile: string | undefined;
}

function listOf<T extends string>(text: string | undefined, all: readonly T[]): T[] {
  const names = text?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${all.join(', ')}`);
  return all.filter((name) => names?.includes(name) ?? true);
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a positive number`);
  return value;
}

/** The arguments, checked; undefined when help was asked for. */
export function parsePlan(args: string[]): Plan | undefined {
  const text = (value?: string) => ({ type: 'string' as const, ...(value && { default: value }) });
  const { values } = parseArgs({
    args,
    options: {
      modes: text(),
      only: text(),
      runs: text('5'),
      seconds: text('3'),
      warmup: text('3'),
      concurrency: text('8'),
      users: text('100'),
      json: text('bench-results/bench.json'),
      profile: text(),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const number = (name: 'runs' | 'seconds' | 'warmup' | 'concurrency' | 'users') =>
    positive(String(values[name]), name);
  return {
    modes: listOf(values.modes, MODES),
    operations: listOf(values.only, OPERATIONS),
    runs: number('runs'),
    seconds: number('seconds'),
    warmup: number('warmup'),
    concurrency: number('concurrency'),
    users: Math.max(number('users'), number('concurrency')),
    json: String(values.json),
    profile: values.profile,
  };
}
