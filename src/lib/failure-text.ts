// Owns: telling a person at a terminal what went wrong.
import { AppError } from './errors.js';

/** The message of errors made for people; a stack only for what nobody expected. */
export function describeFailure(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (error instanceof Error) return error.name.endsWith('LockedError') ? error.message : String(error.stack);
  return String(error);
}
