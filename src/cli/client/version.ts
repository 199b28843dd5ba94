// Owns: options that are numbers, dates and durations.
import { UsageError } from '../command.js';

export const versionOption = { version: { type: 'string' } } as const;

/** @throws UsageError unless `text` is a whole number from 1 on */
export function wholeNumber(text: string, name: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${name} must be a whole number, 1 or more`);
  return Number(text);
}

/** The version that a change is for; undefined: any. @throws UsageError */
export function versionOf({ version }: { version?: string | undefined }): number | undefined {
  return version === undefined ? undefined : wholeNumber(version, '--version');
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a duration such as `90s`, `30m`, `24h`, `7d`. @throws UsageError */
export function secondsOf(text: string, name: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = SECONDS[unit];
  if (seconds === undefined) throw new UsageError(`${name} must be a duration such as 30m, 24h or 7d`);
  return Number(count) * seconds;
}

/** A date, in UTC unless it says otherwise. @throws UsageError */
export function dateOf(text: string, name: string): Date {
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const date = new Date(text);
  if (!isDate || Number.isNaN(date.getTime())) {
    throw new UsageError(`${name} must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z`);
  }
  return date;
}
