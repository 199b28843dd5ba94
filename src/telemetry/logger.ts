// Owns: the JSON log. Does not: decide what is secret; callers never hand it codes, tokens or passwords.
import { destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Where log lines go; tests collect them. */
export interface LogSink {
  write(line: string): void;
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
      serializers: { error: pino.stdSerializers.err },
    },
    sink ?? destination({ fd: 2, sync: false }),
  );
}
