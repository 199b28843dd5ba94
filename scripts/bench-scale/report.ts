// What was measured, as one table for people and one object for programs.
import { cpus } from 'node:os';
import { median } from '../bench/stats.js';
import type { Clearing } from './clearing.js';
import { type Calls, LOGIN_USERS, type Round } from './measure.js';
import { CLEARING_TARGET, GROWTH_TARGET, type Plan } from './plan.js';

export interface Database {
  sizeMb: number;
  calls: Calls;
  rounds: Round[];
}

export interface Results {
  empty: Database;
  full: Database;
  fillSeconds: number;
  /** Undefined where artifacts expire by themselves. */
  clearing: Clearing | undefined;
  /** Load average of the machine, and when. */
  load: { [when: string]: number };
  settings: Record<string, string>;
}

/** By which factor the greatest p99 of the rounds may exceed the least before it says little. */
const MAX_NOISE = 2;

/** A figure of each round. */
interface Spread {
  median: number;
  min: number;
  max: number;
}

interface Row {
  what: string;
  before: Spread;
  after: Spread;
  /** Of the medians, as a share of the first. */
  growth: number;
  target?: string;
  isMet?: boolean;
}

type Figure = 'serverCpuMs' | 'databaseCpuMs' | 'blocksRead' | 'p50Ms' | 'p99Ms';

function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

const spreadIn = (rounds: readonly Round[], figure: Figure) =>
  spreadOf(rounds.map((round) => round[figure] ?? Number.NaN));

function compare(what: string, before: Spread, after: Spread): Row {
  const growth = before.median === after.median ? 0 : after.median / before.median - 1;
  return { what, before, after, growth };
}

/** @param most what the growth may be, as a share */
function withTarget(row: Row, most: number, target: string): Row {
  return { ...row, target, isMet: row.growth <= most };
}

const WITHIN = `≤ +${GROWTH_TARGET * 100} %`;

function growthRows({ empty, full }: Results): Row[] {
  const row = (what: string, figure: Figure) =>
    compare(what, spreadIn(empty.rounds, figure), spreadIn(full.rounds, figure));
  const calls = (what: string, kind: keyof Calls): Row => {
    const compared = compare(what, spreadOf([empty.calls[kind]]), spreadOf([full.calls[kind]]));
    return { ...compared, target: 'the same', isMet: compared.growth === 0 };
  };
  return [
    withTarget(row('CPU of the server, ms', 'serverCpuMs'), GROWTH_TARGET, WITHIN),
    withTarget(row('CPU of PostgreSQL, ms', 'databaseCpuMs'), GROWTH_TARGET, WITHIN),
    row('blocks read', 'blocksRead'),
    row('p50, ms', 'p50Ms'),
    withTarget(row('p99, ms', 'p99Ms'), GROWTH_TARGET, WITHIN),
    calls('SQL statements', 'sql'),
    calls('Redis commands', 'redis'),
  ].filter(({ before, after }) => !Number.isNaN(before.median + after.median));
}

function clearingRows({ full, clearing }: Results): Row[] {
  if (!clearing) return [];
  const row = (what: string, figure: Figure) =>
    compare(what, spreadIn(full.rounds, figure), spreadIn(clearing.rounds, figure));
  return [
    row('p50, ms', 'p50Ms'),
    withTarget(row('p99, ms', 'p99Ms'), CLEARING_TARGET - 1, `≤ ×${CLEARING_TARGET}`),
  ];
}

function layOut(head: string[], rows: Row[]): string[] {
  const percent = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`;
  const spread = ({ median: middle, min, max }: Spread) =>
    min === max ? middle.toFixed(2) : `${middle.toFixed(2)} (${min.toFixed(1)}–${max.toFixed(1)})`;
  const lines = rows.map(({ what, before, after, growth, target = '', isMet }) => [
    what,
    spread(before),
    spread(after),
    percent(growth),
    target,
    isMet === undefined ? '' : isMet ? '✓' : '✗',
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...lines].map((cells) => cells[at]?.length ?? 0)));
  return [head, ...lines].map((cells) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const rate = ({ deleted, seconds }: { deleted: number; seconds: number }) => deleted / seconds;
const grouped = (value: number) => Math.round(value).toLocaleString('en');

function describeClearing({ rounds, deleted, seconds, isDone }: Clearing, { clear }: Plan): string {
  const [first, last] = [rounds[0], rounds.at(-1)];
  const rates = first && last ? `; ${grouped(rate(first))} at first, ${grouped(rate(last))} at last` : '';
  const missed = isDone ? '' : `; ${grouped(clear)} were to be cleared ✗`;
  return `cleared: ${grouped(deleted)} rows in ${seconds.toFixed(0)} s, ${grouped(deleted / seconds)} a second${rates}${missed}`;
}

/** Says so when chance moves the p99 by more than what is looked for. */
function describeNoise({ empty, full }: Results): string[] {
  const factor = Math.max(
    ...[empty, full].map(({ rounds }) => {
      const { min, max } = spreadIn(rounds, 'p99Ms');
      return max / min;
    }),
  );
  if (factor < MAX_NOISE) return [];
  return [
    `On one and the same database the p99 of the rounds differs by ×${factor.toFixed(1)}: compare it again on a calm machine.`,
  ];
}

/** The table, and below it what it was measured on. */
export function formatReport(plan: Plan, results: Results): string {
  const { empty, full, clearing, load, settings, fillSeconds } = results;
  const lines = layOut(['per login', 'empty', 'full', 'growth', 'target', ''], growthRows(results));
  if (clearing) {
    lines.push('', ...layOut(['janitor', 'off', 'clearing', 'growth', 'target', ''], clearingRows(results)));
    lines.push(describeClearing(clearing, plan));
  }
  const loads = Object.entries(load).map(([when, value]) => `${value.toFixed(1)} ${when}`);
  lines.push(
    '',
    ...describeNoise(results),
    'Blocks read: those that PostgreSQL had to ask the operating system for.',
    `Medians (least–greatest) of ${plan.rounds} rounds of ${plan.seconds} s, ${plan.loginsPerSecond} logins a second, ${LOGIN_USERS} users with a session.`,
    `Full: ${grouped(plan.users)} users, consents and grants, ${grouped(plan.artifacts)} artifacts; ` +
      `${grouped(full.sizeMb)} MB (empty: ${grouped(empty.sizeMb)} MB), filled in ${fillSeconds.toFixed(0)} s.`,
    `PostgreSQL: ${Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}.`,
    `Load average: ${loads.join(', ')}.`,
  );
  return lines.join('\n');
}

/** Everything, for programs; nothing that tells whose machine it was. */
export function toJson({ json: _json, ...settings }: Plan, results: Results): string {
  const processors = cpus();
  const all = {
    date: new Date().toISOString(),
    machine: { node: process.version, cpu: processors[0]?.model.trim(), cpus: processors.length },
    settings,
    growth: growthRows(results),
    clearing: clearingRows(results),
    results,
  };
  return `${JSON.stringify(all, null, 2)}\n`;
}
