// Owns: the options that say which events are meant.
import type { Clock } from '../../lib/clock.js';
import type { AuditFilter } from '../../store/ports/index.js';
import { UsageError } from '../command.js';

export const filterOptions = {
  type: { type: 'string' },
  user: { type: 'string' },
  client: { type: 'string' },
  actor: { type: 'string' },
  request: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
} as const;

export const FILTER_HELP = `  --type TYPE     what happened, e.g. login.succeeded
  --user ID       the user it is about
  --client ID     the app it is about
  --actor ACTOR   who did it: user:ID, client:ID, operator:NAME,
                  registration-token:ID, site, system
  --request ID    the request id, as in the log and on error pages
  --since WHEN    not before: 2026-11-22, 2026-11-22T08:00:00Z, or how long ago: 90s, 15m, 2h, 7d, 4w
  --until WHEN    before`;

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const ISO_8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d))?$/;

/** A moment in ISO 8601 (a date alone is UTC), or as long ago as `2h`. @throws UsageError */
export function parseMoment(text: string, option: string, clock: Clock): Date {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const relative = new Date(clock.now().getTime() - Number(count) * (UNIT_MS[unit ?? ''] ?? 0));
  const moment = unit === undefined ? new Date(ISO_8601.test(text) ? text : Number.NaN) : relative;
  // Beyond these years PostgreSQL and JavaScript write dates differently.
  const year = moment.getUTCFullYear();
  if (Number.isNaN(year) || year < 1970 || year > 9999)
    throw new UsageError(
      `${option} wants a moment such as 2026-11-22T08:00:00Z (with a zone), or how long ago, such as 2h; not '${text}'`,
    );
  return moment;
}

type FilterValues = { [Name in keyof typeof filterOptions]?: string | undefined };

/** What the options mean. @throws UsageError */
export function readFilter(values: FilterValues, clock: Clock): AuditFilter {
  const { type, user, client, actor, request, since, until } = values;
  const moment = (text: string | undefined, option: string) =>
    text === undefined ? undefined : parseMoment(text, option, clock);
  const filter = {
    type,
    userId: user,
    clientId: client,
    actor,
    requestId: request,
    since: moment(since, '--since'),
    until: moment(until, '--until'),
  };
  if (filter.since && filter.until && filter.since >= filter.until)
    throw new UsageError('--since must be before --until');
  return filter;
}

/** A whole number from `min` to `max`. @throws UsageError */
export function readCount(text: string, option: string, { min, max }: { min: number; max: number }): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= min && count <= max))
    throw new UsageError(`${option} wants a whole number from ${min} to ${max}, not '${text}'`);
  return count;
}
