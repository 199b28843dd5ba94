// Owns: the JSON log. Does not: decide what is secret; callers never hand it codes, tokens or passwords.
import { destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Lines are written together: this much, or what there is after this time. */
const BUFFERED_BYTES = 4_096;
const FLUSH_MS = 100;

/** Where log lines go; tests collect them. */
export interface LogSink {
  write(line: string): void;
}

interface DescribedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string;
  cause?: DescribedError;
}

/**
 * What is written of an error. Not all its properties: Node's parse errors carry the whole request, database
 * errors the row.
 */
function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message.slice(0, 500),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack.slice(0, 4000) }),
    ...(error.cause === undefined || depth > 3 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** A logger that writes one JSON object a line to `sink` (default: standard error). */
export function createLogger(level: string, sink?: LogSink): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label === 'warn' ? 'warning' : label }) },
      serializers: { error: describeError },
    },
    sink ?? destination({ fd: 2, sync: false, minLength: BUFFERED_BYTES, periodicFlush: FLUSH_MS }),
  );
}
