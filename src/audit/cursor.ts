// Owns: the cursor of a list of events: the id of the last one shown.
import { BadRequestError } from '../lib/errors.js';

export function toCursor(id: number): string {
  return Buffer.from(String(id)).toString('base64url');
}

/** @throws BadRequestError when it is none of ours */
export function fromCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const id = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(id) || toCursor(id) !== cursor)
    throw new BadRequestError('the cursor is not one that a list of events ended with');
  return id;
}
