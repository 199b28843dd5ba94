// Owns: telling a person at a terminal what went wrong.
import { AppError } from './errors.js';

/** What ordinary mistakes of an operator look like to the system, and what to do about them. */
const HINTS: Record<string, string> = {
  EADDRINUSE: 'the port is in use by another process: set PORT, or end that process',
  EADDRNOTAVAIL: 'HOST is no address of this machine',
  EACCES: 'permission denied: DATA_DIR must be writable by this user, and ports below 1024 need privileges',
  ENOTDIR: 'DATA_DIR is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'DATA_DIR is on a read-only file system',
  ECONNREFUSED: 'PostgreSQL does not answer at DATABASE_URL',
  ENOTFOUND: 'the host in DATABASE_URL is not known',
  ETIMEDOUT: 'PostgreSQL does not answer at DATABASE_URL',
  '3D000': 'the database in DATABASE_URL does not exist',
  '28P01': 'PostgreSQL refused the password in DATABASE_URL',
  '28000': 'PostgreSQL refused the user in DATABASE_URL',
  '42501': 'the user in DATABASE_URL may not do this',
};

const CONNECTION_LOST = /connection terminated|timeout expired/i;

function hintFor(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  const lost = CONNECTION_LOST.test(error.message) ? HINTS.ETIMEDOUT : undefined;
  const own = (typeof code === 'string' ? HINTS[code] : undefined) ?? lost;
  if (own !== undefined) return `${own} (${error.message})`;
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return inner.map((cause) => (cause instanceof Error ? hintFor(cause) : undefined)).find((hint) => hint);
}

/** The message of errors made for people, a hint for ordinary mistakes, a stack for what nobody expected. */
export function describeFailure(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (!(error instanceof Error)) return String(error);
  return hintFor(error) ?? String(error.stack);
}
