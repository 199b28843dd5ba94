// What was measured, as one table for people and one object for programs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import type { Measured } from './load.js';
import {
  LOOP_TARGET_MS,
  MEMORY_TARGETS_MB,
  MODE_NAMES,
  type Mode,
  OPERATION_NAMES,
  type Operation,
  type Plan,
  TARGETS,
  WRONG_SECRETS_PER_SECOND,
} from './plan.js';
import type { LoopDelay } from './probe.js';
import { median } from './stats.js';

/** One operation in one mode in one run. */
export interface Sample extends Measured {
  run: number;
  mode: Mode;
  operation: Operation;
}

export interface Memory {
  mode: Mode;
  restMb: number;
  afterLoadMb: number;
}

export interface Loop extends LoopDelay {
  mode: Mode;
  /** How often each status answered a wrong secret. */
  statuses: Record<number, number>;
}

export interface Results {
  samples: Sample[];
  memory: Memory[];
  loops: Loop[];
}

interface Row {
  operation: Operation;
  mode: Mode;
  cpuMs: number;
  /** To the bare library, run by run. */
  ratio?: { median: number; min: number; max: number };
  target?: number;
  isMet?: boolean;
  opsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

function rowOf(operation: Operation, mode: Mode, samples: Sample[]): Row {
  const of = (wanted: Mode) =>
    samples.filter((sample) => sample.operation === operation && sample.mode === wanted);
  const own = of(mode);
  const row: Row = {
    operation,
    mode,
    cpuMs: median(own.map((sample) => sample.cpuMs)),
    opsPerSecond: median(own.map((sample) => sample.opsPerSecond)),
    p50Ms: median(own.map((sample) => sample.p50Ms)),
    p99Ms: median(own.map((sample) => sample.p99Ms)),
  };
  const bare = new Map(of('bare').map((sample) => [sample.run, sample.cpuMs]));
  if (mode === 'bare' || bare.size === 0) return row;
  const ratios = own.map((sample) => sample.cpuMs / (bare.get(sample.run) ?? Number.NaN));
  const ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
  const target = TARGETS[operation]?.[mode];
  return target === undefined ? { ...row, ratio } : { ...row, ratio, target, isMet: ratio.median <= target };
}

function rowsOf({ operations, modes }: Plan, samples: Sample[]): Row[] {
  return operations.flatMap((operation) => modes.map((mode) => rowOf(operation, mode, samples)));
}

const mark = (isMet: boolean | undefined) => (isMet === undefined ? '' : isMet ? '✓' : '✗');

const COLUMNS = ['operation', 'mode', 'CPU ms/op', 'ratio to bare', 'target', '', 'p50 ms', 'p99 ms', 'op/s'];
/** Columns of words; the others hold numbers and end at the right. */
const TEXT_COLUMNS = 2;

function cellsOf({ operation, mode, cpuMs, ratio, target, isMet, ...row }: Row): string[] {
  return [
    mode === 'bare' || ratio === undefined ? OPERATION_NAMES[operation] : '',
    MODE_NAMES[mode],
    cpuMs.toFixed(3),
    ratio ? `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})` : '',
    target === undefined ? '' : `≤ ${target}`,
    mark(isMet),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    row.opsPerSecond.toFixed(0),
  ];
}

function layOut(rows: string[][]): string {
  const widths = COLUMNS.map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, at) => (at < TEXT_COLUMNS ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

const isWithin = (value: number, target: number | undefined) =>
  target === undefined ? undefined : value < target;

/** The table, and below it memory and event loop. */
export function formatReport(plan: Plan, { samples, memory, loops }: Results): string {
  const lines = [layOut([COLUMNS, ...rowsOf(plan, samples).map(cellsOf)]), ''];
  lines.push(
    `CPU: user and system time of the whole server process, median of ${plan.runs} run(s) of ${plan.seconds} s;`,
    `ratio: to the bare library in the same run, median (least–greatest). ${plan.concurrency} operations at once.`,
    'A first login of ours checks a password (bcrypt, cost 10, or 4 where it says so); the bare library checks none.',
    '',
  );
  for (const { mode, restMb, afterLoadMb } of memory) {
    const target = MEMORY_TARGETS_MB[mode];
    const aim = target === undefined ? '' : `  target < ${target} ${mark(isWithin(restMb, target))}`;
    const figures = `${restMb.toFixed(0)} MB at rest, ${afterLoadMb.toFixed(0)} MB after the load`;
    lines.push(`memory      ${MODE_NAMES[mode].padEnd(27)} ${figures}${aim}`);
  }
  for (const { mode, p50, p99, max, statuses } of loops) {
    const answers = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
    lines.push(
      `event loop  ${MODE_NAMES[mode].padEnd(27)} delay p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, ` +
        `max ${max.toFixed(1)} ms at ${WRONG_SECRETS_PER_SECOND} wrong secrets a second (${answers.join(', ')})` +
        `  target p99 < ${LOOP_TARGET_MS} ${mark(p99 < LOOP_TARGET_MS)}`,
    );
  }
  return lines.join('\n');
}

function libraryVersion(): string {
  const entry = createRequire(import.meta.url).resolve('oidc-provider');
  const manifest = entry.replace(/(.*[\\/]oidc-provider[\\/]).*/, '$1package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** Everything, for programs; nothing that tells whose machine it was. */
export function toJson(plan: Plan, { samples, memory, loops }: Results): string {
  const { json: _json, profile: _profile, ...settings } = plan;
  const processors = cpus();
  const results = {
    date: new Date().toISOString(),
    machine: { node: process.version, cpu: processors[0]?.model.trim(), cpus: processors.length },
    library: `oidc-provider ${libraryVersion()}`,
    settings,
    rows: rowsOf(plan, samples),
    memory: memory.map((entry) => ({ ...entry, targetMb: MEMORY_TARGETS_MB[entry.mode] })),
    eventLoop: loops.map((loop) => ({
      ...loop,
      targetP99Ms: LOOP_TARGET_MS,
      wrongSecretsPerSecond: WRONG_SECRETS_PER_SECOND,
    })),
    samples,
  };
  return `${JSON.stringify(results, null, 2)}\n`;
}
